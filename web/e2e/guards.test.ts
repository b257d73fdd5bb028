/** What stands between a link and the files, and what a guest is told where there is no way through. */
import type { Browser } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessible, enter, hash, launch, random, saved, visitor, type Visitor } from './browser.ts';
import { linkIn, Server, until } from './server.ts';

let browser: Browser;
let server: Server;
let guest: Visitor;
/** The mailed code as the mail shows it. */
const CODE = /\b\d{4} \d{4}\b/;
const file = { 'vertrag.pdf': random(40_000) };

beforeAll(async () => { [browser, server] = await Promise.all([launch(), Server.start()]); });
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });
beforeEach(async () => { guest = await visitor(browser); });
afterEach(async () => {
  expect(guest.complaints).toEqual([]);
  await guest.context.close();
});

const open = (name = 'Öffnen') => guest.page.getByRole('button', { name, exact: true }).click();

async function savesIt(): Promise<void> {
  const { bytes } = await saved(guest.page, () => guest.page.getByRole('button', { name: 'vertrag.pdf speichern' }).click());
  expect(hash(bytes)).toBe(hash(file['vertrag.pdf']));
}

test('a password: what is sealed shows nothing, a slip is told, the right one opens', async () => {
  const password = { DEPESCHE_LINK_PASSWORD: 'Flieder 17 äöü' };
  const { link } = await server.send(file, ['--link-password', '--subject', 'Geheim'], undefined, password);
  const { page } = guest;
  await page.goto(link);
  await page.getByLabel('Passwort', { exact: true }).waitFor();
  expect(await page.getByText('vertrag.pdf').count()).toBe(0);
  expect(await page.getByText('Geheim').count()).toBe(0);
  await accessible(page);
  await page.getByLabel('Ihre E-Mail-Adresse').fill('huber@example.test');
  await open();
  await page.getByText('Bitte geben Sie das Passwort ein.').waitFor();
  await page.getByLabel('Passwort', { exact: true }).fill('Flieder 18 äöü');
  await open();
  await page.getByText(/Noch 4 Versuche, dann \d+ Minuten? Pause\./).waitFor();
  await accessible(page);
  await page.getByLabel('Passwort', { exact: true }).fill('Flieder 17 äöü');
  await open();
  await page.getByRole('heading', { name: 'Geheim' }).waitFor();
  await savesIt();
});

test('too many wrong passwords make a pause, and the link stays as good as it was', async () => {
  const { link, id } = await server.send(file, ['--link-password'], undefined, { DEPESCHE_LINK_PASSWORD: 'richtig' });
  const { page } = guest;
  await page.goto(link);
  await page.getByLabel('Ihre E-Mail-Adresse').fill('huber@example.test');
  for (const left of [4, 3, 2, 1, 0]) {
    await page.getByLabel('Passwort', { exact: true }).fill(`falsch ${left}`);
    await open();
    await page.getByText(left > 0 ? new RegExp(`Noch ${left} Versuche?,`) : /Zu viele Versuche\. Bitte warten Sie/).waitFor();
  }
  await accessible(page);
  expect((await server.show(id)).recipients).toMatchObject([{ taken: 0, visits: [] }]);
});

test('a mailed code: it goes to the recipient alone, and opens', async () => {
  const { link } = await server.send(file, ['--mailed-code'], ['code@example.test']);
  const { page } = guest;
  await page.goto(link);
  await enter(page, 'code@example.test');
  await page.getByRole('heading', { name: 'Geben Sie den Code aus der Mail ein' }).waitFor();
  await accessible(page);
  const mail = await server.mailTo('code@example.test', ({ text }) => CODE.test(text));
  const code = CODE.exec(mail.text)?.[0] ?? '';
  await page.getByLabel('Code', { exact: true }).fill(code.replace(/.$/, (last) => String((Number(last) + 1) % 10)));
  await open();
  await page.getByText('Dieser Code passt nicht.').waitFor();
  await accessible(page);
  await page.getByLabel('Code', { exact: true }).fill(code);
  await open();
  await savesIt();
});

test('a foreign address is told the same and gets no code', async () => {
  const { link } = await server.send(file, ['--mailed-code'], ['only-me@example.test']);
  const { page } = guest;
  await page.goto(link);
  await enter(page, 'stranger@example.test');
  await page.getByRole('heading', { name: 'Geben Sie den Code aus der Mail ein' }).waitFor();
  await server.mailTo('only-me@example.test');
  expect((await server.mails()).filter(({ to }) => to === 'stranger@example.test')).toEqual([]);
});

test('a used up limit is told, with the way to ask for it again', async () => {
  const { link } = await server.send(file, ['--max-downloads', '1']);
  const { page } = guest;
  await page.goto(link);
  await enter(page);
  await page.getByText('Lässt sich noch 1 Mal speichern.').waitFor();
  await savesIt();
  await page.getByText('Alles ist gespeichert').waitFor();

  const late = await visitor(browser);
  await late.page.goto(link);
  await enter(late.page);
  await late.page.getByRole('heading', { name: 'Diese Zustellung wurde schon gespeichert' }).waitFor();
  const ask = late.page.getByRole('link', { name: 'Um neue Zusendung bitten' });
  expect(await ask.getAttribute('href')).toMatch(/^mailto:anna@example\.test\?subject=/);
  await accessible(late.page);
  await late.context.close();
  // Who has saved it goes on reading, and saves again as long as the visit lasts.
  const again = await saved(page, () => page.getByRole('button', { name: 'Speichern (40 KB)' }).click());
  expect(hash(again.bytes)).toBe(hash(file['vertrag.pdf']));
});

test('withdrawn while it is open, and before', async () => {
  const { link, id } = await server.send(file);
  const { page } = guest;
  await page.goto(link);
  await page.getByText('vertrag.pdf').waitFor();
  await server.run('anna', ['withdraw', id]);
  await enter(page);
  await page.getByText('Dr. Anna Keller hat diese Zustellung zurückgezogen.').waitFor();
  await accessible(page);
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByText('Dr. Anna Keller hat diese Zustellung zurückgezogen.').waitFor();
});

test('expired: until when it was there, and whom to ask', async () => {
  const { link, id } = await server.send(file, ['--expires', '1s']);
  await until('the end', async () => ((await server.show(id)).recipients[0]?.state === 'expired' ? true : undefined));
  const { page } = guest;
  await page.goto(link);
  await page.getByText(/Sie war bis .* bereit, danach wurden die Dateien gelöscht\./).waitFor();
  expect(await page.getByRole('link', { name: 'Um neue Zusendung bitten' }).getAttribute('href')).toMatch(/^mailto:anna@example\.test/);
  await accessible(page);
});

test('a link whose key was cut off asks for the code of the mail', async () => {
  await server.send(file, [], ['cut@example.test']);
  const mail = await server.mailTo('cut@example.test');
  const code = /^([a-z2-7]{4}-){8}[a-z2-7]$/m.exec(mail.text)?.[0] ?? '';
  const { page } = guest;
  await page.goto(linkIn(mail).split('#')[0] ?? '');
  const field = page.getByLabel('Code', { exact: true });
  await field.waitFor();
  await accessible(page);
  await field.fill(code.slice(0, 12));
  await open('Weiter');
  await page.getByText('Der Code ist noch nicht vollständig.').waitFor();
  // One letter mistyped: told at once, without asking the server.
  await field.fill(code.replace(/^./, (first) => (first === 'a' ? 'b' : 'a')));
  await open('Weiter');
  await page.getByText(/Vergleichen Sie ihn noch einmal mit der Mail/).waitFor();
  await accessible(page);
  await field.fill(code.replaceAll('-', ' ').toUpperCase());
  await open('Weiter');
  await page.getByText('vertrag.pdf').waitFor();
  await enter(page);
  await savesIt();
});

test('a code of another delivery is told as one', async () => {
  const [first] = [await server.send(file, [], ['one@example.test']), await server.send(file, [], ['two@example.test'])];
  const mail = await server.mailTo('two@example.test');
  const code = /^([a-z2-7]{4}-){8}[a-z2-7]$/m.exec(mail.text)?.[0] ?? '';
  const { page } = guest;
  await page.goto(first.link.split('#')[0] ?? '');
  await page.getByLabel('Code', { exact: true }).fill(code);
  await open('Weiter');
  await page.getByText('Dieser Code öffnet diese Zustellung nicht.').waitFor();
});

test('%23 instead of # opens as well, and the key does not stay in the address', async () => {
  const { link } = await server.send(file);
  const { page } = guest;
  await page.goto(link.replace('#', '%23'));
  await page.getByText('vertrag.pdf').waitFor();
  expect(page.url()).toBe(link.split('#')[0]);
  await enter(page);
  await savesIt();
});

test('a link that nobody knows, and an address that is no page', async () => {
  const { page } = guest;
  await page.goto(`${server.url}/d/AAAAAAAAAAAAAAAAAAAAAA#1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`);
  await page.getByRole('heading', { name: 'Diesen Link kennen wir nicht' }).waitFor();
  await accessible(page);
  await page.goto(`${server.url}/nowhere`);
  await page.getByRole('heading', { name: 'Hier ist keine Seite' }).waitFor();
  await accessible(page);
});
