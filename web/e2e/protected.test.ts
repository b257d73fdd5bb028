/** Protected mail from end to end: an ordinary mail goes in, a password is set in the browser, the PDF comes, is answered, fetched from. */
import type { Browser } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessible, hash, launch, random, saved, visitor, type Visitor } from './browser.ts';
import { fillLogin } from './member.ts';
import { linksOf, pdfIn, post, textOf } from './post.ts';
import { Server, until, type Mail } from './server.ts';

const ANNA = 'Dr. Anna Keller <anna@example.test>';
const PASSWORDS = { maria: 'kiefer tasse mond regal uhrwerk', anna: 'segel lampe garten kreide birne' };

let browser: Browser;
let server: Server;
let person: Visitor;

beforeAll(async () => { [browser, server] = await Promise.all([launch(), Server.start({ demo: true, settings: { DEPESCHE_GATEWAY__LISTEN: '127.0.0.1:0' } })]); });
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });
beforeEach(async () => { person = await visitor(browser); });
afterEach(async () => {
  expect(person.complaints).toEqual([]);
  await person.context.close();
});

/** The password link in the newest mail to somebody. */
async function passwordLink(to: string): Promise<string> {
  const mail = await server.mailTo(to, ({ text }) => text.includes('/p/'));
  return /https?:\/\/\S+\/p\/[\w-]+/.exec(mail.text)?.[0] ?? '';
}

async function setPassword(link: string, password: string): Promise<void> {
  const { page } = person;
  await page.goto(link);
  await page.getByLabel('Passwort', { exact: true }).fill(password);
  await page.getByText(/^(Stark|Sehr stark)/).waitFor({ timeout: 60_000 });
  await page.getByLabel('Noch einmal').fill(password);
  await page.getByRole('button', { name: 'Passwort festlegen' }).click();
  await page.getByRole('heading', { name: 'Fertig' }).waitFor();
}

const carrierTo = (to: string, fits: (mail: Mail) => boolean = () => true): Promise<Mail> => server.mailTo(to, (mail) => pdfIn(mail) !== undefined && fits(mail));

async function protectedTo(to: string, password: string): Promise<{ pdf: Buffer; links: string[] }> {
  const mail = await carrierTo(to);
  const pdf = pdfIn(mail) ?? Buffer.alloc(0);
  return { pdf, links: linksOf(pdf, password) };
}

test('a first mail waits, goes out when the password is set, and is answered and fetched from', async () => {
  const maria = 'maria@beispiel.test';
  const file = random(300_000);
  await post(server.gateway, { from: ANNA, to: [maria], subject: '(Auto) Befund ěšč', text: 'Guten Tag Frau Huber,\r\n\r\nalles in Ordnung.\r\n', files: { 'Befund.bin': file } });
  const link = await passwordLink(maria);
  // A scanner that follows every link changes nothing.
  for (let times = 0; times < 3; times += 1) expect((await fetch(link)).status).toBe(200);

  const { page } = person;
  await page.goto(link);
  await page.getByText('Dr. Anna Keller hat Ihnen geschützt geschrieben.').waitFor();
  await accessible(page);
  await setPassword(link, PASSWORDS.maria);
  await page.getByText('1 Nachricht ist unterwegs.').waitFor();
  await accessible(page);

  const { pdf, links } = await protectedTo(maria, PASSWORDS.maria);
  expect(textOf(pdf, PASSWORDS.maria)).toContain('alles in Ordnung');
  expect(textOf(pdf, PASSWORDS.anna)).toBeUndefined();
  expect(textOf(pdf, '')).toBeUndefined();

  // Attachments.
  const attachment = links.find((one) => one.includes('/a/')) ?? '';
  await page.goto(attachment);
  await page.getByText('Anhänge zur geschützten Nachricht von Dr. Anna Keller.').waitFor();
  expect(page.url()).not.toContain('#');
  await accessible(page);
  await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  const fetched = await saved(page, () => page.getByRole('button', { name: 'Befund.bin speichern' }).click());
  expect(hash(fetched.bytes)).toBe(hash(file));
  await server.mailTo('anna@example.test', ({ text }) => text.includes(maria) && /geladen|fetched/.test(text));

  // The reply.
  const answer = links.find((one) => one.includes('/r/')) ?? '';
  await page.goto(answer.replace('#', '%23'));
  await page.getByRole('heading', { name: 'Ihre Antwort' }).waitFor();
  await accessible(page);
  await page.getByLabel('Nachricht', { exact: true }).fill('Vielen Dank, anbei mein Bild.');
  await page.locator('input[type=file]').first().setInputFiles([{ name: 'Bild.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(file) }]);
  await page.getByRole('button', { name: 'Antwort senden' }).click();
  await page.getByRole('heading', { name: 'Ihre Antwort ist unterwegs' }).waitFor({ timeout: 60_000 });
  await setPassword(await passwordLink('anna@example.test'), PASSWORDS.anna);
  const reply = await protectedTo('anna@example.test', PASSWORDS.anna);
  const text = textOf(reply.pdf, PASSWORDS.anna) ?? '';
  expect(text).toContain('Vielen Dank, anbei mein Bild.');
  expect(text).toContain('alles in Ordnung');
  expect(reply.links.some((one) => one.includes('/a/'))).toBe(true);
  expect(reply.links.some((one) => one.includes('/r/'))).toBe(true);
});

test('a password is changed by the mailed link: later mail opens with the new one alone', async () => {
  const jana = 'jana@beispiel.test';
  await post(server.gateway, { from: ANNA, to: [jana], subject: '(Auto) Eins', text: 'Eins.' });
  await setPassword(await passwordLink(jana), PASSWORDS.maria);
  const first = pdfIn(await carrierTo(jana)) ?? Buffer.alloc(0);
  const { page } = person;
  await page.goto(`${server.url}/p`);
  await page.getByLabel('Ihre E-Mail-Adresse').fill(jana);
  await page.getByRole('button', { name: 'Neuen Link schicken' }).click();
  await page.getByRole('heading', { name: 'Sehen Sie in Ihr Postfach' }).waitFor();
  const old = await passwordLink(jana);
  const link = await until('a new link', async () => {
    const mails = (await server.mails()).filter(({ to, text }) => to === jana && text.includes('/p/'));
    const newest = /https?:\/\/\S+\/p\/[\w-]+/.exec(mails.at(-1)?.text ?? '')?.[0];
    return mails.length > 1 ? newest : undefined;
  });
  await setPassword(link, PASSWORDS.anna);
  await page.getByText('PDFs, die Sie schon haben, öffnen Sie weiter mit dem alten.').waitFor();
  await post(server.gateway, { from: ANNA, to: [jana], subject: '(Auto) Zwei', text: 'Zwei.' });
  const second = pdfIn(await carrierTo(jana, (mail) => !(pdfIn(mail) ?? first).equals(first))) ?? Buffer.alloc(0);
  expect([textOf(first, PASSWORDS.maria) !== undefined, textOf(second, PASSWORDS.maria), textOf(second, PASSWORDS.anna) !== undefined]).toEqual([true, undefined, true]);
  // The link that was used says so.
  await page.goto(link);
  await page.getByRole('heading', { name: 'Mit diesem Link wurde schon ein Passwort festgelegt' }).waitFor();
  expect(old).not.toBe('');
});

test('an administrator sees what waits, and takes it out', async () => {
  const tomas = 'tomas@beispiel.test';
  await post(server.gateway, { from: ANNA, to: [tomas], subject: '(Auto) Wartet', text: 'Wartet.' });
  await passwordLink(tomas);
  const { page } = person;
  await page.goto(`${server.url}/queue`);
  await fillLogin(page);
  await page.getByRole('heading', { name: 'Warteschlange' }).waitFor();
  const row = page.getByRole('listitem').filter({ hasText: tomas });
  await row.getByText('Wartet auf ein Passwort').waitFor();
  await accessible(page);
  await row.getByRole('button', { name: 'Löschen' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Löschen' }).click();
  await row.waitFor({ state: 'detached' });
  await server.mailTo('anna@example.test', ({ raw }) => raw.includes('multipart/report') && raw.includes(tomas));
});

test('an administrator resets a password: later mail waits, and opens with the new one alone', async () => {
  const vera = 'vera@beispiel.test';
  await post(server.gateway, { from: ANNA, to: [vera], subject: '(Auto) Eins', text: 'Eins.' });
  await setPassword(await passwordLink(vera), PASSWORDS.maria);
  const first = pdfIn(await carrierTo(vera)) ?? Buffer.alloc(0);
  const { page } = person;
  await page.goto(`${server.url}/queue`);
  await fillLogin(page);
  const field = page.getByLabel('E-Mail-Adresse');
  await page.getByRole('heading', { name: 'Passwort einer Person für geschützte Post' }).waitFor();
  const reset = page.getByRole('button', { name: 'Passwort zurücksetzen' });
  // A slip is said, before anything is asked of the server; so is an address without a password.
  await field.fill('vera');
  await reset.click();
  await page.getByText('Das @ fehlt noch').waitFor();
  await field.fill('nobody@beispiel.test');
  await reset.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Passwort zurücksetzen' }).click();
  await page.getByText('Für nobody@beispiel.test hat niemand ein Passwort festgelegt.').waitFor();
  await field.fill(vera);
  await reset.click();
  await page.getByRole('dialog').getByText('Neue Mails warten, bis ein neues festgelegt ist').waitFor();
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Passwort zurücksetzen' }).click();
  await page.getByText(`Mit dem Passwort von ${vera} wird nichts mehr verschlossen.`).waitFor();
  await accessible(page);

  await post(server.gateway, { from: ANNA, to: [vera], subject: '(Auto) Zwei', text: 'Zwei.' });
  await page.reload();
  await page.getByRole('listitem').filter({ hasText: vera }).getByText('Wartet auf ein Passwort').waitFor();
  const mail = await server.mailTo(vera, ({ text }) => text.includes('/p/') && /zurückgesetzt|have reset/.test(text));
  await setPassword(/https?:\/\/\S+\/p\/[\w-]+/.exec(mail.text)?.[0] ?? '', PASSWORDS.anna);
  const second = pdfIn(await carrierTo(vera, (one) => !(pdfIn(one) ?? first).equals(first))) ?? Buffer.alloc(0);
  expect([textOf(first, PASSWORDS.maria) !== undefined, textOf(second, PASSWORDS.maria), textOf(second, PASSWORDS.anna) !== undefined]).toEqual([true, undefined, true]);
});
