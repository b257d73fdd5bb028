/** Saving when something goes wrong, and where the browser offers less. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessible, enter, hash, launch, random, saved, visitor, FLAGS, type Visitor } from './browser.ts';
import { Server, until } from './server.ts';

let browser: Browser;
let server: Server;
let guest: Visitor;
/** Five parts, and a small one beside. */
const large = random(38_000_000);
const files = { 'plan.bin': large, 'brief.txt': random(5000) };

beforeAll(async () => { [browser, server] = await Promise.all([launch(), Server.start()]); });
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });
beforeEach(async () => { guest = await visitor(browser); });
afterEach(async () => {
  expect(guest.complaints).toEqual([]);
  await guest.context.close();
});

const saveButton = (page: Page, name = 'plan.bin') => page.getByRole('button', { name: `${name} speichern` });

/** Indices of the parts of the large file that are fetched from here on. */
function partsFetched(page: Page): number[] {
  const parts: number[] = [];
  page.context().on('request', (request) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers().range ?? '') ?? [];
    if (from !== undefined && Number(to) - Number(from) > 1_000_000) parts.push(Number(from) / 8_388_608);
  });
  return parts;
}

test('the server is killed while a file is saved: it goes on by itself', async () => {
  const { link } = await server.send(files);
  const { page } = guest;
  await page.goto(link);
  await enter(page);
  await saveButton(page).waitFor();
  const held = server.wire.holdAfter(20_000_000);
  const saving = saved(page, () => saveButton(page).click());
  await held;
  await server.kill();
  await page.getByText('Verbindung verloren, geht von selbst weiter').waitFor();
  await accessible(page);
  await server.begin();
  expect(hash((await saving).bytes)).toBe(hash(large));
  await page.getByText('Gespeichert · 38 MB').waitFor();
});

test('the network is gone for a while: it goes on by itself', async () => {
  const { link, id } = await server.send(files);
  const { page } = guest;
  await page.goto(link);
  await enter(page);
  await saveButton(page).waitFor();
  const held = server.wire.holdAfter(12_000_000);
  const saving = saved(page, () => saveButton(page).click());
  await held;
  server.wire.away();
  await page.getByText('Verbindung verloren, geht von selbst weiter').waitFor();
  server.wire.back();
  expect(hash((await saving).bytes)).toBe(hash(large));
  await until('the receipt', async () => ((await server.show(id)).recipients[0]?.state === 'downloaded' ? true : undefined));
});

test('after a reload the letter is open again, and no part that has arrived is fetched again', async () => {
  const { link, id } = await server.send(files, ['--max-downloads', '1']);
  const { page } = guest;
  await page.goto(link);
  await enter(page);
  await saveButton(page).waitFor();
  const before = partsFetched(page);
  const held = server.wire.holdAfter(27_000_000);
  await saveButton(page).click();
  await held;
  await until('some parts are there', () => (before.length >= 4 ? true : undefined));
  page.once('dialog', (dialog) => void dialog.accept());
  const reload = page.reload();
  server.wire.cut();
  await reload;
  await page.getByText('Das Speichern wurde unterbrochen.').waitFor();
  await accessible(page);
  const after = partsFetched(page);
  const file = await saved(page, () => saveButton(page).click());
  expect(hash(file.bytes)).toBe(hash(large));
  expect(after.length).toBeLessThan(5);
  expect(after).not.toContain(0);
  expect((await server.show(id)).recipients).toMatchObject([{ taken: 1 }]);
  // What was kept for going on is gone when the file is saved.
  const kept = (): Promise<number> =>
    page.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('parts', { create: true });
      let count = 0;
      for await (const _ of folder.keys()) count += 1;
      return count;
    });
  await expect.poll(kept).toBe(0);
});

test('the link in two tabs is one visit', async () => {
  const { link, id } = await server.send(files, ['--max-downloads', '1']);
  const { page, context } = guest;
  await page.goto(link);
  await enter(page);
  await saveButton(page).waitFor();
  const other = await context.newPage();
  await other.goto(link);
  await saveButton(other).waitFor();
  const both = await Promise.all([
    saved(page, () => saveButton(page).click()),
    saved(other, () => saveButton(other, 'brief.txt').click()),
  ]);
  expect(both.map(({ bytes }) => hash(bytes))).toEqual([hash(large), hash(files['brief.txt'])]);
  expect((await server.show(id)).recipients).toMatchObject([{ taken: 1, visits: [{}] }]);
});

test('back from another page, and the link clicked once more in the same tab', async () => {
  const { link } = await server.send(files);
  const { page } = guest;
  await page.goto(link);
  await enter(page);
  await saveButton(page).waitFor();
  await page.getByRole('link', { name: 'So öffnen Sie eine Zustellung' }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await accessible(page);
  await page.goBack();
  await saveButton(page).waitFor();
  await page.evaluate((url) => { location.href = url; }, link);
  await page.waitForURL(link.split('#')[0] ?? '');
  await saveButton(page).waitFor();
});

test('stopped by hand, and begun again', async () => {
  const { link } = await server.send(files);
  const { page } = guest;
  await page.goto(link);
  await enter(page);
  await saveButton(page).waitFor();
  const held = server.wire.holdAfter(10_000_000);
  await saveButton(page).click();
  await held;
  await page.getByRole('button', { name: 'Anhalten' }).click();
  server.wire.release();
  await saveButton(page).waitFor();
  await accessible(page);
  expect(hash((await saved(page, () => saveButton(page).click())).bytes)).toBe(hash(large));
});

/** Takes away what a browser may lack, before any of our scripts runs. */
async function without(page: Page, ...lacks: ('worker' | 'picker' | 'folder')[]): Promise<void> {
  await page.addInitScript((names) => {
    if (names.includes('worker')) delete (Navigator.prototype as { serviceWorker?: unknown }).serviceWorker;
    if (names.includes('picker')) delete (globalThis as { showSaveFilePicker?: unknown }).showSaveFilePicker;
    if (names.includes('folder')) StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('', 'SecurityError'));
  }, lacks);
}

test('without a service worker it goes into the file that somebody chooses', async () => {
  const { link } = await server.send(files);
  const { page } = guest;
  await without(page, 'worker');
  // The dialog is the browser's own; a file of the private folder stands for the chosen one.
  await page.addInitScript(() => {
    Object.assign(globalThis, {
      showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) =>
        (await navigator.storage.getDirectory()).getFileHandle(`chosen ${suggestedName}`, { create: true }),
    });
  });
  await page.goto(link);
  await enter(page);
  await saveButton(page).click();
  await page.getByText('Gespeichert · 38 MB').waitFor();
  const written = await page.evaluate(async () => {
    const handle = await (await navigator.storage.getDirectory()).getFileHandle('chosen plan.bin');
    const digest = await crypto.subtle.digest('SHA-256', await (await handle.getFile()).arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  });
  expect(written).toBe(hash(large));
});

test('a cancelled file dialog leaves everything as it was', async () => {
  const { link } = await server.send(files);
  const { page } = guest;
  await without(page, 'worker');
  await page.addInitScript(() => {
    Object.assign(globalThis, { showSaveFilePicker: () => Promise.reject(new DOMException('The user aborted a request.', 'AbortError')) });
  });
  await page.goto(link);
  await enter(page);
  await saveButton(page).click();
  await saveButton(page).waitFor();
  expect(await page.getByRole('heading', { name: '2 Dateien' }).count()).toBe(1);
});

test('without either it is gathered in a private file and saved from there', async () => {
  const { link } = await server.send(files);
  const { page } = guest;
  await without(page, 'worker', 'picker');
  await page.goto(link);
  await enter(page);
  const file = await saved(page, () => saveButton(page).click());
  expect([file.name, hash(file.bytes)]).toEqual(['plan.bin', hash(large)]);
  const zip = await saved(page, () => page.getByRole('button', { name: 'Alle speichern' }).click());
  expect(zip.bytes.subarray(0, 4).toString('hex')).toBe('504b0304');
});

test('without any of them it is gathered in memory', async () => {
  const { link } = await server.send(files);
  const { page } = guest;
  await without(page, 'worker', 'picker', 'folder');
  await page.goto(link);
  await enter(page);
  const file = await saved(page, () => saveButton(page).click());
  expect([file.name, hash(file.bytes)]).toEqual(['plan.bin', hash(large)]);
});

test('a browser that collects its garbage all the time answers to the end', async () => {
  const tidy = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...FLAGS, '--js-flags=--expose-gc'] });
  const { page, context } = await visitor(tidy);
  await without(page, 'worker', 'picker');
  page.on('worker', (vault) => void vault.evaluate(() => { setInterval(() => { (globalThis as unknown as { gc: () => void }).gc(); }, 1); }));
  const { link } = await server.send(files);
  await page.goto(link);
  await enter(page);
  const file = await saved(page, () => saveButton(page).click());
  expect([file.name, hash(file.bytes)]).toEqual(['plan.bin', hash(large)]);
  await context.close();
  await tidy.close();
});

test('a browser that allows no storage at all opens and saves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'depesche-profile-'));
  mkdirSync(join(folder, 'Default'));
  // "Block all cookies": no localStorage, no IndexedDB, no service worker, no private folder, in workers neither.
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }));
  const context = await chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', args: FLAGS, locale: 'de-DE' });
  const { link } = await server.send(files);
  const page = await context.newPage();
  await without(page, 'picker');
  await page.goto(link);
  expect(await page.evaluate(() => { try { return String(localStorage.length); } catch (error) { return (error as Error).name; } })).toBe('SecurityError');
  await enter(page);
  const file = await saved(page, () => saveButton(page).click());
  expect([file.name, hash(file.bytes)]).toEqual(['plan.bin', hash(large)]);
  await context.close();
});

test('in the window of an app a way out is named', async () => {
  const { link } = await server.send(files);
  const inApp = await visitor(browser, { userAgent: 'Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/129.0 Mobile Safari/537.36' });
  await inApp.page.goto(link);
  await enter(inApp.page);
  await inApp.page.getByText('Sie sehen diese Seite im Fenster einer App.').waitFor();
  await accessible(inApp.page);
  await inApp.context.close();
});
