/** From a desk to a phone through the program as it ships: one scan, once, and nothing left. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ANDROID, BUNDLE, choose, codeOn, golden, IPHONE, offer, take, typedOn, wordsOn } from '../test/node/support/handoff-steps.ts';
import { accessible, FLAGS, launch, random, saved, visitor, type Visitor } from './browser.ts';
import { Server } from './server.ts';

let browser: Browser;
let server: Server;
let desk: Visitor;
let phone: Visitor;

beforeAll(async () => { [browser, server] = await Promise.all([launch(), Server.start()]); });
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });
beforeEach(async () => { [desk, phone] = await Promise.all([visitor(browser), visitor(browser, ANDROID)]); });
afterEach(async () => {
  expect([...desk.complaints, ...phone.complaints]).toEqual([]);
  await Promise.all([desk.context.close(), phone.context.close()]);
});

const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { name, exact: true }).waitFor();
const importing = (page: Page): Promise<void> => page.getByRole('button', { name: /^(Auf diesem Gerät übernehmen|Als Datei speichern)$/ }).click();

test('one scan: every download on the phone equals its golden file, and both screens show the same words', async () => {
  const url = await offer(desk.page, server.url);
  await accessible(desk.page);
  await take(phone.page, url);
  await accessible(phone.page);
  await heading(desk.page, 'Übergeben');
  expect(await wordsOn(phone.page)).toBe(await wordsOn(desk.page));
  for (const [target, name] of [
    ['k9s', 'Thunderbird für Android'], ['vcard', 'Kontakte (vCard)'], ['quicktext', 'Quicktext, das Add-on'], ['sieve', 'Regeln auf dem Server (Sieve)'],
    ['mobileconfig', 'Mail auf iPhone und iPad'], ['bundle', 'Alles, für einen anderen Rechner'],
  ] as const) {
    await phone.page.getByLabel('Übernehmen nach').selectOption({ label: name });
    const file = await saved(phone.page, () => importing(phone.page));
    expect({ [file.name]: file.bytes }).toEqual(golden(target));
    await phone.page.getByRole('button', { name: 'Noch etwas davon übernehmen' }).click();
  }
  // Once only: whoever scans it now is told.
  const late = await visitor(browser, ANDROID);
  await late.page.goto(url);
  await heading(late.page, 'Schon übernommen');
  await accessible(late.page);
  await late.context.close();
});

test('an iPhone gets the profile without the server seeing it', async () => {
  const iphone = await visitor(browser, IPHONE);
  await take(iphone.page, await offer(desk.page, server.url));
  const profile = await saved(iphone.page, () => importing(iphone.page));
  expect(profile.bytes).toEqual(golden('mobileconfig')['mail.mobileconfig']);
  expect((await fetch(`${server.url}/profile/0/mail.mobileconfig`)).status).toBe(404);
  expect(iphone.complaints).toEqual([]);
  await iphone.context.close();
});

test('any file of megabytes comes as it was', async () => {
  const bytes = random(3_000_000);
  await take(phone.page, await offer(desk.page, server.url, bytes, 'Plan.bin', 'application/octet-stream'));
  const file = await saved(phone.page, () => phone.page.getByRole('button', { name: 'Speichern', exact: true }).click());
  expect(file.bytes.equals(bytes)).toBe(true);
});

test('six typed words instead of a camera', async () => {
  await offer(desk.page, server.url);
  await phone.page.goto(`${server.url}/h`);
  await phone.page.getByLabel('Sechs Wörter').fill(await typedOn(desk.page));
  await phone.page.getByRole('button', { name: 'Weiter' }).click();
  await phone.page.getByRole('button', { name: 'Abholen' }).click();
  await heading(phone.page, 'Das ist für Sie angekommen');
  await heading(desk.page, 'Übergeben');
});

test('the reverse: the new device shows the code', async () => {
  await phone.page.goto(`${server.url}/h`);
  await phone.page.getByRole('button', { name: 'Hier einen Code zeigen' }).click();
  await desk.page.goto(await codeOn(phone.page));
  await choose(desk.page, BUNDLE);
  await heading(phone.page, 'Das ist für Sie angekommen');
  await heading(desk.page, 'Übergeben');
  expect(await wordsOn(phone.page)).toBe(await wordsOn(desk.page));
});

test('two devices race for one handoff: one import', async () => {
  const url = await offer(desk.page, server.url);
  const others = await Promise.all([1, 2, 3].map(() => visitor(browser, ANDROID)));
  const pages = [phone, ...others].map(({ page }) => page);
  await Promise.all(pages.map((page) => page.goto(url)));
  await Promise.all(pages.map((page) => page.getByRole('button', { name: 'Abholen' }).waitFor()));
  await Promise.all(pages.map((page) => page.getByRole('button', { name: 'Abholen' }).click()));
  const ends = await Promise.all(pages.map((page) => page.getByRole('heading', { name: /angekommen|Schon übernommen|holt es gerade/ }).innerText()));
  expect(ends.filter((end) => end === 'Das ist für Sie angekommen')).toHaveLength(1);
  await Promise.all(others.map(({ context }) => context.close()));
});

test('cancelled by the source', async () => {
  const url = await offer(desk.page, server.url);
  await phone.page.goto(url);
  await phone.page.getByRole('button', { name: 'Abholen' }).waitFor();
  await desk.page.getByRole('button', { name: 'Abbrechen' }).click();
  await heading(desk.page, 'Abgebrochen');
  await phone.page.getByRole('button', { name: 'Abholen' }).click();
  await heading(phone.page, 'Am anderen Gerät abgebrochen');
});

/** As a mail scanner does: opens what it finds, follows it, clicks around; with another browser's mark. */
async function scanner(options: BrowserContextOptions, url: string): Promise<void> {
  const scanning = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
  try {
    const context = await scanning.newContext(options);
    const page = await context.newPage();
    for (const address of [url, url.replace('#', '%23'), url.split('#')[0] ?? '']) {
      await page.goto(address);
      await page.waitForLoadState('networkidle');
    }
    for (const method of ['GET', 'HEAD']) await fetch(url, { method });
  } finally {
    await scanning.close();
  }
}

test.each([['without', false], ['with', true]])('a scanner %s JavaScript opens the address and uses nothing up', async (_, javaScriptEnabled) => {
  const url = await offer(desk.page, server.url);
  await scanner({ javaScriptEnabled }, url);
  await desk.page.getByText('Wartet auf den Scan').waitFor();
  await take(phone.page, url);
});

test('the command line offers, a phone takes', async () => {
  const folder = server.folder({ 'settings.depesche-settings.json': BUNDLE });
  const said = await server.run('desk', ['handoff', join(folder, 'settings.depesche-settings.json')]);
  await take(phone.page, said.url as string);
  const file = await saved(phone.page, () => importing(phone.page));
  expect(file.bytes).toEqual(golden('k9s')['mail.k9s']);
});

test('the page offers, the command line takes', async () => {
  const url = await offer(desk.page, server.url);
  const out = server.folder({});
  await server.run('other', ['import', url, '--out', out]);
  await heading(desk.page, 'Übergeben');
  const [name = ''] = readdirSync(out);
  expect(readFileSync(join(out, name))).toEqual(BUNDLE);
});

test('a server that was started again has forgotten it; both sides say so', async () => {
  const url = await offer(desk.page, server.url);
  await server.kill();
  await server.begin();
  await phone.page.goto(url);
  await heading(phone.page, 'Diese Übergabe ist nicht hier');
  await heading(desk.page, 'Es ist nicht mehr da');
});
