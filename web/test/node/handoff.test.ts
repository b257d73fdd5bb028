/** The handoff pages as built, in a real Chromium, behind the real policies: every way through, and every way it can fail. */
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeQR } from 'qr';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessible, FLAGS, launch, saved, visitor, type Visitor } from '../../e2e/browser.ts';
import { ANDROID, BUNDLE, BUNDLE_NAME, choose, codeOn, golden, IPHONE, offer, take, typedOn, wordsOn } from './support/handoff-steps.ts';
import { film, scan } from './support/scan.ts';
import { Slots } from './support/slots.ts';

let browser: Browser;
let server: Slots;
let base: string;
let desk: Visitor;
let phone: Visitor;

beforeAll(async () => { browser = await launch(); });
afterAll(() => browser.close());
beforeEach(async () => {
  server = new Slots();
  base = await server.listen();
  [desk, phone] = await Promise.all([visitor(browser), visitor(browser, ANDROID)]);
});
afterEach(async () => {
  expect([...desk.complaints, ...phone.complaints]).toEqual([]);
  await Promise.all([desk.context.close(), phone.context.close()]);
  await server.close();
});

const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { name, exact: true }).waitFor();
const slot = (): NonNullable<ReturnType<typeof server.slots.get>> => {
  const [only] = [...server.slots.values()];
  if (only === undefined) throw new Error('no slot');
  return only;
};

test('one scan takes settings to a phone; both screens show the same words; nothing is left', async () => {
  const url = await offer(desk.page, base);
  await accessible(desk.page);
  await phone.page.goto(url);
  await heading(phone.page, 'Etwas wartet auf dieses Gerät');
  await accessible(phone.page);
  expect(slot().state).toBe('waiting');
  await phone.page.getByRole('button', { name: 'Abholen' }).click();
  await heading(phone.page, 'Das ist für Sie angekommen');
  await accessible(phone.page);
  await heading(desk.page, 'Übergeben');
  await accessible(desk.page);
  expect(await wordsOn(phone.page)).toBe(await wordsOn(desk.page));
  expect(slot().sealed).toBeUndefined();
  const file = await saved(phone.page, () => phone.page.getByRole('button', { name: 'Auf diesem Gerät übernehmen' }).click());
  expect(file.name).toBe('mail.k9s');
  expect(file.bytes).toEqual(golden('k9s')['mail.k9s']);
  await heading(phone.page, 'mail.k9s liegt bei Ihren Downloads.');
  await accessible(phone.page);
});

test('the server is told nothing that opens anything', async () => {
  const bodies: string[] = [];
  desk.context.on('request', (request) => bodies.push(request.url(), request.postDataBuffer()?.toString('latin1') ?? '', JSON.stringify(request.headers())));
  phone.context.on('request', (request) => bodies.push(request.url(), request.postDataBuffer()?.toString('latin1') ?? '', JSON.stringify(request.headers())));
  const url = await offer(desk.page, base);
  const typed = await typedOn(desk.page);
  await take(phone.page, url);
  const secret = url.split('#1.')[1] ?? '';
  const all = bodies.join('\n');
  for (const told of [secret, Buffer.from(secret, 'base64url').toString('latin1'), 'anna.muster', ...typed.split(' ').map((word) => ` ${word} `)]) expect(all.includes(told)).toBe(false);
});

test('a default address is a code of 37 modules, of 280 px at least, with its quiet zone', async () => {
  const host = 'zustellung.keller-novak.exa';
  expect(host).toHaveLength(27);
  expect(encodeQR(`https://${host}/h/${'A'.repeat(22)}#1.${'B'.repeat(43)}`, 'raw', { ecc: 'low', border: 1 })).toHaveLength(37 + 2);
  const url = await offer(desk.page, base);
  for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [320, 'dark']] as const) {
    await desk.page.setViewportSize({ width, height: 900 });
    await desk.page.emulateMedia({ colorScheme: scheme });
    const code = desk.page.getByRole('img', { name: 'Code zum Scannen' });
    expect((await code.boundingBox())?.width ?? 0).toBeGreaterThanOrEqual(280);
    const picture = await code.screenshot();
    // As it is, and as small as it looks from some way off.
    expect((await scan(desk.context, picture)).text).toBe(url);
    expect((await scan(desk.context, picture, 0.45, 640, 480)).text).toBe(url);
    expect(await desk.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  }
});

test.each([
  ['vcard', 'Kontakte (vCard)'], ['quicktext', 'Quicktext, das Add-on'], ['sieve', 'Regeln auf dem Server (Sieve)'], ['mobileconfig', 'Mail auf iPhone und iPad'],
  ['bundle', 'Alles, für einen anderen Rechner'],
])('the download for %s equals the golden file', async (target, name) => {
  await take(phone.page, await offer(desk.page, base));
  await phone.page.getByLabel('Übernehmen nach').selectOption({ label: name });
  const file = await saved(phone.page, () => phone.page.getByRole('button', { name: target === 'bundle' ? 'Als Datei speichern' : 'Auf diesem Gerät übernehmen', exact: true }).click());
  expect({ [file.name]: file.bytes }).toEqual(golden(target));
});

test('several files come as one zip, and their passwords are shown once', async () => {
  await take(phone.page, await offer(desk.page, base));
  await phone.page.getByLabel('Übernehmen nach').selectOption({ label: 'Zertifikate und Schlüssel als Dateien' });
  const file = await saved(phone.page, () => phone.page.getByRole('button', { name: 'Auf diesem Gerät übernehmen' }).click());
  expect(file.name).toBe('Depesche.zip');
  for (const [name, bytes] of Object.entries(golden('keys'))) {
    expect(file.bytes.includes(bytes)).toBe(true);
    expect(file.bytes.includes(Buffer.from(name))).toBe(true);
  }
  await heading(phone.page, 'Passwörter der Dateien');
  expect(await phone.page.locator('code').count()).toBeGreaterThan(0);
  await accessible(phone.page);
});

test('what is unticked stays behind', async () => {
  await take(phone.page, await offer(desk.page, base));
  await phone.page.getByLabel('Übernehmen nach').selectOption({ label: 'Alles, für einen anderen Rechner' });
  await phone.page.getByRole('checkbox', { name: /^Zertifikate und Schlüssel/ }).uncheck();
  await phone.page.getByRole('checkbox', { name: /^Kontakte/ }).uncheck();
  const file = await saved(phone.page, () => phone.page.getByRole('button', { name: 'Als Datei speichern', exact: true }).click());
  const kept = JSON.parse(file.bytes.toString()) as Record<string, unknown>;
  expect(Object.keys(kept)).not.toContain('certificates');
  expect(Object.keys(kept)).not.toContain('addressBooks');
  expect(file.bytes.toString()).not.toContain('x-pkcs12');
});

test('an iPhone is offered the profile by the service worker, and no server sees it', async () => {
  const iphone = await visitor(browser, IPHONE);
  await take(iphone.page, await offer(desk.page, base));
  const before = server.asked.length;
  const profile = await saved(iphone.page, () => iphone.page.getByRole('button', { name: 'Auf diesem Gerät übernehmen' }).click());
  expect(profile.bytes).toEqual(golden('mobileconfig')['mail.mobileconfig']);
  expect(server.asked.slice(before).filter((asked) => asked.includes('/profile/'))).toEqual([]);
  await heading(iphone.page, 'Das Profil ist an Ihr Gerät übergeben.');
  await accessible(iphone.page);
  // Whoever asks the server for such an address gets nothing.
  expect((await fetch(`${base}/profile/8a0c/mail.mobileconfig`)).status).toBe(404);
  const again = await saved(iphone.page, () => iphone.page.getByRole('button', { name: 'In „Dateien“ sichern' }).click());
  expect([again.name, again.bytes]).toEqual(['mail.mobileconfig', golden('mobileconfig')['mail.mobileconfig']]);
  expect(iphone.complaints).toEqual([]);
  await iphone.context.close();
});

test('any file is saved as it was', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919) % 251));
  await take(phone.page, await offer(desk.page, base, bytes, 'Übergabe šš.bin', 'application/octet-stream'));
  await accessible(phone.page);
  const file = await saved(phone.page, () => phone.page.getByRole('button', { name: 'Speichern', exact: true }).click());
  expect([file.name, file.bytes.equals(bytes)]).toEqual(['Übergabe šš.bin', true]);
});

test('six typed words lead to the same, whatever their case', async () => {
  await offer(desk.page, base);
  const typed = await typedOn(desk.page);
  await phone.page.goto(`${base}/h`);
  await heading(phone.page, 'Von einem anderen Gerät übernehmen');
  await accessible(phone.page);
  const field = phone.page.getByLabel('Sechs Wörter');
  for (const [words, complaint] of [['eins zwei', 'steht nicht in der Liste'], [typed.split(' ').slice(1).join(' '), 'Es müssen sechs Wörter sein'], ['abacus abdomen abdominal abacus abdomen abdominal', 'wartet nichts']] as const) {
    await field.fill(words);
    await phone.page.getByRole('button', { name: 'Weiter' }).click();
    await phone.page.getByText(complaint).waitFor();
  }
  await accessible(phone.page);
  await field.fill(typed.toUpperCase());
  await phone.page.getByRole('button', { name: 'Weiter' }).click();
  await phone.page.getByRole('button', { name: 'Abholen' }).click();
  await heading(phone.page, 'Das ist für Sie angekommen');
  expect(await wordsOn(phone.page)).toBe(await wordsOn(desk.page));
});

test('the code and the words are covered while nobody looks', async () => {
  const url = await offer(desk.page, base);
  await desk.page.evaluate(() => window.dispatchEvent(new Event('blur')));
  const show = desk.page.getByRole('button', { name: 'Zeigen' });
  await show.waitFor();
  expect((await scan(desk.context, await desk.page.locator('.code svg').first().screenshot())).text).toBeUndefined();
  await show.click();
  expect(await codeOn(desk.page)).toBe(url);
});

test('the reverse: the new device shows a code, the other opens it and puts a file in', async () => {
  await phone.page.goto(`${base}/h`);
  await phone.page.getByRole('button', { name: 'Hier einen Code zeigen' }).click();
  const url = await codeOn(phone.page);
  expect(url).toContain('#2.');
  await accessible(phone.page);
  await desk.page.goto(url);
  await heading(desk.page, 'Das andere Gerät wartet auf etwas');
  await accessible(desk.page);
  await choose(desk.page, BUNDLE);
  await heading(phone.page, 'Das ist für Sie angekommen');
  await heading(desk.page, 'Übergeben');
  expect(await wordsOn(phone.page)).toBe(await wordsOn(desk.page));
  // Once: who scans it now comes too late.
  const other = await visitor(browser);
  await other.page.goto(url);
  await choose(other.page, BUNDLE);
  await heading(other.page, 'Hier wurde schon etwas hineingelegt');
  await other.context.close();
});

test('the camera of the source reads the code of the new device', async () => {
  await phone.page.goto(`${base}/h`);
  await phone.page.getByRole('button', { name: 'Hier einen Code zeigen' }).click();
  await codeOn(phone.page);
  const picture = await scan(phone.context, await phone.page.getByRole('img', { name: 'Code zum Scannen' }).screenshot(), 0.5, 640, 480);
  const path = join(mkdtempSync(join(tmpdir(), 'depesche-')), 'camera.y4m');
  writeFileSync(path, film(picture));
  const flags = [...FLAGS, '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${path}`];
  const seeing = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
  try {
    const source = await visitor(seeing);
    await source.page.goto(`${base}/handoff`);
    await source.page.getByRole('button', { name: 'Mit der Kamera dieses Geräts scannen' }).click();
    await heading(source.page, 'Das andere Gerät wartet auf etwas');
    await choose(source.page, BUNDLE);
    await heading(phone.page, 'Das ist für Sie angekommen');
    expect(source.complaints).toEqual([]);
  } finally {
    await seeing.close();
  }
});

test('without a camera the page says so', async () => {
  await desk.page.goto(`${base}/handoff`);
  await desk.page.getByRole('button', { name: 'Mit der Kamera dieses Geräts scannen' }).click();
  await desk.page.getByText('Hier ist keine Kamera').waitFor();
  await accessible(desk.page);
});

test('who taps before the server has said what is there waits for nothing', async () => {
  const url = await offer(desk.page, base);
  await phone.page.route('**/look', () => undefined);
  await phone.page.goto(url);
  await heading(phone.page, 'Ihre Übergabe wird gesucht …');
  await accessible(phone.page);
  await phone.page.getByRole('button', { name: 'Abholen' }).click();
  await heading(phone.page, 'Das ist für Sie angekommen');
});

test('two devices race: one gets it, the other is told', async () => {
  const url = await offer(desk.page, base);
  const other = await visitor(browser, ANDROID);
  await Promise.all([phone.page.goto(url), other.page.goto(url)]);
  await Promise.all([phone, other].map(({ page }) => page.getByRole('button', { name: 'Abholen' }).waitFor()));
  await Promise.all([phone, other].map(({ page }) => page.getByRole('button', { name: 'Abholen' }).click()));
  const ends = await Promise.all([phone, other].map(({ page }) => page.getByRole('heading', { name: /angekommen|Schon übernommen|holt es gerade/ }).innerText()));
  expect(ends.filter((end) => end === 'Das ist für Sie angekommen')).toHaveLength(1);
  await other.context.close();
});

test('a connection that breaks goes on with what is missing', async () => {
  const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
  const url = await offer(desk.page, base, bytes, 'a.bin', 'application/octet-stream');
  await phone.page.goto(url);
  let broken = 0;
  server.instead = (path) => (/\/(take|sealed)$/.test(path) && (broken += 1) < 3 ? 'half' : undefined);
  await phone.page.getByRole('button', { name: 'Abholen' }).click();
  await heading(phone.page, 'Das ist für Sie angekommen');
  expect(broken).toBeGreaterThanOrEqual(3);
  const file = await saved(phone.page, () => phone.page.getByRole('button', { name: 'Speichern', exact: true }).click());
  expect(file.bytes.equals(bytes)).toBe(true);
});

test('a reload of the phone before the tap still finds it; after the taking it says so', async () => {
  const url = await offer(desk.page, base);
  await phone.page.goto(url);
  await phone.page.getByRole('button', { name: 'Abholen' }).waitFor();
  await phone.page.reload();
  await phone.page.getByRole('button', { name: 'Abholen' }).click();
  await heading(phone.page, 'Das ist für Sie angekommen');
  phone.page.on('dialog', (dialog) => void dialog.accept());
  await phone.page.reload();
  await heading(phone.page, 'Auf diesem Gerät schon übernommen');
});

test('a reload of the source still watches and cancels, without the code', async () => {
  await offer(desk.page, base);
  desk.page.on('dialog', (dialog) => void dialog.accept());
  await desk.page.reload();
  await heading(desk.page, 'Wartet auf ein Gerät');
  await accessible(desk.page);
  await desk.page.getByRole('button', { name: 'Abbrechen' }).click();
  await heading(desk.page, 'Abgebrochen');
  await accessible(desk.page);
  await expect.poll(() => slot().state).toBe('cancelled');
});

const gone: [string, string, (url: string) => string | Promise<string>][] = [
  ['taken', 'Schon übernommen', (url) => { server.set(slot(), 'committed'); return url; }],
  ['expired', 'Die Zeit ist um', (url) => { server.set(slot(), 'expired'); return url; }],
  ['lapsed', 'Das Abholen ist abgerissen', (url) => { server.set(slot(), 'lapsed'); return url; }],
  ['cancelled', 'Am anderen Gerät abgebrochen', (url) => { server.set(slot(), 'cancelled'); return url; }],
  ['unknown, or the server was restarted', 'Diese Übergabe ist nicht hier', (url) => { server.slots.clear(); return url; }],
  ['another key', 'Dieser Code passt nicht', (url) => url.replace(/#1\..{4}/, '#1.AAAA')],
  ['no key', 'Der Code kam unvollständig an', (url) => url.split('#')[0] ?? ''],
  ['half a key', 'Der Code kam unvollständig an', (url) => url.slice(0, -9)],
  ['a key with other characters', 'Das ist keine Übergabe', (url) => `${url.slice(0, -1)}!`],
  ['a code of a later version', 'Das hat ein neueres Programm gemacht', (url) => url.replace('#1.', '#7.')],
  ['a garbled address', 'Das ist keine Übergabe', (url) => url.replace('/h/', '/h/x')],
];
test.each(gone)('%s has a page of its own', async (_, title, broken) => {
  const url = await offer(desk.page, base);
  await phone.page.goto(await broken(url));
  await heading(phone.page, title);
  await accessible(phone.page);
});

test('bytes that were changed on the way are refused, and nothing of them is kept', async () => {
  const url = await offer(desk.page, base);
  const { sealed } = slot();
  if (sealed) sealed[2000] = (sealed[2000] ?? 0) ^ 1;
  await phone.page.goto(url);
  await phone.page.getByRole('button', { name: 'Abholen' }).click();
  await heading(phone.page, 'Das ließ sich nicht öffnen');
  expect(slot().state).toBe('leased');
});

test('a link whose # became %23 opens all the same', async () => {
  const url = await offer(desk.page, base);
  await take(phone.page, url.replace('#', '%23'));
});

test.each([
  ['handoff_full', 503, 'keinen Platz'], ['handoff_too_many', 429, 'zu viele Übergaben'], ['handoff_too_large', 413, 'zu groß'], ['unexpected', 500, 'nicht geklappt'],
])('an offer that is refused (%s) says why', async (code, status, words) => {
  server.instead = (path) => (path === '/api/v1/handoffs' ? { status, body: { code, status } } : undefined);
  await desk.page.goto(`${base}/handoff`);
  await choose(desk.page, BUNDLE);
  await desk.page.getByText(words).waitFor();
  await accessible(desk.page);
});

test('more than fits into a handoff is refused before anything is sent', async () => {
  const bytes = Buffer.alloc(9 << 20);
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(new Uint8Array(bytes.buffer, bytes.byteOffset + at, 65_536));
  await desk.page.goto(`${base}/handoff`);
  await choose(desk.page, bytes, 'large.bin', 'application/octet-stream');
  await desk.page.getByText('zu groß für eine Übergabe').waitFor();
  expect(server.asked).not.toContain('POST /api/v1/handoffs');
});

test('settings that are too large say what takes the room, and go without it', async () => {
  const whole = JSON.parse(BUNDLE.toString()) as { addressBooks: Record<string, unknown>[]; blobs: Record<string, unknown> };
  const photo = Buffer.alloc(7 << 20);
  for (let at = 0; at < photo.length; at += 65_536) crypto.getRandomValues(new Uint8Array(photo.buffer, photo.byteOffset + at, 65_536));
  const card = Buffer.from(`BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Jana\r\nPHOTO:data:image/jpeg;base64,${photo.toString('base64')}\r\nEND:VCARD\r\n`);
  const name = `sha256-${createHash('sha256').update(card).digest('hex')}`;
  const addressBooks = whole.addressBooks.map((book, at) => (at === 0 ? { ...book, contacts: name } : book));
  const blobs = { ...whole.blobs, [name]: { type: 'text/vcard', data: card.toString('base64') } };
  await desk.page.goto(`${base}/handoff`);
  await choose(desk.page, Buffer.from(JSON.stringify({ ...whole, addressBooks, blobs })));
  await desk.page.getByText('Das ist zu groß für eine Übergabe').waitFor();
  const photos = desk.page.getByLabel('Bilder der Kontakte');
  expect(await photos.isChecked()).toBe(false);
  expect(await desk.page.getByRole('checkbox').first().evaluate((node) => node.closest('label')?.innerText)).toContain('Bilder der Kontakte');
  await accessible(desk.page);
  await photos.check();
  expect(await desk.page.getByRole('button', { name: 'Angekreuztes übergeben' }).isDisabled()).toBe(true);
  await photos.uncheck();
  await desk.page.getByRole('button', { name: 'Angekreuztes übergeben' }).click();
  await take(phone.page, await codeOn(desk.page));
  await phone.page.getByText('Konten').waitFor();
  const file = await saved(phone.page, () => phone.page.getByRole('button', { name: 'Als Datei speichern' }).click());
  const got = JSON.parse(file.bytes.toString()) as { losses: { reason: string }[]; accounts: unknown };
  expect(got.losses.map(({ reason }) => reason)).toContain('photos-omitted');
  expect(got.accounts).toEqual((JSON.parse(BUNDLE.toString()) as typeof got).accounts);
});

test('where only accounts may offer, the page leads to the login', async () => {
  server.create = 'accounts';
  await desk.page.goto(`${base}/handoff`);
  await heading(desk.page, 'Bitte melden Sie sich erst an');
  expect(await desk.page.getByRole('link', { name: 'Anmelden' }).getAttribute('href')).toBe('/login?to=/handoff');
  await accessible(desk.page);
});

test('settings of a later version are shown as far as they go, those of another major are saved as they are', async () => {
  await take(phone.page, await offer(desk.page, base, Buffer.from(BUNDLE.toString().replace('"version": "1.0"', '"version": "1.9"'))));
  await phone.page.getByRole('button', { name: 'Auf diesem Gerät übernehmen' }).waitFor();
  await desk.page.getByRole('button', { name: 'Noch etwas übergeben' }).click();
  await choose(desk.page, Buffer.from(BUNDLE.toString().replace('"version": "1.0"', '"version": "2.0"')));
  await take(phone.page, await codeOn(desk.page));
  await phone.page.getByText('hat ein neueres Programm gemacht').waitFor();
  expect((await saved(phone.page, () => phone.page.getByRole('button', { name: 'Speichern', exact: true }).click())).name).toBe(BUNDLE_NAME);
});

test('the explaining page needs nothing but itself', async () => {
  await desk.page.goto(`${base}/handoff/how`);
  await heading(desk.page, 'So funktioniert die Übergabe');
  await accessible(desk.page);
  expect(server.asked.filter((asked) => asked.includes('/api/'))).toEqual(['GET /api/v1/info']);
});

test('the keyboard alone goes all the way', async () => {
  const url = await offer(desk.page, base);
  const { page } = phone;
  await page.goto(url);
  await page.getByRole('button', { name: 'Abholen' }).waitFor();
  const reach = async (name: RegExp): Promise<void> => {
    for (let step = 0; step < 30; step += 1) {
      await page.keyboard.press('Tab');
      const label = await page.evaluate(() => {
        const here = document.activeElement;
        const field = here instanceof HTMLInputElement || here instanceof HTMLSelectElement ? (here.labels?.[0]?.textContent ?? '') : '';
        return field || (here?.getAttribute('aria-label') ?? here?.textContent ?? '');
      });
      if (name.test(label.trim())) return;
    }
    throw new Error(`the keyboard does not reach ${name}`);
  };
  await reach(/^Abholen/);
  await page.keyboard.press('Enter');
  await heading(page, 'Das ist für Sie angekommen');
  await reach(/^Konten/);
  await page.keyboard.press('Space');
  await page.keyboard.press('Space');
  await reach(/^Auf diesem Gerät übernehmen/);
  const file = await saved(page, () => page.keyboard.press('Enter'));
  expect(file.bytes).toEqual(golden('k9s')['mail.k9s']);
});
