/** Keys that change, are lost or wait: one browser for who is shown it, the command line for everybody else. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessible, hash, launch, random, saved, type Visitor } from './browser.ts';
import { choose, send, write } from './member.ts';
import { loggedIn, PASSWORD, registerLink, SEALPASS, unlock, words } from './people.ts';
import { ANNA, linkIn, Server, until } from './server.ts';

let browser: Browser;
let server: Server;
let anna: Visitor;

const OWN = { DEPESCHE_SEALPASS: SEALPASS.anna };
const GUEST = { DEPESCHE_SEALPASS: SEALPASS.guest };

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Server.start({ demo: true, settings: { DEPESCHE_LEVELS__HIGHEST: '4' } })]);
  await server.run('anna', ['login', ANNA.email], { DEPESCHE_PASSWORD: ANNA.password });
  await server.run('anna', ['sealpass', 'setup', '--language', 'de'], OWN);
  anna = await loggedIn(browser, server, ANNA.email, ANNA.password, '/sent');
});
afterAll(async () => {
  expect(anna.complaints).toEqual([]);
  await Promise.all([browser.close(), server.stop()]);
});

/** Somebody who was written to accepts the invitation; with a SealPass or without. */
async function guest(email: string, name: string, sealPass = true): Promise<void> {
  const link = registerLink(await server.mailTo(email, ({ text }) => text.includes('/register/')));
  await server.run(email, ['register', link, '--name', name], { DEPESCHE_PASSWORD: PASSWORD });
  if (sealPass) await server.run(email, ['sealpass', 'setup', '--language', 'de'], GUEST);
}

const note = { 'note.txt': new TextEncoder().encode('hello') };
const keyed = async (level: 3 | 4, to: string[], more: string[] = []): Promise<string> =>
  (await server.send(note, ['--level', `${level}`, '--subject', `Für ${to[0]}`, ...more], to, OWN)).id;
const fetched = (email: string, id: string, env: Record<string, string> = {}): Promise<Record<string, unknown>> =>
  server.run(email, ['fetch', id, '--out', server.folder({})], { ...GUEST, ...env });
/** The stable word of a refusal. */
const refused = async (done: Promise<unknown>): Promise<string> => {
  const said = await done.then(() => '', (error: unknown) => (error instanceof Error ? error.message : ''));
  return /"code":"(\w+)"/.exec(said)?.[1] ?? '';
};

function disk(files: Record<string, Uint8Array>): string[] {
  const folder = server.folder(files);
  return Object.keys(files).map((name) => join(folder, name));
}

async function at(page: Page, path: string): Promise<void> {
  await page.goto(`${server.url}${path}`);
}

test('several people are released to at once, by one SealPass; the list names them', async () => {
  const people = [['anton@example.test', 'Anton Amsel'], ['berta@example.test', 'Berta Buche'], ['cyril@example.test', 'Cyril Černý']] as const;
  const id = await keyed(3, people.map(([email]) => email));
  for (const [email, name] of people) await guest(email, name);
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
  await guest(email, 'Dana');
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

test('a reset is announced, stopped, done; who wrote provides again with one click', async () => {
  const email = 'emil@example.test';
  const id = await keyed(3, [email]);
  await guest(email, 'Emil Esche');
  await server.run('anna', ['release', id], OWN);
  await fetched(email, id);
  await server.admin(['user', 'add', 'dave@example.test', '--admin'], { DEPESCHE_PASSWORD: PASSWORD });
  const reset = (by: string): Promise<Record<string, unknown>> => server.admin(['user', 'reset-sealpass', email, '--by', by, '--confirm', email]);
  expect((await reset(ANNA.email)).state).toBe('waits');

  const emil = await loggedIn(browser, server, email, PASSWORD, '/received');
  await emil.page.getByText('Ihr SealPass wird zurückgesetzt').waitFor();
  await accessible(emil.page);
  await emil.page.getByRole('button', { name: 'Zurücksetzen anhalten' }).click();
  await emil.page.getByText('Ihr SealPass wird zurückgesetzt').waitFor({ state: 'hidden' });

  await reset(ANNA.email);
  expect((await reset('dave@example.test')).state).toBe('done');
  await emil.page.reload();
  await emil.page.getByText('Ihr SealPass wurde zurückgesetzt').waitFor();
  await accessible(emil.page);
  const { page } = anna;
  await at(page, `/sent/${id}`);
  await page.getByText('SealPass zurückgesetzt: öffnet sie nicht mehr').waitFor();
  await page.getByText('Sobald Emil Esche ein neues SealPass hat').waitFor();
  await accessible(page);

  await server.run('emil-2', ['login', email], { DEPESCHE_PASSWORD: PASSWORD });
  await server.run('emil-2', ['sealpass', 'setup', '--language', 'de'], GUEST);
  await page.reload();
  await page.getByRole('button', { name: 'Neu bereitstellen' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Das SealPass von Emil Esche wurde zurückgesetzt').waitFor();
  await words(page);
  await dialog.getByLabel('Ohne Vergleich freigeben').check();
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(SEALPASS.anna);
  await accessible(page);
  await dialog.getByRole('button', { name: 'Freigeben' }).click();
  await dialog.getByText('freigegeben. Eine Mail sagt es.').waitFor();
  expect((await fetched('emil-2', id)).id).toBe(id);
  expect(emil.complaints).toEqual([]);
  await emil.context.close();
});

test('a key that changes for no reason raises the alarm, and nothing goes to it', async () => {
  const email = 'fanny@example.test';
  const id = await keyed(4, [email]);
  await guest(email, 'Fanny Fink');
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
  await page.getByRole('link', { name: 'Neue Zustellung' }).first().click();
  await write(page, { to: [email], subject: 'Nicht für Fremde', message: 'Ein Wort.', level: 4 });
  await page.getByText('An diesen Schlüssel wird nichts gesendet.').waitFor();
  await accessible(page);
  await send(page);
  await page.getByRole('heading', { name: 'Gesendet' }).waitFor();
  await page.getByRole('link', { name: 'Zustellung zeigen' }).click();
  await page.getByText('Ein Schlüssel hat sich ohne Grund geändert').waitFor();
  const sent = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  expect((await server.show(sent)).recipients[0]?.state).toBe('waits_release');
  expect(await refused(fetched('fanny-2', sent))).toBe('waits_release');
});

test('level 2 is kept in the inbox by a SealPass, and then needs no link', async () => {
  const email = 'greta@example.test';
  const plan = random(50_000);
  const { link, id } = await server.send({ 'plan.pdf': plan }, ['--level', '2', '--subject', 'Plan'], [email]);
  await server.run(email, ['register', link, '--email', email]);
  await guest(email, 'Greta');
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
  const again = await loggedIn(browser, server, email, PASSWORD, `/received/${id}`);
  await again.page.getByRole('button', { name: 'Öffnen', exact: true }).click();
  await unlock(again.page, SEALPASS.guest);
  const { bytes } = await saved(again.page, () => again.page.getByRole('button', { name: 'plan.pdf speichern' }).click());
  expect(hash(bytes)).toBe(hash(plan));
  expect([...greta.complaints, ...again.complaints]).toEqual([]);
  await again.context.close();
});

test('a guest without a SealPass answers at level 2 and at level 1, to the sender alone', async () => {
  const email = 'hugo@example.test';
  const second = await server.send(note, ['--level', '2', '--subject', 'Zweitens'], [email]);
  await server.run(email, ['register', second.link, '--email', email]);
  await guest(email, 'Hugo Hase', false);
  const first = await server.send(note, ['--level', '1', '--subject', 'Erstens'], [email]);
  const hugo = await loggedIn(browser, server, email, PASSWORD);
  const { page } = hugo;
  const levels = [[2, second], [1, first]] as const;
  for (const [level, { id, link }] of levels) {
    if (level === 2) {
      await page.goto(link);
      await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
      await page.getByRole('button', { name: 'Antworten' }).click();
    } else {
      await at(page, `/received/${id}`);
      await page.getByRole('link', { name: 'Antworten' }).click();
    }
    await page.getByRole('heading', { name: 'Antwort an Dr. Anna Keller' }).waitFor();
    await page.getByRole('textbox', { name: 'Nachricht' }).fill(`Antwort auf Stufe ${level}`);
    expect(await page.locator(`input[type=radio][value="${level}"]`).isChecked()).toBe(true);
    if (level === 2) expect(await page.locator('input[type=radio][value="1"]').isDisabled()).toBe(true);
    await accessible(page);
    await send(page);
    await page.getByRole('heading', { name: 'Gesendet' }).waitFor();
    const mail = await server.mailTo(ANNA.email, ({ subject, text }) => `${subject} ${text}`.includes(level === 2 ? 'Zweitens' : 'Erstens'));
    const got = await server.run('anna', ['fetch', linkIn(mail), '--out', server.folder({})]);
    expect(got.message).toBe(`Antwort auf Stufe ${level}`);
  }
  // Not to somebody else, and nothing of his own.
  await at(page, '/new');
  expect(await page.getByLabel('An', { exact: true }).count()).toBe(0);
  const received = await until('both are received', async () => {
    const { parcels } = (await server.run('anna', ['list', '--received'])) as { parcels: { level: number; sender: { email: string } }[] };
    const own = parcels.filter(({ sender }) => sender.email === email);
    return own.length === 2 ? own : undefined;
  });
  expect(received.map(({ level }) => level).sort()).toEqual([1, 2]);
  expect(hugo.complaints).toEqual([]);
  await hugo.context.close();
});

test('what was begun in one browser goes on in another', async () => {
  const { page } = anna;
  const [one, two] = [random(300_000), random(2_000_000)];
  await at(page, '/contacts');
  await page.getByRole('button', { name: 'Entsperren' }).click();
  await unlock(page, SEALPASS.anna);
  await page.getByRole('link', { name: 'Neue Zustellung' }).first().click();
  await write(page, { to: ['iris@example.test'], subject: 'Begonnen', message: 'Ein Wort.', level: 3 });
  await choose(page, disk({ 'b.bin': two }));
  await until('the record is there', async () => {
    const { parcels } = (await server.run('anna', ['list', '--drafts'])) as { parcels: { going_on: boolean; size: number }[] };
    return parcels.some(({ going_on: kept, size }) => kept && size > two.length) ? true : undefined;
  });
  await page.getByText('Versiegelt', { exact: false }).first().waitFor();
  const other = await loggedIn(browser, server, ANNA.email, ANNA.password, '/new');
  const there = other.page;
  await there.getByText('Auf einem anderen Gerät begonnen').waitFor();
  await accessible(there);
  await there.getByRole('button', { name: 'Entsperren' }).click();
  await unlock(there, SEALPASS.anna);
  await there.getByText('„Begonnen“').waitFor();
  await accessible(there);
  await there.getByRole('button', { name: 'Hier weitermachen' }).click();
  await until('it is taken over', async () => ((await there.getByRole('textbox', { name: 'Betreff' }).inputValue()) === 'Begonnen' ? true : undefined));
  // The finished file is there; a further one is added here.
  await choose(there, disk({ 'a.bin': one, 'b.bin': two }));
  await send(there);
  await there.getByRole('heading', { name: 'Gesendet' }).waitFor();
  await there.getByRole('link', { name: 'Zustellung zeigen' }).click();
  const id = new URL(there.url()).pathname.split('/').at(-1) ?? '';
  await guest('iris@example.test', 'Iris');
  await server.run('anna', ['release', id], OWN);
  const { files } = (await fetched('iris@example.test', id)) as { files: { name: string; sha256: string }[] };
  expect(Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]))).toEqual({ 'a.bin': hash(one), 'b.bin': hash(two) });
  expect(other.complaints).toEqual([]);
  await other.context.close();
  await at(page, '/sent');
});
