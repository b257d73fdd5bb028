/** All four levels between people: guests, SealPass, release, claim code, replies, recovery. Two browsers, one server. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessible, hash, launch, random, saved, visitor, type Visitor } from './browser.ts';
import { choose, fillLogin, send, write } from './member.ts';
import { loggedIn, newSecret, PASSWORD, register, registerLink, SEALPASS, setUp, unlock, words } from './people.ts';
import { ANNA, Server } from './server.ts';

let browser: Browser;
let server: Server;
let anna: Visitor;

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Server.start({ demo: true, settings: { DEPESCHE_LEVELS__HIGHEST: '4', DEPESCHE_LEVELS__DEFAULT: '3' } })]);
  anna = await loggedIn(browser, server, ANNA.email, ANNA.password, '/new');
});
afterAll(async () => {
  expect(anna.complaints).toEqual([]);
  await Promise.all([browser.close(), server.stop()]);
});

function disk(files: Record<string, Uint8Array>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'depesche-people-'));
  return Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  });
}

const goTo = (page: Page, name: string): Promise<void> => page.getByRole('navigation').getByRole('link', { name, exact: false }).click();

/** Saves a file of the open letter. */
async function fileOf(page: Page, name: string): Promise<string> {
  const { bytes } = await saved(page, () => page.getByRole('button', { name: `${name} speichern` }).click());
  return hash(bytes);
}

test('level 4 to somebody who has never heard of us: register, set up, compare, release, read, answer, and all back by the kit', async () => {
  const file = random(300_000);
  const answer = random(120_000);
  const { page } = anna;
  // The sender has no SealPass yet: what is written stays while it is set up.
  await write(page, { to: ['carla@example.test'], subject: 'Befund vom Montag', message: 'Guten Tag,\n\nbitte rufen Sie an.', level: 4 });
  await page.getByText('Braucht einmal Ihre Freigabe').waitFor();
  await accessible(page);
  await page.getByRole('link', { name: 'SealPass einrichten' }).click();
  await setUp(page, SEALPASS.anna);
  await page.getByRole('textbox', { name: 'Betreff' }).waitFor();
  expect(await page.getByRole('textbox', { name: 'Betreff' }).inputValue()).toBe('Befund vom Montag');
  await choose(page, disk({ 'befund.pdf': file }));
  await send(page);
  await page.getByText('Wir sagen es Ihnen, sobald Ihre Freigabe gebraucht wird.').waitFor();
  await accessible(page);

  const mail = await server.mailTo('carla@example.test');
  for (const secret of ['Befund', 'bitte rufen', 'befund.pdf']) expect(mail.raw + mail.html + mail.text + mail.subject).not.toContain(secret);
  const carla = await visitor(browser);
  const guest = carla.page;
  await register(guest, registerLink(mail), 'Carla Svoboda');
  await guest.getByText('wartet auf Sie').waitFor();
  await accessible(guest);
  const kit = await setUp(guest, SEALPASS.guest);
  await guest.getByRole('heading', { name: 'Wartet auf die Freigabe' }).waitFor();
  await guest.getByRole('button', { name: 'Wörter zeigen' }).click();
  const own = await words(guest);
  expect(own).toHaveLength(6);
  await accessible(guest);

  // The sender is told by mail and on the page, and sees the same words.
  await server.mailTo(ANNA.email, ({ text }) => text.includes('Carla') || text.includes('carla@example.test'));
  await page.getByRole('link', { name: 'Zustellung zeigen' }).click();
  await page.getByText('1 Person wartet auf Ihre Freigabe').waitFor();
  await page.getByRole('button', { name: 'Vergleichen und freigeben' }).click();
  const dialog = page.getByRole('dialog');
  expect(await words(page)).toEqual(own);
  expect(await dialog.getByText('Ohne Vergleich freigeben').count()).toBe(0);
  await accessible(page);
  await dialog.getByLabel('Verglichen, sie stimmen').check();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill('falsch falsch falsch');
  await dialog.getByRole('button', { name: 'Freigeben' }).click();
  await dialog.getByText('Das passt noch nicht.').waitFor();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(SEALPASS.anna);
  await dialog.getByRole('button', { name: 'Freigeben' }).click();
  await dialog.getByText('freigegeben. Eine Mail sagt es.').waitFor();
  await dialog.getByRole('button', { name: 'Schließen' }).last().click();
  await page.getByText('Freigegeben, Wörter verglichen').waitFor();

  await server.mailTo('carla@example.test', ({ id }) => id !== mail.id);
  await guest.reload();
  await guest.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await unlock(guest, SEALPASS.guest);
  await guest.getByRole('heading', { name: 'Befund vom Montag' }).waitFor();
  await guest.getByText('bitte rufen Sie an.').waitFor();
  expect(await fileOf(guest, 'befund.pdf')).toBe(hash(file));
  await accessible(guest);

  // The answer has the same level, and goes to the sender alone.
  await guest.getByRole('link', { name: 'Antworten' }).click();
  await guest.getByRole('textbox', { name: 'Nachricht' }).fill('Danke, anbei die Vollmacht.');
  expect(await guest.locator('input[type=radio][value="3"]').isDisabled()).toBe(true);
  await choose(guest, disk({ 'vollmacht.pdf': answer }));
  await accessible(guest);
  await send(guest);
  await guest.getByRole('heading', { name: 'Gesendet' }).waitFor();

  await goTo(page, 'Empfangen');
  await page.getByRole('link', { name: /Ungelesen: .*Carla Svoboda/ }).click();
  await page.getByText('Danke, anbei die Vollmacht.').or(page.getByRole('button', { name: 'Öffnen', exact: true })).first().waitFor();
  if (await page.getByRole('button', { name: 'Öffnen', exact: true }).isVisible()) {
    await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
    await unlock(page, SEALPASS.anna);
  }
  await page.getByText('Danke, anbei die Vollmacht.').waitFor();
  await page.getByText('Absender bestätigt').waitFor();
  expect(await fileOf(page, 'vollmacht.pdf')).toBe(hash(answer));
  expect(carla.complaints).toEqual([]);
  await carla.context.close();

  // The device is lost: another browser, the kit, and everything is back.
  const again = await loggedIn(browser, server, 'carla@example.test', PASSWORD, '/sealpass');
  await again.page.getByRole('link', { name: 'Mit Notfallblatt' }).click();
  await again.page.getByLabel('Notfallcode').fill(kit.toLowerCase().replaceAll('-', ' '));
  await newSecret(again.page, 'Neues SealPass', 'tasse leiter kompass zwölf garten');
  await again.page.getByRole('button', { name: 'Mit dem Blatt öffnen' }).click();
  await again.page.getByText('Alles ist wieder da.').waitFor();
  await accessible(again.page);
  await goTo(again.page, 'Empfangen');
  await again.page.getByRole('link', { name: /Anna Keller/ }).first().click();
  await again.page.getByRole('heading', { name: 'Befund vom Montag' }).waitFor();
  expect(await fileOf(again.page, 'befund.pdf')).toBe(hash(file));
  expect(again.complaints).toEqual([]);
  await again.context.close();
});

/** A guest with a SealPass, by an invitation of a level-3 delivery that Anna sent in the browser. */
async function written(to: string, more: { level: 3 | 4; code?: 'confirm' | 'instant' }): Promise<{ codes: string[] }> {
  const { page } = anna;
  await page.goto(`${server.url}/new`);
  await write(page, { to: [to], subject: `Für ${to}`, message: 'Ein Wort.', level: more.level });
  if (more.code !== undefined) {
    await page.getByRole('button', { name: 'Mit Abholcode ohne Warten' }).click();
    if (more.code === 'instant') await page.getByLabel('Öffnet sofort').check();
  }
  await send(page);
  await unlock(page, SEALPASS.anna);
  await page.getByRole('heading', { name: 'Gesendet' }).waitFor();
  return { codes: await page.locator('li .words').allInnerTexts() };
}

test('a claim code: wrong is told, right lets the sender release without comparing', async () => {
  const { codes } = await written('dora@example.test', { level: 4, code: 'confirm' });
  const dora = await visitor(browser);
  await register(dora.page, registerLink(await server.mailTo('dora@example.test')), 'Dora');
  await setUp(dora.page, SEALPASS.guest);
  await dora.page.getByLabel('Abholcode').fill('keinwort keinwort keinwort keinwort');
  await dora.page.getByRole('button', { name: 'Einlösen' }).click();
  await dora.page.getByText('Ein Wort passt nicht.').waitFor();
  await accessible(dora.page);
  await dora.page.getByLabel('Abholcode').fill((codes[0] ?? '').toUpperCase().replaceAll('-', ' '));
  await dora.page.getByRole('button', { name: 'Einlösen' }).click();
  await dora.page.getByRole('heading', { name: 'Der Code ist angekommen' }).waitFor();
  const { page } = anna;
  await page.getByRole('link', { name: 'Zustellung zeigen' }).click();
  await page.getByRole('button', { name: 'Vergleichen und freigeben' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('hat den Abholcode eingegeben, und er stimmt.').waitFor();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(SEALPASS.anna);
  await dialog.getByRole('button', { name: 'Freigeben' }).click();
  await dialog.getByText('freigegeben.').waitFor();
  await dialog.getByRole('button', { name: 'Schließen' }).last().click();
  await dora.page.reload();
  await dora.page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await unlock(dora.page, SEALPASS.guest);
  await dora.page.getByText('Ein Wort.').waitFor();
  await dora.page.getByText('Absender bestätigt').waitFor();
  expect(dora.complaints).toEqual([]);
  await dora.context.close();
});

test('an instant claim code opens at once', async () => {
  const { codes } = await written('erik@example.test', { level: 3, code: 'instant' });
  const erik = await visitor(browser);
  await register(erik.page, registerLink(await server.mailTo('erik@example.test')), 'Erik');
  await setUp(erik.page, SEALPASS.guest);
  await erik.page.getByLabel('Abholcode').fill(codes[0] ?? '');
  await erik.page.getByRole('button', { name: 'Einlösen' }).click();
  await erik.page.getByText('Ein Wort.').waitFor();
  await erik.page.getByRole('link', { name: 'Antworten' }).waitFor();
  expect(erik.complaints).toEqual([]);
  await erik.context.close();
});

test('an invitation works once; another account does not see the delivery; withdrawn is withdrawn', async () => {
  await written('frida@example.test', { level: 3 });
  const link = registerLink(await server.mailTo('frida@example.test'));
  const frida = await visitor(browser);
  await register(frida.page, link, 'Frida');
  await frida.page.getByRole('heading', { name: 'Richten Sie Ihr SealPass ein' }).waitFor();
  const other = await visitor(browser);
  await other.page.goto(link);
  await other.page.getByRole('heading', { name: 'Diese Einladung gilt nicht mehr' }).waitFor();
  await accessible(other.page);
  await other.context.close();
  // The set-up was left half-way: the inbox leads to it again.
  await frida.page.goto(`${server.url}/received`);
  await frida.page.getByText('Etwas Versiegeltes wartet auf Sie.').waitFor();
  await accessible(frida.page);
  await frida.page.getByRole('link', { name: /Anna Keller/ }).first().click();
  await frida.page.getByRole('link', { name: 'SealPass einrichten' }).waitFor();
  const at = new URL(frida.page.url()).pathname;
  const dora = await loggedIn(browser, server, 'dora@example.test', PASSWORD, at);
  await dora.page.getByRole('heading', { name: 'Diese Zustellung ist nicht Ihre' }).waitFor();
  await accessible(dora.page);
  await dora.context.close();
  const { page } = anna;
  await page.getByRole('link', { name: 'Zustellung zeigen' }).click();
  await page.getByRole('button', { name: 'Zurückziehen' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Zurückziehen' }).click();
  await page.getByText('Sie haben diese Zustellung').waitFor();
  await frida.page.reload();
  await frida.page.getByRole('heading', { name: 'Diese Zustellung wurde zurückgezogen' }).waitFor();
  expect(frida.complaints).toEqual([]);
  await frida.context.close();
});

test('level 2: the link alone opens nothing, an account by the mail and the link together do', async () => {
  const { link } = await server.send({ 'plan.pdf': random(50_000) }, ['--level', '2', '--subject', 'Plan'], ['gerda@example.test']);
  const gerda = await visitor(browser);
  const { page } = gerda;
  await page.goto(link);
  await page.getByRole('button', { name: 'Anmelden' }).waitFor();
  expect(await page.getByText('plan.pdf').count()).toBe(0);
  await accessible(page);
  await page.getByLabel('Ihre E-Mail-Adresse').fill('gerda@example.test');
  await page.getByRole('button', { name: 'Kostenloses Konto anlegen' }).click();
  await page.getByText('ist dorthin jetzt eine Mail unterwegs').waitFor();
  await accessible(page);
  const invitation = await server.mailTo('gerda@example.test', ({ text }) => text.includes('/register/'));
  await register(page, registerLink(invitation), 'Gerda');
  await page.getByRole('heading', { name: 'Empfangen' }).waitFor();
  await page.goto(link);
  await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await page.getByRole('button', { name: 'plan.pdf speichern' }).waitFor();
  expect(gerda.complaints).toEqual([]);
  await gerda.context.close();
});

/** Tab until the element with this name has the focus. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    const at = await page.evaluate(() => {
      const node = document.activeElement;
      // The page itself has all its words.
      if (!(node instanceof HTMLElement) || node === document.body || node.tabIndex < 0) return '';
      const label = node instanceof HTMLInputElement ? (node.labels?.[0]?.innerText ?? '') : '';
      return [node.getAttribute('aria-label') ?? '', label, node.innerText].join('\n');
    });
    if (at.split('\n').some((line) => (typeof name === 'string' ? line.trim() === name : name.test(line)))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${name}`);
}

test('by the keyboard alone: set up, release, read', async () => {
  await written('hana@example.test', { level: 4 });
  const hana = await visitor(browser);
  const guest = hana.page;
  await register(guest, registerLink(await server.mailTo('hana@example.test')), 'Hana');
  await guest.getByRole('heading', { name: 'Richten Sie Ihr SealPass ein' }).waitFor();
  await tabTo(guest, 'SealPass');
  await guest.keyboard.type(SEALPASS.guest);
  await tabTo(guest, 'Noch einmal');
  await guest.keyboard.type(SEALPASS.guest);
  await guest.locator('.strength:is(.v2, .v3)').waitFor();
  await guest.keyboard.press('Enter');
  await guest.getByRole('heading', { name: 'Drucken oder speichern Sie Ihr Notfallblatt' }).waitFor();
  await tabTo(guest, /^Ich habe es verwahrt/);
  await guest.keyboard.press('Space');
  await tabTo(guest, 'Fertig');
  await guest.keyboard.press('Enter');
  await guest.getByRole('heading', { name: 'Wartet auf die Freigabe' }).waitFor();

  const { page } = anna;
  await tabTo(page, 'Zustellung zeigen');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Vergleichen und freigeben' }).waitFor();
  await tabTo(page, 'Vergleichen und freigeben');
  await page.keyboard.press('Enter');
  await words(page);
  await tabTo(page, /^Verglichen, sie stimmen/);
  await page.keyboard.press('Space');
  await tabTo(page, 'Ihr SealPass');
  await page.keyboard.type(SEALPASS.anna);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('freigegeben.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });

  await guest.reload();
  await guest.getByRole('button', { name: 'Öffnen', exact: true }).waitFor();
  await tabTo(guest, 'Öffnen');
  await guest.keyboard.press('Enter');
  await guest.getByRole('dialog').waitFor();
  await tabTo(guest, 'Ihr SealPass');
  await guest.keyboard.type(SEALPASS.guest);
  await guest.keyboard.press('Enter');
  await guest.getByText('Ein Wort.').waitFor();
  expect(hana.complaints).toEqual([]);
  await hana.context.close();
});

test('a login in another browser: the SealPass is asked for, wrong is told, and nothing is lost', async () => {
  const dora = await visitor(browser);
  await dora.page.goto(`${server.url}/login`);
  await fillLogin(dora.page, PASSWORD, 'dora@example.test');
  await dora.page.getByRole('link', { name: /Anna Keller/ }).first().click();
  await dora.page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await dora.page.getByRole('dialog').getByLabel('Ihr SealPass', { exact: true }).fill('falsch falsch falsch');
  await dora.page.getByRole('button', { name: 'Entsperren' }).click();
  await dora.page.getByText('Das passt noch nicht.').waitFor();
  await accessible(dora.page);
  await unlock(dora.page, SEALPASS.guest);
  await dora.page.getByText('Ein Wort.').waitFor();
  expect(dora.complaints).toEqual([]);
  await dora.context.close();
});
