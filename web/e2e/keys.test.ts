/** Keys that change, are lost or wait: one browser for who is shown it, the command line for everybody else. */
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessible, launch, type Visitor } from './browser.ts';
import { send, write } from './member.ts';
import { allLevels, invited, loggedIn, PASSWORD, refused, SEALPASS, setUp, unlock, words } from './people.ts';
import { ANNA, type Server, until } from './server.ts';

let browser: Browser;
let server: Server;
let anna: Visitor;

const OWN = { DEPESCHE_SEALPASS: SEALPASS.anna };
const GUEST = { DEPESCHE_SEALPASS: SEALPASS.guest };

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), allLevels()]);
  anna = await loggedIn(browser, server, ANNA.email, ANNA.password, '/sent');
});
afterAll(async () => {
  expect(anna.complaints).toEqual([]);
  await Promise.all([browser.close(), server.stop()]);
});

const note = { 'note.txt': new TextEncoder().encode('hello') };
const keyed = async (level: 3 | 4, to: string[], more: string[] = []): Promise<string> =>
  (await server.send(note, ['--level', `${level}`, '--subject', `Für ${to[0]}`, ...more], to, OWN)).id;
const fetched = (email: string, id: string, env: Record<string, string> = {}): Promise<Record<string, unknown>> =>
  server.run(email, ['fetch', id, '--out', server.folder({})], { ...GUEST, ...env });
async function at(page: Page, path: string): Promise<void> {
  await page.goto(`${server.url}${path}`);
}

test('several people are released to at once, by one SealPass; the list names them', async () => {
  const people = [['anton@example.test', 'Anton Amsel'], ['berta@example.test', 'Berta Buche'], ['cyril@example.test', 'Cyril Černý']] as const;
  const id = await keyed(3, people.map(([email]) => email));
  for (const [email, name] of people) await invited(server, email, name);
  const { page } = anna;
  await at(page, '/sent');
  const row = page.getByRole('listitem').filter({ hasText: 'Für anton@example.test' });
  for (const [email, name] of people) {
    await row.getByText(name).waitFor();
    expect(await row.getByText(email, { exact: true }).count()).toBe(0);
  }
  await page.getByText('3 Personen warten auf Ihre Freigabe').waitFor();
  await accessible(page);
  await page.getByLabel('Suchen').fill('cerny');
  await row.waitFor();
  await page.getByRole('button', { name: 'Vergleichen und freigeben' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Alle auf einmal' }).click();
  await dialog.getByText('3 nicht verglichen').waitFor();
  await dialog.getByLabel('Auch für diese 3 freigeben, ohne Vergleich').check();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(SEALPASS.anna);
  await accessible(page);
  await dialog.getByRole('button', { name: 'Für 3 freigeben' }).click();
  await dialog.getByText('freigegeben. Eine Mail sagt es.').waitFor();
  await dialog.getByRole('button', { name: 'Schließen' }).last().click();
  for (const [email] of people) expect((await fetched(email, id)).id).toBe(id);
});

test('a claim code that is used up is followed by a new one', async () => {
  const email = 'dana@example.test';
  const { page } = anna;
  const other = (await server.run('anna', ['send', `${server.folder(note)}/note.txt`, '--to', 'else@example.test', '--level', '4', '--claim-code'], OWN)) as { claim_codes: Record<string, string> };
  const wrong = other.claim_codes['else@example.test'] ?? '';
  const id = await keyed(4, [email], ['--claim-code']);
  await invited(server, email, 'Dana');
  // Open, her browser would look at the codes by itself, before the command line does.
  await page.goto('about:blank');
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect(await refused(fetched(email, id, { DEPESCHE_CLAIM_CODE: wrong }))).toBe('waits_release');
    expect(await refused(server.run('anna', ['release', id], OWN))).toBe('code_wrong');
  }
  await at(page, `/sent/${id}`);
  await page.getByText('aufgebraucht').waitFor();
  await accessible(page);
  await page.getByRole('button', { name: 'Neuer Code' }).click();
  await unlock(page, SEALPASS.anna);
  const code = await page.locator('.code .words').innerText();
  expect(code.split(/[\s-]+/)).toHaveLength(4);
  expect(await refused(fetched(email, id, { DEPESCHE_CLAIM_CODE: code }))).toBe('waits_release');
  const { released } = (await server.run('anna', ['release', id], OWN)) as { released: { verified: string }[] };
  expect(released[0]?.verified).toBe('code');
  await fetched(email, id);
});

test('a reset is announced, stopped, done; the person is told in the inbox, and who wrote provides again with one click', async () => {
  const email = 'emil@example.test';
  const id = await keyed(3, [email]);
  await invited(server, email, 'Emil Esche');
  await server.run('anna', ['release', id], OWN);
  await fetched(email, id);
  await server.admin(['user', 'add', 'dave@example.test', '--admin'], { DEPESCHE_PASSWORD: PASSWORD });
  const reset = (by: string): Promise<Record<string, unknown>> => server.admin(['user', 'reset-sealpass', email, '--by', by, '--confirm', email]);
  expect((await reset(ANNA.email)).state).toBe('waits');

  const emil = await loggedIn(browser, server, email, PASSWORD);
  await emil.page.getByText('Ihr SealPass wird zurückgesetzt').waitFor();
  await accessible(emil.page);
  await emil.page.getByRole('button', { name: 'Zurücksetzen anhalten' }).click();
  await emil.page.getByText('Ihr SealPass wird zurückgesetzt').waitFor({ state: 'hidden' });

  // This browser has never opened the keyring: only the server can tell that there was one.
  await reset(ANNA.email);
  expect((await reset('dave@example.test')).state).toBe('done');
  await emil.page.reload();
  await emil.page.getByText('Ihr SealPass wurde zurückgesetzt').waitFor();
  await emil.page.getByText('Was auf Stufe 3 und 4 für Sie versiegelt war, ist verschlossen.').waitFor();
  await emil.page.getByRole('listitem').filter({ hasText: 'Anna Keller' }).getByText('Seit dem Zurücksetzen verschlossen').waitFor();
  await accessible(emil.page);
  await emil.page.getByRole('link', { name: /Anna Keller/ }).click();
  await emil.page.getByRole('heading', { name: 'Seit dem Zurücksetzen verschlossen' }).waitFor();
  await accessible(emil.page);

  // Who wrote sees it at once, with what comes next.
  const { page } = anna;
  await at(page, `/sent/${id}`);
  await page.getByText('SealPass zurückgesetzt: öffnet sie nicht mehr').waitFor();
  await page.getByText('Sobald Emil Esche ein neues SealPass hat').waitFor();
  await accessible(page);
  // In her language: she has logged in with a German browser.
  await server.mailTo(ANNA.email, ({ text }) => text.includes('Das SealPass von Emil Esche wurde zurückgesetzt.'));

  await emil.page.getByRole('link', { name: 'Neues SealPass einrichten' }).first().click();
  await emil.page.getByText('Ihr SealPass wurde zurückgesetzt').waitFor();
  await setUp(emil.page, 'tasse leiter kompass zwölf garten');
  await emil.page.getByRole('heading', { name: 'Seit dem Zurücksetzen verschlossen' }).waitFor();
  await emil.page.getByText('Dr. Anna Keller weiß, dass Sie ein neues haben').waitFor();
  await accessible(emil.page);
  await emil.page.getByRole('link', { name: 'Empfangen' }).first().click();
  await emil.page.getByText('Was Sie davor empfangen haben, ist noch verschlossen.').waitFor();
  await accessible(emil.page);

  await page.reload();
  await page.getByRole('button', { name: 'Neu bereitstellen' }).waitFor();
  expect(await page.getByText('Sobald Emil Esche ein neues SealPass hat').count()).toBe(0);
  await page.getByRole('button', { name: 'Neu bereitstellen' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Das SealPass von Emil Esche wurde zurückgesetzt').waitFor();
  await words(page);
  await dialog.getByLabel('Ohne Vergleich freigeben').check();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(SEALPASS.anna);
  await accessible(page);
  await dialog.getByRole('button', { name: 'Freigeben' }).click();
  await dialog.getByText('freigegeben. Eine Mail sagt es.').waitFor();
  await dialog.getByRole('button', { name: 'Schließen' }).last().click();

  await emil.page.reload();
  await emil.page.getByRole('link', { name: /Anna Keller/ }).click();
  await emil.page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await unlock(emil.page, 'tasse leiter kompass zwölf garten');
  await emil.page.getByRole('button', { name: 'note.txt speichern' }).waitFor();
  await emil.page.getByRole('link', { name: 'Empfangen' }).first().click();
  await emil.page.getByRole('heading', { name: 'Empfangen' }).waitFor();
  await emil.page.getByText('Was Sie davor empfangen haben, ist noch verschlossen.').waitFor({ state: 'hidden' });
  expect(emil.complaints).toEqual([]);
  await emil.context.close();
});

test('a key that changes for no reason raises the alarm; nothing goes to it before the words are compared', async () => {
  const email = 'fanny@example.test';
  const id = await keyed(4, [email]);
  await invited(server, email, 'Fanny Fink');
  const { words: own } = (await server.run(email, ['whoami'])) as { words: string };
  await server.run('anna', ['release', id, '--words', own], OWN);
  // Whoever runs the server destroys the keyring, records and all; the next one has no chain to it.
  await server.edit(['stanzas', 'key_bodies', 'key_locks', 'keyrings', 'key_records'].map((table) =>
    `DELETE FROM ${table} WHERE account = (SELECT id FROM accounts WHERE folded = '${email}')`));
  await server.run('fanny-2', ['login', email], { DEPESCHE_PASSWORD: PASSWORD });
  await server.run('fanny-2', ['sealpass', 'setup', '--language', 'de'], GUEST);

  const { page } = anna;
  await at(page, '/contacts');
  await page.getByRole('button', { name: 'Entsperren' }).click();
  await unlock(page, SEALPASS.anna);
  await page.getByText('Ein Schlüssel hat sich ohne Grund geändert').waitFor();
  await page.getByText('Schlüssel geändert').waitFor();
  await accessible(page);

  // The page says it before, and refuses; what was written stays.
  await page.getByRole('link', { name: 'Neue Zustellung' }).first().click();
  await write(page, { to: [email], subject: 'Nicht für Fremde', message: 'Ein Wort.', level: 4 });
  await page.getByText('An diesen Schlüssel wird nichts gesendet.').waitFor();
  await send(page);
  await page.getByText('An diesen Schlüssel geht nichts, bevor Sie die Wörter verglichen haben.').waitFor();
  await accessible(page);
  expect(await server.mails().then((mails) => mails.filter(({ to, subject }) => to === email && subject.includes('Fremde')))).toEqual([]);

  // Compared on the phone: what the person reads out stands here as well.
  await page.getByRole('link', { name: 'Zu den Kontakten' }).click();
  await page.getByRole('button', { name: /Sechs Wörter.*Fanny Fink/ }).click();
  const fanny = (await server.run('fanny-2', ['whoami'])) as { words: string };
  expect((await words(page)).join(' ')).toBe(fanny.words);
  await accessible(page);
  await page.getByRole('button', { name: 'Verglichen, sie stimmen' }).click();
  await page.getByText('Ein Schlüssel hat sich ohne Grund geändert').waitFor({ state: 'hidden' });
  await page.getByRole('link', { name: 'Neue Zustellung' }).first().click();
  expect(await page.getByRole('textbox', { name: 'Betreff' }).inputValue()).toBe('Nicht für Fremde');
  await page.getByText('Hat ein SealPass').waitFor();
  await send(page);
  await page.getByRole('heading', { name: 'Gesendet' }).waitFor();
  await page.getByRole('link', { name: 'Zustellung zeigen' }).click();
  const sent = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  expect((await fetched('fanny-2', sent)).message).toBe('Ein Wort.');

  // What went to the old key is released anew.
  expect(await refused(fetched('fanny-2', id))).toBe('waits_release');
  await at(page, `/sent/${id}`);
  await page.getByRole('button', { name: 'Entsperren' }).click();
  await unlock(page, SEALPASS.anna);
  await page.getByText('1 Person wartet auf Ihre Freigabe').waitFor();
  await page.getByRole('button', { name: 'Vergleichen und freigeben' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Sie haben die Wörter von Fanny Fink schon verglichen.').waitFor();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(SEALPASS.anna);
  await dialog.getByRole('button', { name: 'Freigeben' }).click();
  await dialog.getByText('freigegeben. Eine Mail sagt es.').waitFor();
  await dialog.getByRole('button', { name: 'Schließen' }).last().click();
  expect((await fetched('fanny-2', id)).id).toBe(id);
});

test('a claim code wrong three times, on the page: each time it is said, then the words remain', async () => {
  const email = 'gabi@example.test';
  const other = (await server.run('anna', ['send', `${server.folder(note)}/note.txt`, '--to', 'else@example.test', '--level', '4', '--claim-code'], OWN)) as { claim_codes: Record<string, string> };
  const wrong = other.claim_codes['else@example.test'] ?? '';
  const id = await keyed(4, [email], ['--claim-code']);
  await invited(server, email, 'Gabi Gans');
  const gabi = await loggedIn(browser, server, email, PASSWORD, `/received/${id}`);
  const { page } = anna;
  await at(page, '/contacts');
  await page.getByRole('button', { name: 'Entsperren' }).click();
  await unlock(page, SEALPASS.anna);
  for (const attempt of [1, 2, 3]) {
    await gabi.page.getByLabel('Abholcode').fill(wrong);
    await gabi.page.getByRole('button', { name: 'Einlösen' }).click();
    await unlock(gabi.page, SEALPASS.guest);
    await gabi.page.getByRole('heading', { name: 'Der Code ist angekommen' }).waitFor();
    // The sender's device, with the SealPass open, looks at the code by itself.
    await page.getByRole('link', { name: 'Gesendet' }).first().click();
    await page.getByRole('button', { name: 'Vergleichen und freigeben' }).waitFor();
    await until('the try is lost', async () => {
      const { recipients } = (await server.run('anna', ['show', id])) as unknown as { recipients: { claim_code: { tries_left: number } }[] };
      return recipients[0]?.claim_code.tries_left === 3 - attempt ? true : undefined;
    });
    await gabi.page.reload();
    await gabi.page.getByText(attempt < 3 ? 'Dieser Code passt nicht.' : 'Der Abholcode ist aufgebraucht.').waitFor();
    await accessible(gabi.page);
    await page.getByRole('link', { name: 'Kontakte' }).first().click();
  }
  expect(await gabi.page.getByLabel('Abholcode').count()).toBe(0);
  // Words are compared instead.
  await gabi.page.getByRole('button', { name: 'Wörter zeigen' }).click();
  await unlock(gabi.page, SEALPASS.guest);
  const own = await words(gabi.page);
  await at(page, `/sent/${id}`);
  await page.getByRole('button', { name: 'Vergleichen und freigeben' }).click();
  const dialog = page.getByRole('dialog');
  expect(await words(page)).toEqual(own);
  await dialog.getByLabel('Verglichen, sie stimmen').check();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(SEALPASS.anna);
  await accessible(page);
  await dialog.getByRole('button', { name: 'Freigeben' }).click();
  await dialog.getByText('freigegeben. Eine Mail sagt es.').waitFor();
  await dialog.getByRole('button', { name: 'Schließen' }).last().click();
  await gabi.page.reload();
  await gabi.page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await unlock(gabi.page, SEALPASS.guest);
  await gabi.page.getByRole('button', { name: 'note.txt speichern' }).waitFor();
  expect(gabi.complaints).toEqual([]);
  await gabi.context.close();
});

/** Anna at the dialog with everything filled in; what happens meanwhile happens before she releases. */
async function atRelease(id: string): Promise<() => Promise<void>> {
  const { page } = anna;
  await at(page, `/sent/${id}`);
  await page.getByRole('button', { name: 'Vergleichen und freigeben' }).click();
  const dialog = page.getByRole('dialog');
  await words(page);
  await dialog.getByLabel('Verglichen, sie stimmen').check();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(SEALPASS.anna);
  return () => dialog.getByRole('button', { name: 'Freigeben' }).click();
}

test('one\'s own six words are shown after a reload as well: the SealPass is asked for first', async () => {
  const email = 'gina@example.test';
  const id = await keyed(4, [email]);
  await invited(server, email, 'Gina');
  const gina = await loggedIn(browser, server, email, PASSWORD, `/received/${id}`);
  await gina.page.getByRole('button', { name: 'Wörter zeigen' }).click();
  await unlock(gina.page, SEALPASS.guest);
  const own = (await server.run(email, ['whoami'])) as { words: string };
  expect((await words(gina.page)).join(' ')).toBe(own.words);
  await gina.context.close();
});

test('words that differ: nothing is released, and the person waits on', async () => {
  const email = 'gero@example.test';
  const id = await keyed(4, [email]);
  await invited(server, email, 'Gero Gans');
  await atRelease(id);
  const dialog = anna.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Sie stimmen nicht' }).click();
  await dialog.getByText('Dann bitte nicht freigeben.').waitFor();
  expect(await dialog.getByRole('button', { name: 'Freigeben', exact: true }).count()).toBe(0);
  await accessible(anna.page);
  await dialog.getByRole('button', { name: 'Nicht freigeben' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect((await server.show(id)).recipients[0]?.state).toBe('waits_release');
});

test('released after it was withdrawn on another device: it is said, and nothing opens', async () => {
  const email = 'hans@example.test';
  const id = await keyed(4, [email]);
  await invited(server, email, 'Hans Hase');
  const { page } = anna;
  const release = await atRelease(id);
  await server.run('anna', ['withdraw', id]);
  await release();
  await page.getByRole('dialog').getByRole('heading', { name: 'Nicht freigegeben' }).waitFor();
  await page.getByRole('dialog').getByText('Hans Hase: Die Zustellung wurde inzwischen zurückgezogen oder ist abgelaufen.').waitFor();
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Schließen' }).last().click();
  await page.getByText('Sie haben diese Zustellung').waitFor();
  expect(await page.getByRole('button', { name: 'Vergleichen und freigeben' }).count()).toBe(0);
  expect(await refused(fetched(email, id))).toBe('withdrawn');
});

test('a recipient who was removed meanwhile: the sender is told, and so is the recipient', async () => {
  const email = 'inge@example.test';
  const id = await keyed(3, [email, 'extra@example.test']);
  await invited(server, email, 'Inge Igel');
  const inge = await loggedIn(browser, server, email, PASSWORD, `/received/${id}`);
  await inge.page.getByRole('heading', { name: 'Wartet auf die Freigabe' }).waitFor();
  const release = await atRelease(id);
  await server.run('anna', ['recipients', 'drop', id, email]);
  await release();
  const { page } = anna;
  await page.getByRole('dialog').getByText('Inge Igel ist kein Empfänger mehr.').waitFor();
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Schließen' }).last().click();
  await inge.page.reload();
  await inge.page.getByRole('heading', { name: 'Diese Zustellung ist nicht mehr für Sie' }).waitFor();
  await accessible(inge.page);
  expect(inge.complaints).toEqual([]);
  await inge.context.close();
});

test('an account that was disabled meanwhile: its sessions end, nothing is released to it, and once enabled it can be', async () => {
  const email = 'jutta@example.test';
  const id = await keyed(3, [email]);
  await invited(server, email, 'Jutta Jung');
  const jutta = await loggedIn(browser, server, email, PASSWORD, `/received/${id}`);
  await jutta.page.getByRole('heading', { name: 'Wartet auf die Freigabe' }).waitFor();
  const release = await atRelease(id);
  await server.admin(['user', 'disable', email]);
  await release();
  const { page } = anna;
  await page.getByRole('dialog').getByText('Das Konto von Jutta Jung ist gesperrt').waitFor();
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Schließen' }).last().click();
  await jutta.page.reload();
  await jutta.page.getByRole('button', { name: 'Anmelden', exact: true }).waitFor();
  expect(await refused(fetched(email, id))).toBe('not_logged_in');
  await server.admin(['user', 'enable', email]);
  await server.run('anna', ['release', id], OWN);
  await server.run(email, ['login', email], { DEPESCHE_PASSWORD: PASSWORD });
  expect((await fetched(email, id)).id).toBe(id);
  await jutta.context.close();
});
