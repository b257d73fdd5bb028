/** Sending from the browser, fetched by the command line: whatever happens in between, what arrives is what was chosen. */
import { mkdirSync, mkdtempSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { accessible, hash, launch, random, visitor, type Visitor } from './browser.ts';
import { choose, chooseFolder, fetched, fillLogin, link, links, parts, send, write, writing } from './member.ts';
import { ANNA, linkIn, Server, until } from './server.ts';

const PART = 8 << 20;
/** Several parts, so that there is something to break off. */
const LARGE = 5 * PART + 12_345;

let browser: Browser;
let server: Server;
let anna: Visitor;

beforeAll(async () => { [browser, server] = await Promise.all([launch(), Server.start()]); });
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });
afterEach(async () => {
  expect(anna.complaints).toEqual([]);
  await anna.context.close();
});

/** Files on the disk; gives their folder. */
function disk(files: Record<string, Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'depesche-send-'));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}
const hashes = (files: Record<string, Uint8Array>): Record<string, string> => Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, hash(bytes)]));

test('a folder with files of several parts, small ones and an empty one arrives as it was', async () => {
  anna = await writing(browser, server);
  const files = { 'Akte/Pläne/groß.bin': random(2 * PART + 5), 'Akte/a.txt': random(400), 'Akte/leer.txt': random(0), 'Akte/Pläne/b.bin': random(900_000) };
  await write(anna.page, { to: ['Jana Nováková <jana@example.test>', 'bob@example.test'], message: 'Guten Tag,\n\nanbei.' });
  await chooseFolder(anna.page, join(disk(files), 'Akte'));
  await send(anna.page);
  const urls = await links(anna.page);
  expect(Object.keys(urls)).toEqual(['jana@example.test', 'bob@example.test']);
  expect(await fetched(server, urls['bob@example.test'] ?? '')).toEqual(hashes(files));
  const jana = await server.run('jana', ['fetch', urls['jana@example.test'] ?? '', '--out', server.folder({}), '--email', 'jana@example.test']);
  expect(jana).toMatchObject({ subject: 'Unterlagen', message: 'Guten Tag,\n\nanbei.' });
});

test('the mail carries the link, the names and the language; without files the message alone arrives', async () => {
  anna = await writing(browser, server);
  const { page } = anna;
  await write(page, { to: ['carla@example.test'], subject: 'Nur ein Wort', message: 'Kommen Sie um neun?', passOn: false });
  await page.getByText('Einstellungen').click();
  await page.getByLabel('Sprache der Mail').selectOption('cs');
  await send(page);
  await page.getByText('carla@example.test: Die Mail ist unterwegs.').waitFor();
  const mail = await server.mailTo('carla@example.test');
  expect(mail.html).toContain('lang="cs"');
  const got = await server.run('carla', ['fetch', linkIn(mail), '--out', server.folder({}), '--email', 'carla@example.test']);
  expect(got).toMatchObject({ subject: 'Nur ein Wort', message: 'Kommen Sie um neun?', files: [] });
});

test('password and limit hold', async () => {
  anna = await writing(browser, server);
  const { page } = anna;
  const files = { 'vertrag.pdf': random(70_000) };
  await write(page, {});
  await choose(page, [join(disk(files), 'vertrag.pdf')]);
  await page.getByText('Einstellungen').click();
  await page.getByLabel('Wie oft jeder speichern kann').fill('0');
  await send(page);
  await page.getByText('Eine Zahl ab 1').waitFor();
  await page.getByLabel('Wie oft jeder speichern kann').fill('1');
  await page.getByLabel('Passwort für den Link').fill('Fliederbusch äöü');
  await send(page);
  const url = await link(page);
  await expect(fetched(server, url, { DEPESCHE_LINK_PASSWORD: 'falsch' })).rejects.toThrow('wrong_password');
  expect(await fetched(server, url, { DEPESCHE_LINK_PASSWORD: 'Fliederbusch äöü' })).toEqual(hashes(files));
  await expect(fetched(server, url, { DEPESCHE_LINK_PASSWORD: 'Fliederbusch äöü' }, 'carla')).rejects.toThrow('limit_reached');
});

test('the server is killed while files go up, and begun again on its data: it goes on by itself', async () => {
  anna = await writing(browser, server);
  const { page } = anna;
  const files = { 'gross.bin': random(LARGE), 'klein.txt': random(10) };
  const folder = disk(files);
  const seen = parts(page);
  await write(page, {});
  await choose(page, Object.keys(files).map((name) => join(folder, name)));
  await send(page);
  await until('a part to arrive', () => (seen.answered.length > 0 ? true : undefined));
  await server.kill();
  expect(seen.answered.length).toBeLessThan(6);
  await page.getByText('Verbindung verloren. Es geht von selbst weiter.').waitFor();
  await server.begin();
  expect(await fetched(server, await link(page))).toEqual(hashes(files));
});

test('the network is away for a while: the rows say so, and it goes on when it is back', async () => {
  anna = await writing(browser, server);
  const { page } = anna;
  const files = { 'gross.bin': random(LARGE) };
  const seen = parts(page);
  await write(page, {});
  await choose(page, [join(disk(files), 'gross.bin')]);
  await until('a part to arrive', () => (seen.answered.length > 0 ? true : undefined));
  server.wire.away();
  await page.getByText('Verbindung verloren').first().waitFor();
  server.wire.back();
  await send(page);
  expect(await fetched(server, await link(page))).toEqual(hashes(files));
});

/** Breaks off after some parts have arrived, and opens the page again in the same browser. */
async function broken(seen: { answered: string[] }): Promise<Page> {
  await until('a part to arrive', () => (seen.answered.length > 0 ? true : undefined));
  await anna.page.close({ runBeforeUnload: false });
  const page = await anna.context.newPage();
  await page.goto(`${server.url}/new`);
  await page.getByText('Eine Zustellung ist noch nicht fertig').waitFor();
  return page;
}

test('the tab is closed: what was written is there again, and the same files go on where they were', async () => {
  anna = await writing(browser, server);
  const files = { 'gross.bin': random(LARGE), 'klein.txt': random(10) };
  const folder = disk(files);
  const seen = parts(anna.page);
  await write(anna.page, { subject: 'Angefangen', message: 'Mit Text' });
  await choose(anna.page, Object.keys(files).map((name) => join(folder, name)));
  const page = await broken(seen);
  const before = new Set(seen.answered);
  expect(before.size).toBeLessThan(6);
  expect(await page.getByRole('textbox', { name: 'Betreff' }).inputValue()).toBe('Angefangen');
  await page.getByText('Zum Weitermachen noch einmal auswählen').first().waitFor();
  await accessible(page);
  await send(page);
  await page.getByText('Einige Dateien werden noch einmal gebraucht.').waitFor();
  seen.put.length = 0;
  await choose(page, Object.keys(files).map((name) => join(folder, name)));
  await send(page);
  expect(await fetched(server, await link(page))).toEqual(hashes(files));
  expect(seen.put.filter((part) => before.has(part))).toEqual([]);
});

test('a file that changed between two visits is sent anew, under new keys', async () => {
  anna = await writing(browser, server);
  const files = { 'gross.bin': random(LARGE) };
  const folder = disk(files);
  const path = join(folder, 'gross.bin');
  const seen = parts(anna.page);
  await write(anna.page, {});
  await choose(anna.page, [path]);
  const page = await broken(seen);
  const objects = new Set(seen.put.map((part) => part.split('/')[0]));
  appendFileSync(path, 'more');
  const now = { 'gross.bin': Buffer.concat([files['gross.bin'], Buffer.from('more')]) };
  seen.put.length = 0;
  await choose(page, [path]);
  await send(page);
  expect(await fetched(server, await link(page))).toEqual(hashes(now));
  expect(seen.put.some((part) => objects.has(part.split('/')[0]))).toBe(false);
});

test('a file that changes while it is sent is told, and taken as it is now when it is added again', async () => {
  anna = await writing(browser, server);
  const { page } = anna;
  const files = { 'gross.bin': random(LARGE) };
  const path = join(disk(files), 'gross.bin');
  await write(page, {});
  server.wire.away();
  await choose(page, [path]);
  appendFileSync(path, 'more');
  server.wire.back();
  await page.getByText('Die Datei hat sich seither geändert. Fügen Sie sie neu hinzu.').waitFor();
  await accessible(page);
  await send(page);
  await page.getByText('Einige Dateien werden noch einmal gebraucht.').waitFor();
  await choose(page, [path]);
  await send(page);
  expect(await fetched(server, await link(page))).toEqual({ 'gross.bin': hash(Buffer.concat([files['gross.bin'], Buffer.from('more')])) });
});

test('two tabs: the second begins a delivery of its own', async () => {
  anna = await writing(browser, server);
  const files = { 'klein.txt': random(10) };
  await write(anna.page, { subject: 'Die erste' });
  await choose(anna.page, [join(disk(files), 'klein.txt')]);
  await anna.page.getByText('klein.txt').waitFor();
  const other = await anna.context.newPage();
  await other.goto(`${server.url}/new`);
  await other.getByText('Dieser Entwurf ist in einem anderen Tab offen.').waitFor();
  await write(other, { subject: 'Die zweite', message: 'Nur Text' });
  await send(other);
  await link(other);
  await send(anna.page);
  expect(await fetched(server, await link(anna.page))).toEqual(hashes(files));
});

test('the session ends while one writes: one logs in again in place, and nothing is lost', async () => {
  anna = await writing(browser, server);
  const { page } = anna;
  const files = { 'klein.txt': random(10) };
  await write(page, { subject: 'Bleibt stehen' });
  await choose(page, [join(disk(files), 'klein.txt')]);
  await page.getByText('klein.txt').waitFor();
  await anna.context.clearCookies();
  await send(page);
  await page.getByRole('heading', { name: 'Bitte melden Sie sich noch einmal an' }).waitFor();
  await accessible(page);
  await page.getByLabel('Passwort', { exact: true }).fill(ANNA.password);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  expect(await fetched(server, await link(page))).toEqual(hashes(files));
});

test('files chosen by handle are found again after a reload without choosing', async () => {
  anna = await visitor(browser);
  const { page } = anna;
  const size = LARGE;
  await page.addInitScript(() => {
    // A folder of this origin's own storage is the browser's own handle, and always allowed.
    Object.assign(globalThis, { showDirectoryPicker: async () => (await navigator.storage.getDirectory()).getDirectoryHandle('Akte', { create: true }) });
  });
  await page.goto(`${server.url}/new`);
  await fillLogin(page);
  await page.getByLabel('An', { exact: true }).waitFor();
  await page.evaluate(async (bytes) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('Akte', { create: true });
    await folder.getDirectoryHandle('Leerer Ordner', { create: true });
    const writer = await (await folder.getFileHandle('gross.bin', { create: true })).createWritable();
    for (let at = 0; at < bytes; at += 65_536) await writer.write(crypto.getRandomValues(new Uint8Array(Math.min(65_536, bytes - at))));
    await writer.close();
  }, size);
  const whole = await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('Akte');
    const bytes = await (await (await folder.getFileHandle('gross.bin')).getFile()).arrayBuffer();
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  });
  const seen = parts(page);
  await write(page, {});
  await page.getByRole('button', { name: 'Ordner auswählen' }).click();
  await until('a part to arrive', () => (seen.answered.length > 0 ? true : undefined));
  await page.close({ runBeforeUnload: false });
  expect(seen.answered.length).toBeLessThan(6);
  anna.page = await anna.context.newPage();
  await anna.page.goto(`${server.url}/new`);
  await anna.page.getByText('Leerer Ordner').waitFor();
  await send(anna.page);
  const url = await link(anna.page);
  const out = server.folder({});
  const got = (await server.run('bob', ['fetch', url, '--out', out, '--email', 'bob@example.test'])) as { files: { name: string; sha256: string }[] };
  expect(got.files.filter(({ name }) => name.endsWith('.bin'))).toMatchObject([{ name: 'Akte/gross.bin', sha256: whole }]);
});
