/** Two devices of one person: what one begins the other finishes, and what both do at once is not lost. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessible, hash, launch, random, type Visitor } from './browser.ts';
import { choose, send, write } from './member.ts';
import { allLevels, invited, loggedIn, newSecret, refused, SEALPASS, unlock } from './people.ts';
import { ANNA, type Server, until } from './server.ts';

let browser: Browser;
let server: Server;

const OWN = { DEPESCHE_SEALPASS: SEALPASS.anna };
const GUEST = { DEPESCHE_SEALPASS: SEALPASS.guest };

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), allLevels()]);
});
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });

function disk(files: Record<string, Uint8Array>): string[] {
  const folder = server.folder(files);
  return Object.keys(files).map((name) => join(folder, name));
}

const device = (path: string): Promise<Visitor> => loggedIn(browser, server, ANNA.email, ANNA.password, path);
const subject = (page: Page) => page.getByRole('textbox', { name: 'Betreff' });

test('what was begun in one browser goes on in another', async () => {
  // Somebody is known: the page of contacts asks for the SealPass.
  await server.send({ 'note.txt': random(100) }, ['--level', '3'], ['ines@example.test'], OWN);
  await invited(server, 'ines@example.test', 'Ines');
  const [laptop, phone] = [await device('/contacts'), await device('/sent')];
  const [here, there] = [laptop.page, phone.page];
  const [one, two] = [random(300_000), random(2_000_000)];
  await here.getByRole('button', { name: 'Entsperren' }).click();
  await unlock(here, SEALPASS.anna);
  await here.getByRole('link', { name: 'Neue Zustellung' }).first().click();
  await write(here, { to: ['iris@example.test'], subject: 'Begonnen', message: 'Ein Wort.', level: 3 });
  await choose(here, disk({ 'b.bin': two }));
  await until('the record is there', async () => {
    const { parcels } = (await server.run('anna', ['list', '--drafts'])) as { parcels: { going_on: boolean; size: number }[] };
    return parcels.some(({ going_on: kept, size }) => kept && size > two.length) ? true : undefined;
  });
  await here.getByText('Geprüft und vollständig').waitFor();

  await there.getByRole('link', { name: 'Neue Zustellung' }).first().click();
  await there.getByText('Auf einem anderen Gerät begonnen').waitFor();
  await accessible(there);
  await there.getByRole('button', { name: 'Entsperren' }).click();
  await unlock(there, SEALPASS.anna);
  await there.getByText('„Begonnen“').waitFor();
  await accessible(there);
  await there.getByRole('button', { name: 'Hier weitermachen' }).click();
  await until('it is taken over', async () => ((await subject(there).inputValue()) === 'Begonnen' ? true : undefined));
  // The finished file is there; a further one is added here.
  await there.getByText('b.bin').waitFor();
  await choose(there, disk({ 'a.bin': one }));
  await send(there);
  await there.getByRole('heading', { name: 'Gesendet' }).waitFor();
  await there.getByRole('link', { name: 'Zustellung zeigen' }).click();
  const id = new URL(there.url()).pathname.split('/').at(-1) ?? '';
  await invited(server, 'iris@example.test', 'Iris');
  await server.run('anna', ['release', id], OWN);
  const { files } = (await server.run('iris@example.test', ['fetch', id, '--out', server.folder({})], GUEST)) as { files: { name: string; sha256: string }[] };
  expect(Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]))).toEqual({ 'a.bin': hash(one), 'b.bin': hash(two) });

  // The first device learns that it is sent; nothing goes twice.
  await send(here);
  await here.getByRole('heading', { name: 'Gesendet' }).waitFor();
  await here.getByRole('link', { name: 'Zustellung zeigen' }).click();
  await here.waitForURL(`**/sent/${id}`);
  const { parcels } = (await server.run('anna', ['list'])) as { parcels: { subject: string }[] };
  expect(parcels.filter(({ subject: of }) => of === 'Begonnen')).toHaveLength(1);
  expect(laptop.complaints.concat(phone.complaints)).toEqual([]);
  await laptop.context.close();
  await phone.context.close();
});

/** Fills the form that changes the SealPass; gives what sends it. */
async function changing(page: Page, sealPass: string): Promise<() => Promise<void>> {
  await page.getByRole('button', { name: 'SealPass ändern' }).click();
  await page.getByLabel('Bisheriges SealPass', { exact: true }).fill(SEALPASS.anna);
  await newSecret(page, 'Neues SealPass', sealPass);
  return () => page.getByRole('button', { name: 'SealPass ändern' }).click();
}

test('two browsers change the SealPass at once: both new ones open, the old one does not, nothing is lost', async () => {
  const news = ['tasse leiter kompass zwölf garten', 'mantel schnee orgel fünfzehn brunnen'] as const;
  const { id } = await server.send({ 'note.txt': random(100) }, ['--level', '4', '--subject', 'Vorher'], ['jan@example.test'], OWN);
  const devices = [await device('/sealpass'), await device('/sealpass')] as const;
  const go = [await changing(devices[0].page, news[0]), await changing(devices[1].page, news[1])] as const;
  await Promise.all(go.map((click) => click()));
  for (const { page } of devices) await page.getByText('Das neue SealPass gilt ab jetzt.').waitFor();
  await accessible(devices[0].page);
  for (const sealPass of news) {
    const later = await device(`/sent/${id}`);
    await later.page.getByRole('button', { name: 'Entsperren' }).click();
    await unlock(later.page, sealPass);
    await later.page.getByText('Vorher').first().waitFor();
    expect(later.complaints).toEqual([]);
    await later.context.close();
  }
  await invited(server, 'jan@example.test', 'Jan');
  expect(await refused(server.run('anna', ['release', id, '--words', 'a b c d e f'], OWN))).toBe('wrong_sealpass');
  for (const { complaints, context } of devices) {
    expect(complaints).toEqual([]);
    await context.close();
  }
});
