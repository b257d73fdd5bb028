/** The landing page as built, in a real Chromium, behind the real policies: from the link to the bytes on the disk. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { code } from '../../src/seal/link-text.ts';
import { random, type Bytes } from '../../src/seal/primitives.ts';
import { Site, sealDelivery, type SampleFile } from './support/site.ts';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

function bytes(size: number): Bytes {
  const out = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) out.set(random(Math.min(65_536, size - at)), at);
  return out;
}
const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const files: SampleFile[] = [
  { name: 'Kaufvertrag.pdf', bytes: bytes(20_000_000) },
  { name: 'Pläne/Lageplan ěšč.txt', bytes: bytes(70_000) },
  { name: 'leer.txt', bytes: bytes(0) },
  { name: 'Pläne/klein.bin', bytes: bytes(300_000) },
];

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: Site;
let base: string;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
});
afterAll(() => browser.close());

async function open(list: SampleFile[], password?: string): Promise<void> {
  site = new Site(await sealDelivery(list, password));
  base = await site.listen();
}

beforeEach(async () => {
  complaints.length = 0;
  context = await browser.newContext({ locale: 'de-DE', acceptDownloads: true });
  page = await context.newPage();
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterEach(async () => {
  await context.close();
  await site.close();
});

const link = (): string => `${base}/d/${site.delivery.link}#${site.fragment}`;

async function enter(): Promise<void> {
  await page.getByLabel('Ihre E-Mail-Adresse').fill('m.huber@beispiel.de');
  await page.getByRole('button', { name: 'Öffnen' }).click();
}

async function saved(click: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  const path = join(mkdtempSync(join(tmpdir(), 'depesche-')), 'file');
  await download.saveAs(path);
  return { name: download.suggestedFilename(), bytes: readFileSync(path) };
}

test('a link becomes a letter, and the letter a file on the disk', async () => {
  await open(files);
  await page.goto(link());
  await page.getByText('Kaufvertrag.pdf').waitFor();
  expect(page.url()).toBe(`${base}/d/${site.delivery.link}`);
  expect(site.asked.filter((asked) => asked.includes('/open') || asked.includes('/claims'))).toEqual([]);
  await enter();
  const file = await saved(() => page.getByRole('button', { name: 'Kaufvertrag.pdf speichern' }).click());
  expect(file.name).toBe('Kaufvertrag.pdf');
  expect(hash(file.bytes)).toBe(hash(files[0]?.bytes ?? new Uint8Array(1)));
  await page.getByText('Gespeichert · 20 MB').waitFor();
  expect(site.stated).toEqual(['m.huber@beispiel.de']);
  await expect.poll(() => site.receipts.length).toBe(1);
  expect(site.asked.some((asked) => asked.includes(site.fragment.slice(2)))).toBe(false);
  expect(complaints).toEqual([]);
});

test('all files are one zip that others can read, of a length known before', async () => {
  await open(files);
  await page.goto(link());
  await enter();
  const zip = await saved(() => page.getByRole('button', { name: 'Alle speichern' }).click());
  expect(zip.name).toBe('Unterlagen.zip');
  const path = join(mkdtempSync(join(tmpdir(), 'depesche-')), 'all.zip');
  writeFileSync(path, zip.bytes);
  const script = 'import sys,zipfile,hashlib\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nfor i in z.infolist(): print(i.filename, hashlib.sha256(z.read(i)).hexdigest(), i.compress_type)';
  const listed = execFileSync('python3', ['-c', script, path], { encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } }).trim().split('\n');
  expect(listed).toEqual(files.map((file) => `${file.name} ${hash(file.bytes)} 0`));
  await page.getByText('Alles ist gespeichert').waitFor();
  await expect.poll(() => site.receipts.length).toBe(2);
  expect(complaints).toEqual([]);
});

test('a cut link asks for the code, and the code opens', async () => {
  await open(files.slice(1));
  await page.goto(`${base}/d/${site.delivery.link}`);
  const field = page.getByLabel('Code');
  await field.fill('abcd');
  await page.getByRole('button', { name: 'Weiter' }).click();
  await page.getByText('Der Code ist noch nicht vollständig.').waitFor();
  const right = code(site.delivery.secret);
  await field.fill(`${right.startsWith('a') ? 'b' : 'a'}${right.slice(1)}`);
  await page.getByRole('button', { name: 'Weiter' }).click();
  await page.getByText('Tippfehler').waitFor();
  await field.fill(right.toUpperCase().replaceAll('-', ' '));
  await page.getByRole('button', { name: 'Weiter' }).click();
  await page.getByText('klein.bin').waitFor();
});

test('%23 instead of # is repaired, and a reload goes on without the link', async () => {
  await open(files.slice(1));
  await page.goto(`${base}/d/${site.delivery.link}%23${site.fragment}`);
  await page.getByText('klein.bin').waitFor();
  expect(page.url()).toBe(`${base}/d/${site.delivery.link}`);
  await page.reload();
  await page.getByText('klein.bin').waitFor();
});

test('a password opens, a wrong one says what to do', async () => {
  await open(files.slice(1), 'Schlüssel für Prag');
  await page.goto(link());
  await page.getByRole('textbox', { name: 'Passwort' }).fill('falsch');
  await enter();
  await page.getByText('Das passt noch nicht.').waitFor();
  await page.getByRole('textbox', { name: 'Passwort' }).fill('Schlüssel für Prag');
  await enter();
  const file = await saved(() => page.getByRole('button', { name: 'klein.bin speichern' }).click());
  expect(hash(file.bytes)).toBe(hash(files[3]?.bytes ?? new Uint8Array(1)));
});

test('a lost connection goes on by itself, and a damaged part is never written', async () => {
  await open(files);
  let broken = 0;
  site.instead = (path, request) => {
    if (!path.includes('/claims/files/') || broken >= 2 || request.headers.range === 'bytes=0-39') return undefined;
    broken += 1;
    return broken === 1 ? 'cut' : { status: 206, bytes: new Uint8Array(8_388_608) };
  };
  await page.goto(link());
  await enter();
  const file = await saved(() => page.getByRole('button', { name: 'Kaufvertrag.pdf speichern' }).click());
  expect(broken).toBe(2);
  expect(hash(file.bytes)).toBe(hash(files[0]?.bytes ?? new Uint8Array(1)));
});

test('what stays damaged fails as a whole', async () => {
  await open(files);
  site.instead = (path, request) => (path.includes('/claims/files/') && request.headers.range?.startsWith('bytes=8388608-') ? { status: 206, bytes: new Uint8Array(8_388_608) } : undefined);
  await page.goto(link());
  await enter();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Kaufvertrag.pdf speichern' }).click()]);
  expect(await download.failure()).not.toBeNull();
  await page.getByText('Kam beschädigt an. Nichts davon wurde behalten.').waitFor();
  expect(site.receipts).toEqual([]);
});

test('what is over says so, with the way on', async () => {
  await open(files.slice(1));
  const cases: [string, string, object?][] = [
    ['expired', 'Diese Zustellung ist nicht mehr da', { since: 1_790_000_000_000 }],
    ['withdrawn', 'Diese Zustellung wurde zurückgezogen'],
    ['spent', 'Diese Zustellung wurde schon gespeichert'],
    ['link_unknown', 'Diesen Link kennen wir nicht'],
    ['too_many_tries', 'Zu viele Anfragen', { retry_after: 40 }],
  ];
  for (const [name, title, more] of cases) {
    site.instead = (path) => (path.endsWith('/look') ? { status: 410, body: { code: name, status: 410, ...more } } : undefined);
    await page.goto('about:blank');
    await page.goto(link());
    await page.getByRole('heading', { name: title }).waitFor();
  }
  site.instead = (path) => (path.endsWith('/look') ? 'cut' : undefined);
  await page.goto('about:blank');
  await page.goto(link());
  const again = page.getByRole('button', { name: 'Noch einmal versuchen' });
  await again.waitFor();
  site.instead = () => undefined;
  await again.click();
  await page.getByText('klein.bin').waitFor();
});

test('a scanner that runs the page and clicks nothing uses nothing up', async () => {
  await open(files.slice(1));
  await page.goto(link());
  await page.getByText('klein.bin').waitFor();
  expect(site.asked.map((asked) => asked.replace(site.delivery.link, 'ID')).sort()).toEqual(['GET /api/v1/info', 'POST /api/v1/links/ID/look']);
});

test('nothing for axe to find, closed or open, light or dark', async () => {
  await open(files);
  for (const colorScheme of ['light', 'dark'] as const) {
    // Who opened it before goes on where they were: each looks at it for the first time.
    await context.close();
    context = await browser.newContext({ locale: 'de-DE', colorScheme });
    page = await context.newPage();
    await page.goto(link());
    await page.getByText('Kaufvertrag.pdf').waitFor();
    expect(await findings()).toEqual([]);
    await enter();
    await page.getByRole('button', { name: 'Alle speichern' }).waitFor();
    expect(await findings()).toEqual([]);
  }
});

async function findings(): Promise<string[]> {
  // Through the debugger's own world: the page's policy lets no foreign script in.
  await page.evaluate(AxeBuilder.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof AxeBuilder }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
}
