/** The pages of protected mail as built, in a real Chromium, behind the real policies. */
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessible, launch, random as bytes, visitor, type Visitor } from '../../e2e/browser.ts';
import { deriveCredential } from '../../src/pdfkey/credential.ts';
import { fromText, toText } from '../../src/seal/format.ts';
import { random } from '../../src/seal/primitives.ts';
import { ANSWERED, MailSite, MARIA } from './support/mail-site.ts';

const PASSWORD = 'kiefer tasse mond regal uhrwerk';
/** From when on a slow machine may have fetched the word lists. */
const SLOW = { timeout: 30_000 };

let browser: Browser;
let site: MailSite;
let base: string;
let maria: Visitor;
let page: Page;

beforeAll(async () => { browser = await launch(); });
afterAll(() => browser.close());
beforeEach(async () => {
  site = new MailSite();
  base = await site.listen();
  maria = await visitor(browser);
  ({ page } = maria);
});
afterEach(async () => {
  expect(maria.complaints).toEqual([]);
  await maria.context.close();
  await site.close();
});

const heading = (name: string): Promise<void> => page.getByRole('heading', { name, exact: true }).waitFor();
const openPassword = async (): Promise<void> => {
  await page.goto(`${base}/p/${site.token}`);
  await page.getByLabel('Passwort', { exact: true }).waitFor();
};
const openReply = async (): Promise<void> => {
  await page.goto(`${base}/r/${site.token}#${site.fragment}`);
  await heading('Ihre Antwort');
};

test('a password becomes sixteen credentials, each of which opens with it; the password itself stays here', async () => {
  await openPassword();
  await page.getByText('Dr. Anna Keller hat Ihnen geschützt geschrieben.').waitFor();
  await accessible(page);
  await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD);
  await page.getByText(/^(Stark|Sehr stark)/).waitFor(SLOW);
  await page.getByLabel('Noch einmal').fill(PASSWORD);
  await accessible(page);
  await page.getByRole('button', { name: 'Passwort festlegen' }).click();
  await heading('Fertig');
  await page.getByText('2 Nachrichten sind unterwegs.').waitFor();
  await accessible(page);
  expect(site.sets).toHaveLength(16);
  expect(new Set(site.sets.flatMap(({ user, key }) => [user, key])).size).toBe(32);
  for (const { user, key } of site.sets) {
    const u = fromText(user, 48);
    expect(await deriveCredential(PASSWORD, { validation: u.slice(32, 40), key: u.slice(40) })).toEqual({ user: u, key: fromText(key, 32) });
  }
  expect(site.bodies.join('')).not.toContain('kiefer');
});

test('what is weak, differs or would lock somebody out of a reader is said and not taken', async () => {
  await openPassword();
  const field = page.getByLabel('Passwort', { exact: true });
  const set = page.getByRole('button', { name: 'Passwort festlegen' });
  await set.click();
  await page.getByText('Bitte geben Sie ein Passwort ein.').waitFor();
  for (const [typed, said] of [
    ['kiefer', 'Das lässt sich noch leicht raten.'],
    ['kiefer tasse mond regal', 'Das lässt sich noch leicht raten.'],
    ['wir gehen heute abend ins kino', 'Das lässt sich noch leicht raten.'],
    [`${PASSWORD}🔑`, 'Manche PDF-Programme können eines dieser Zeichen nicht.'],
    [` ${PASSWORD}`, 'Am Anfang oder am Ende steht ein Leerzeichen.'],
    ['ü'.repeat(33), 'Zu lang für manche PDF-Programme'],
  ] as const) {
    await field.fill(typed);
    await page.getByLabel('Noch einmal').fill(typed);
    await page.getByText(said).waitFor(SLOW);
    await set.click();
  }
  await field.fill(PASSWORD);
  await page.getByLabel('Noch einmal').fill(`${PASSWORD}x`);
  await page.getByText('Die beiden Eingaben sind noch verschieden.').waitFor();
  await set.click();
  await accessible(page);
  expect(site.sets).toEqual([]);
});

test('a suggestion is shown, is strong, and is another each time', async () => {
  await openPassword();
  const field = page.getByLabel('Passwort', { exact: true });
  await page.getByRole('button', { name: 'Vorschlag' }).click();
  await page.getByText(/^(Stark|Sehr stark)/).waitFor(SLOW);
  const first = await field.inputValue();
  expect(first).toMatch(/^[a-z]+( [a-z]+){4}$/);
  expect(await field.getAttribute('type')).toBe('text');
  await page.getByRole('button', { name: 'Andere vorschlagen' }).click();
  await expect.poll(() => field.inputValue()).not.toBe(first);
  const typed = await field.inputValue();
  await page.getByLabel('Noch einmal').fill(typed);
  await page.getByRole('button', { name: 'Passwort festlegen' }).click();
  await heading('Fertig');
});

test('a lost answer is asked for again with the same credentials', async () => {
  await openPassword();
  await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD);
  await page.getByText(/^(Stark|Sehr stark)/).waitFor(SLOW);
  await page.getByLabel('Noch einmal').fill(PASSWORD);
  site.instead = (path) => (path.endsWith('/set') ? 'cut' : undefined);
  const set = page.getByRole('button', { name: 'Passwort festlegen' });
  await set.click();
  await page.getByText('Der Server ist gerade nicht zu erreichen.').waitFor();
  const sent = site.bodies.filter((body) => body.includes('sets'));
  site.instead = () => undefined;
  await set.click();
  await heading('Fertig');
  expect(site.bodies.filter((body) => body.includes('sets')).at(-1)).toBe(sent[0]);
});

test('changing says what happens to old PDFs', async () => {
  site.purpose = 'change';
  await openPassword();
  await page.getByText('PDFs, die Sie schon haben, öffnen Sie weiter mit dem alten Passwort.').waitFor();
  await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD);
  await page.getByText(/^(Stark|Sehr stark)/).waitFor(SLOW);
  await page.getByLabel('Noch einmal').fill(PASSWORD);
  await page.getByRole('button', { name: 'Passwort festlegen' }).click();
  await page.getByText('Das neue Passwort gilt ab jetzt.').waitFor();
});

test('a link that is over or used asks for a new one; without a link the address does', async () => {
  await page.goto(`${base}/p/${toText(random(16))}`);
  await heading('Dieser Link gilt nicht mehr');
  await accessible(page);
  await page.getByRole('button', { name: 'Neuen Link schicken' }).click();
  await heading('Sehen Sie in Ihr Postfach');
  await page.getByRole('link', { name: 'Es kommt nichts an? Geben Sie Ihre Adresse ein.' }).click();
  await heading('Passwort für geschützte Post ändern');
  await accessible(page);
  await page.getByRole('button', { name: 'Neuen Link schicken' }).click();
  await page.getByText('Bitte geben Sie Ihre E-Mail-Adresse ein.').waitFor();
  await page.getByLabel('Ihre E-Mail-Adresse').fill(MARIA);
  await page.getByRole('button', { name: 'Neuen Link schicken' }).click();
  await page.getByText(`Ging an ${MARIA} schon einmal geschützte Post`).waitFor();
  expect(JSON.parse(site.bodies.at(-1) ?? '')).toEqual({ email: MARIA, language: 'de' });
  site.sets = [{ user: '', key: '' }];
  await page.goto(`${base}/p/${site.token}`);
  await heading('Mit diesem Link wurde schon ein Passwort festgelegt');
});

test('a reply with files is sealed to the key that the PDF names, and to no other', async () => {
  await openReply();
  expect(page.url()).toBe(`${base}/r/${site.token}`);
  await accessible(page);
  expect(await page.getByLabel('Betreff').inputValue()).toBe('Re: Kaufvertrag Lindenhof 4');
  await page.getByLabel('Nachricht', { exact: true }).fill('Guten Tag Frau Dr. Keller,\n\nanbei die Vollmacht.');
  const [large, small] = [bytes(9_000_000), bytes(3000)];
  await page.locator('input[type=file]').first().setInputFiles([
    { name: 'Vollmacht ěšč.pdf', mimeType: 'application/pdf', buffer: Buffer.from(large) }, { name: 'Ausweis.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(small) },
  ]);
  await page.getByText('Ausweis.jpg').waitFor();
  await page.getByText('Die Nachricht, auf die Sie antworten').click();
  await page.getByText('bitte prüfen Sie § 4.').waitFor();
  await accessible(page);
  await page.getByRole('button', { name: 'Antwort senden' }).click();
  await heading('Ihre Antwort ist unterwegs');
  await accessible(page);
  const [draft] = [...site.drafts.values()];
  if (draft === undefined) throw new Error('nothing arrived');
  const { manifest, outside, files } = await site.open(draft);
  expect({ outside, level: draft.level, sender: manifest.sender.address, subject: manifest.subject }).toEqual({ outside: true, level: 1, sender: MARIA, subject: 'Re: Kaufvertrag Lindenhof 4' });
  expect(manifest.body).toMatch(/^Guten Tag Frau Dr\. Keller,\n\nanbei die Vollmacht\.\n\nAm .* schrieb Dr\. Anna Keller:\n> Guten Tag Frau Huber,\n>\n> bitte prüfen Sie § 4\.\n$/);
  expect(Buffer.from(files.get('Vollmacht ěšč.pdf') ?? []).equals(Buffer.from(large))).toBe(true);
  expect(Buffer.from(files.get('Ausweis.jpg') ?? []).equals(Buffer.from(small))).toBe(true);
  // The same link once more: another parcel.
  await page.getByRole('button', { name: 'Noch eine Antwort schreiben' }).click();
  await page.getByLabel('Nachricht', { exact: true }).fill('Noch etwas.');
  await page.getByText('Die Nachricht, auf die Sie antworten').click();
  await page.getByLabel('Unter meiner Antwort mitschicken').uncheck();
  await page.getByRole('button', { name: 'Antwort senden' }).click();
  await heading('Ihre Antwort ist unterwegs');
  const second = [...site.drafts.values()][1];
  expect(second && (await site.open(second)).manifest.body).toBe('Noch etwas.');
});

test('a server that hands out another key than the PDF names gets nothing', async () => {
  await site.quote(random(32));
  await page.goto(`${base}/r/${site.token}#${site.fragment}`);
  await heading('Das ließ sich nicht öffnen');
  expect(site.asked.filter((asked) => asked.includes('/parcels/'))).toEqual([]);
});

test('a cut or mangled link says so; %23 is repaired; a reload goes on with what was written', async () => {
  await page.goto(`${base}/r/${site.token}`);
  await heading('Dieser Link ist nicht vollständig');
  await accessible(page);
  await page.goto(`${base}/r/${site.token}#${site.fragment.slice(0, -3)}`);
  await heading('Dieser Link ist nicht vollständig');
  await page.goto(`${base}/r/${toText(random(16))}#${site.fragment}`);
  await heading('Diesen Link kennen wir nicht');
  await page.goto(`${base}/r/${site.token}%23${site.fragment}`);
  await heading('Ihre Antwort');
  expect(page.url()).toBe(`${base}/r/${site.token}`);
  await page.getByLabel('Nachricht', { exact: true }).fill('Ein halber Satz');
  await page.locator('input[type=file]').first().setInputFiles([{ name: 'Plan.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(bytes(2_000_000)) }]);
  await page.getByText('Geprüft und vollständig').waitFor({ state: 'attached' });
  await page.reload();
  await heading('Ihre Antwort');
  await expect.poll(() => page.getByLabel('Nachricht', { exact: true }).inputValue()).toBe('Ein halber Satz');
  await page.getByText('Plan.bin').waitFor();
});

test('nothing to send is said; a lost connection goes on by itself', async () => {
  await openReply();
  await page.getByRole('button', { name: 'Antwort senden' }).click();
  await page.getByText('Schreiben Sie etwas oder fügen Sie eine Datei hinzu.').waitFor();
  await page.getByLabel('Nachricht', { exact: true }).fill('Danke.');
  let lost = 0;
  site.instead = (path) => (path.endsWith('/post') && (lost += 1) === 1 ? 'cut' : undefined);
  await page.getByRole('button', { name: 'Antwort senden' }).click();
  await heading('Ihre Antwort ist unterwegs');
  expect(lost).toBe(2);
});

test('a scanner that runs the pages and clicks nothing changes nothing', async () => {
  await openPassword();
  await openReply();
  expect(site.asked.filter((asked) => !asked.endsWith('/info')).map((asked) => asked.replace(site.token, 'TOKEN'))).toEqual(['POST /api/v1/pdf-passwords/look', 'POST /api/v1/replies/TOKEN/look']);
});

test('what is answered fits: the pages hold at 320 pixels, in each language, light and dark, by keyboard', async () => {
  await page.setViewportSize({ width: 320, height: 700 });
  for (const [language, title] of [['en', 'A password for protected mail'], ['cs', 'Heslo pro chráněnou poštu'], ['de', 'Ein Passwort für geschützte Post']] as const) {
    await page.emulateMedia({ colorScheme: language === 'de' ? 'dark' : 'light' });
    await page.goto(`${base}/p/${site.token}`);
    await page.getByRole('combobox').selectOption(language);
    await heading(title);
    await accessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  }
  await openReply();
  await accessible(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await page.getByLabel('Nachricht', { exact: true }).focus();
  await page.keyboard.type('Danke.');
  for (let tab = 0; tab < 8 && !(await page.getByRole('button', { name: 'Antwort senden' }).evaluate((node) => node === document.activeElement)); tab += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await heading('Ihre Antwort ist unterwegs');
  expect(ANSWERED.from.email).toBe('anna@example.test');
});
