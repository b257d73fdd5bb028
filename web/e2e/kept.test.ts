/** Level 2, from the link to the inbox: kept there, answered, and opened by nobody else's account. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessible, hash, launch, random, saved } from './browser.ts';
import { fillLogin, send } from './member.ts';
import { allLevels, invited, loggedIn, PASSWORD, SEALPASS, unlock } from './people.ts';
import { ANNA, linkIn, type Server } from './server.ts';

let browser: Browser;
let server: Server;

const OWN = { DEPESCHE_SEALPASS: SEALPASS.anna };
const note = { 'note.txt': new TextEncoder().encode('hello') };

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), allLevels()]);
});
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });

/** A delivery of level 2, and an account for whom it was sent to. */
async function sentTo(email: string, name: string, files: Record<string, Uint8Array>, sealPass: boolean, subject = 'Plan'): Promise<{ link: string; id: string }> {
  const sent = await server.send(files, ['--level', '2', '--subject', subject], [email]);
  await server.run(email, ['register', sent.link, '--email', email]);
  await invited(server, email, name, sealPass);
  return sent;
}

test('who is logged in opens with one tap, and is never asked to log in again', async () => {
  const email = 'gesa@example.test';
  const { link } = await sentTo(email, 'Gesa', note, true);
  const { id } = await server.send(note, ['--level', '3', '--subject', 'Versiegelt'], [email], OWN);
  const gesa = await loggedIn(browser, server, email, PASSWORD);
  const { page } = gesa;
  await page.goto(link);
  await page.getByText('Sie sind angemeldet. Ein Klick öffnet sie.').waitFor();
  expect(await page.getByRole('button', { name: 'Anmelden' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await page.getByRole('button', { name: 'note.txt speichern' }).waitFor();
  // What is sealed to the person has no key in its link: it is in the inbox.
  await page.goto(`${server.url}/d/${id}`);
  await page.getByRole('heading', { name: 'Wartet auf die Freigabe' }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/received/${id}`);
  expect(gesa.complaints).toEqual([]);
  await gesa.context.close();
});

test('level 2 is kept in the inbox by a SealPass, and then needs no link', async () => {
  const email = 'greta@example.test';
  const plan = random(50_000);
  const { link, id } = await sentTo(email, 'Greta', { 'plan.pdf': plan }, true);
  const greta = await loggedIn(browser, server, email, PASSWORD);
  const { page } = greta;
  await page.goto(link);
  await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await page.getByRole('button', { name: 'In „Empfangen“ behalten, mit SealPass' }).click();
  await unlock(page, SEALPASS.guest);
  await page.getByRole('button', { name: 'plan.pdf speichern' }).waitFor();
  await accessible(page);
  await greta.context.close();
  // Another browser has no link.
  const again = await loggedIn(browser, server, email, PASSWORD);
  await again.page.getByRole('link', { name: /Anna Keller/ }).click();
  await again.page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await unlock(again.page, SEALPASS.guest);
  const { bytes } = await saved(again.page, () => again.page.getByRole('button', { name: 'plan.pdf speichern' }).click());
  expect(hash(bytes)).toBe(hash(plan));
  expect(new URL(again.page.url()).pathname).toBe(`/received/${id}`);
  expect([...greta.complaints, ...again.complaints]).toEqual([]);
  await again.context.close();
});

test('a level-3 delivery that was opened is found again after logging in anew', async () => {
  const email = 'gustav@example.test';
  const plan = random(20_000);
  const { id } = await server.send({ 'plan.pdf': plan }, ['--level', '3', '--subject', 'Versiegelter Plan'], [email], OWN);
  await invited(server, email, 'Gustav');
  await server.run('anna', ['release', id], OWN);
  for (const visit of [1, 2]) {
    const gustav = await loggedIn(browser, server, email, PASSWORD);
    const { page } = gustav;
    await page.getByLabel('In Betreffen suchen').fill('versiegelter');
    await page.getByRole('link', { name: visit === 1 ? /Ungelesen: Versiegelter Plan/ : /^Versiegelter Plan/ }).click();
    await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
    await unlock(page, SEALPASS.guest);
    const { bytes } = await saved(page, () => page.getByRole('button', { name: 'plan.pdf speichern' }).click());
    expect(hash(bytes)).toBe(hash(plan));
    await page.getByRole('button', { name: 'Abmelden' }).click();
    await page.getByRole('button', { name: 'Anmelden', exact: true }).waitFor();
    expect(gustav.complaints).toEqual([]);
    await gustav.context.close();
  }
});

test('a link that another account opens: it is told whose browser this is, and the right one goes on', async () => {
  const email = 'ida@example.test';
  const { link } = await sentTo(email, 'Ida', note, false);
  const bob = await loggedIn(browser, server, ANNA.email, ANNA.password, '/sent');
  const { page } = bob;
  await page.goto(link);
  await page.getByText(`Sie sind als ${ANNA.email} angemeldet. Dieser Link ging an eine andere Adresse.`).waitFor();
  // Neither whom it went to nor what is in it.
  const shown = await page.locator('body').innerText();
  for (const secret of [email, 'note.txt', 'Plan']) expect(shown).not.toContain(secret);
  await accessible(page);
  await page.getByRole('button', { name: 'Mit anderem Konto anmelden' }).click();
  await fillLogin(page, PASSWORD, email);
  await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await page.getByRole('button', { name: 'note.txt speichern' }).waitFor();
  expect(bob.complaints).toEqual([]);
  await bob.context.close();
});

test('a guest without a SealPass answers at level 2 and at level 1, to the sender alone', async () => {
  const email = 'hugo@example.test';
  const second = await sentTo(email, 'Hugo Hase', note, false, 'Zweitens');
  const first = await server.send(note, ['--level', '1', '--subject', 'Erstens'], [email]);
  const hugo = await loggedIn(browser, server, email, PASSWORD);
  const { page } = hugo;
  const levels = [[2, second, 'Zweitens'], [1, first, 'Erstens']] as const;
  for (const [level, { id, link }, subject] of levels) {
    if (level === 2) {
      await page.goto(link);
      await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
      await page.getByRole('button', { name: 'Antworten' }).click();
    } else {
      await page.goto(`${server.url}/received/${id}`);
      await page.getByRole('link', { name: 'Antworten' }).click();
    }
    await page.getByRole('heading', { name: 'Antwort an Dr. Anna Keller' }).waitFor();
    await page.getByRole('textbox', { name: 'Nachricht' }).fill(`Antwort auf Stufe ${level}`);
    expect(await page.locator(`input[type=radio][value="${level}"]`).isChecked()).toBe(true);
    if (level === 2) expect(await page.locator('input[type=radio][value="1"]').isDisabled()).toBe(true);
    await accessible(page);
    await send(page);
    await page.getByRole('heading', { name: 'Gesendet' }).waitFor();
    await accessible(page);
    const mail = await server.mailTo(ANNA.email, (one) => `${one.subject} ${one.text}`.includes(subject));
    const got = await server.run('anna', ['fetch', linkIn(mail), '--out', server.folder({})]);
    expect(got.message).toBe(`Antwort auf Stufe ${level}`);
  }
  expect(hugo.complaints).toEqual([]);
  await hugo.context.close();
});

test('a guest gets no page for a delivery of his own, which the server would refuse', async () => {
  const email = 'hedi@example.test';
  await sentTo(email, 'Hedi', note, false);
  const hedi = await loggedIn(browser, server, email, PASSWORD, '/new');
  await hedi.page.getByRole('heading', { name: 'Empfangen' }).waitFor();
  expect(await hedi.page.getByRole('link', { name: 'Neue Zustellung' }).count()).toBe(0);
  await hedi.context.close();
});
