/** A guest's way: from the mail to the files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessible, enter, hash, launch, random, saved, visitor, type Visitor } from './browser.ts';
import { linkIn, Server, until } from './server.ts';

let browser: Browser;
let server: Server;
let guest: Visitor;

const files = {
  'Kaufvertrag-Entwurf.pdf': random(20_000_000),
  'Lageplan ěšč ß.txt': random(70_000),
  'leer.txt': new Uint8Array(0),
  'klein.bin': random(300_000),
};

beforeAll(async () => { [browser, server] = await Promise.all([launch(), Server.start()]); });
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });
beforeEach(async () => { guest = await visitor(browser); });
afterEach(async () => {
  expect(guest.complaints).toEqual([]);
  await guest.context.close();
});

test('the link of the mail becomes a letter, and one of its files is saved', async () => {
  const { id } = await server.send(files, ['--subject', 'Ihre Unterlagen', '--message', 'Guten Tag,\n\nhier ist alles.'], ['huber@example.test']);
  const { page } = guest;
  await page.goto(linkIn(await server.mailTo('huber@example.test')));
  await page.getByText('Kaufvertrag-Entwurf.pdf').waitFor();
  expect(await page.evaluate(() => location.href)).not.toContain('#');
  await page.getByText('Dr. Anna Keller hat Ihnen eine Nachricht und 4 Dateien geschickt.').waitFor();
  await accessible(page);
  expect((await server.show(id)).recipients).toMatchObject([{ state: 'notified', taken: 0, visits: [] }]);

  await enter(page, 'huber@example.test');
  await page.getByText('hier ist alles.').waitFor();
  await accessible(page);
  const file = await saved(page, () => page.getByRole('button', { name: 'Kaufvertrag-Entwurf.pdf speichern' }).click());
  expect(file.name).toBe('Kaufvertrag-Entwurf.pdf');
  expect(hash(file.bytes)).toBe(hash(files['Kaufvertrag-Entwurf.pdf']));
  await page.getByText('Gespeichert · 20 MB').waitFor();
  await accessible(page);
  const recipient = await until('the visit is committed', async () => (await server.show(id)).recipients.find(({ state }) => state === 'downloaded'));
  expect(recipient).toMatchObject({ taken: 1, visits: [{ stated: 'huber@example.test', state: 'committed' }] });
});

test('all files are one zip that others can read', async () => {
  const { link } = await server.send(files, ['--subject', 'Unterlagen: alle']);
  const { page } = guest;
  await page.goto(link);
  await enter(page);
  const zip = await saved(page, () => page.getByRole('button', { name: 'Alle speichern' }).click());
  expect(zip.name).toBe('Unterlagen alle.zip');
  const path = join(mkdtempSync(join(tmpdir(), 'depesche-')), 'all.zip');
  writeFileSync(path, zip.bytes);
  const script = 'import sys,zipfile,hashlib\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nfor i in z.infolist(): print(i.filename, hashlib.sha256(z.read(i)).hexdigest(), i.compress_type)';
  const listed = execFileSync('python3', ['-c', script, path], { encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } }).trim().split('\n');
  expect(listed.sort()).toEqual(Object.entries(files).map(([name, bytes]) => `${name} ${hash(bytes)} 0`).sort());
  await page.getByText('Alles ist gespeichert').waitFor();
  await accessible(page);
});

test('every file name of the mail leads to the letter', async () => {
  await server.send({ 'a.txt': random(10), 'b.txt': random(10) }, [], ['links@example.test']);
  const mail = await server.mailTo('links@example.test');
  const { page } = guest;
  await page.setContent(mail.html);
  for (const name of ['Zustellung öffnen', 'a.txt', 'b.txt']) {
    expect(await page.getByRole('link', { name }).getAttribute('href')).toBe(linkIn(mail));
  }
});

test('a message alone is shown when it is opened', async () => {
  const { link } = await server.send({}, ['--subject', 'Nur ein Wort', '--message', 'Es passt so.']);
  const { page } = guest;
  await page.goto(link);
  await page.getByText('Dr. Anna Keller hat Ihnen eine Nachricht geschickt.').waitFor();
  await enter(page);
  await page.getByText('Es passt so.').waitFor();
  await accessible(page);
});

test('the keyboard alone goes all the way', async () => {
  const { link } = await server.send({ 'brief.txt': random(5000) });
  const { page } = guest;
  await page.goto(link);
  await page.getByText('brief.txt').waitFor();
  const reach = async (name: RegExp): Promise<void> => {
    for (let step = 0; step < 20; step += 1) {
      await page.keyboard.press('Tab');
      const label = await page.evaluate(() => {
        const here = document.activeElement;
        const field = here instanceof HTMLInputElement ? (here.labels?.[0]?.textContent ?? '') : '';
        return field || (here?.getAttribute('aria-label') ?? here?.textContent ?? '');
      });
      if (name.test(label.trim())) return;
    }
    throw new Error(`the keyboard does not reach ${name}`);
  };
  await reach(/^Ihre E-Mail-Adresse/);
  await page.keyboard.type('guest@example.test');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Speichern (5 KB)' }).waitFor();
  await reach(/^brief\.txt speichern/);
  const file = await saved(page, () => page.keyboard.press('Enter'));
  expect(file.name).toBe('brief.txt');
  await page.getByText('Alles ist gespeichert').waitFor();
});
