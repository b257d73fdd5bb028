/** A person with a login and a SealPass: the steps that the stories have in common. */
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { visitor, type Visitor } from './browser.ts';
import { fillLogin } from './member.ts';
import { ANNA, Server, type Mail } from './server.ts';

export const SEALPASS = { anna: 'birne kutsche nordwind elf teppich', guest: 'wolke pinsel bratpfanne dreizehn ufer' };
export const PASSWORD = 'fliederbusch wandert leise nachts';

/** A server that offers all levels; Anna is logged in at the command line and has a SealPass. */
export async function allLevels(): Promise<Server> {
  const server = await Server.start({ demo: true, settings: { DEPESCHE_LEVELS__HIGHEST: '4' } });
  await server.run('anna', ['login', ANNA.email], { DEPESCHE_PASSWORD: ANNA.password });
  await server.run('anna', ['sealpass', 'setup', '--language', 'de'], { DEPESCHE_SEALPASS: SEALPASS.anna });
  return server;
}

/** The invitation in a mail. */
export function registerLink(mail: Mail): string {
  const link = /https?:\/\/\S+\/register\/\S+/.exec(mail.text)?.[0];
  if (link === undefined) throw new Error(`no invitation in ${mail.subject}`);
  return link;
}

/** Fills both entries of a new secret and waits for the meter. */
export async function newSecret(page: Page, label: string, secret: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(secret);
  await page.getByLabel('Noch einmal', { exact: true }).fill(secret);
  await page.locator('.strength:is(.v2, .v3)').waitFor();
}

/** Sets up the SealPass on the page that asks for it; gives the code of the recovery kit. */
export async function setUp(page: Page, sealPass: string): Promise<string> {
  await page.getByRole('heading', { name: 'Richten Sie Ihr SealPass ein' }).waitFor();
  await newSecret(page, 'SealPass', sealPass);
  await page.getByRole('button', { name: 'Weiter zum Notfallblatt' }).click();
  await page.getByRole('heading', { name: 'Drucken oder speichern Sie Ihr Notfallblatt' }).waitFor();
  const code = (await page.locator('.groups').innerText()).trim().replace(/\s+/g, '-');
  await page.getByLabel('Ich habe es verwahrt').check();
  await page.getByRole('button', { name: 'Fertig' }).click();
  return code;
}

export async function register(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Ihr Name').fill(name);
  await newSecret(page, 'Passwort zum Anmelden', PASSWORD);
  await page.getByRole('button', { name: 'Konto anlegen' }).click();
}

/** Somebody who was written to accepts the invitation by the command line; with a SealPass or without. */
export async function invited(server: Server, email: string, name: string, sealPass = true): Promise<void> {
  const link = registerLink(await server.mailTo(email, ({ text }) => text.includes('/register/')));
  await server.run(email, ['register', link, '--name', name], { DEPESCHE_PASSWORD: PASSWORD });
  if (sealPass) await server.run(email, ['sealpass', 'setup', '--language', 'de'], { DEPESCHE_SEALPASS: SEALPASS.guest });
}

/** The stable word of a refusal by the command line. */
export async function refused(done: Promise<unknown>): Promise<string> {
  const said = await done.then(() => '', (error: unknown) => (error instanceof Error ? error.message : ''));
  return /"code":"(\w+)"/.exec(said)?.[1] ?? '';
}

/** Whoever asks for the SealPass gets it. */
export async function unlock(page: Page, sealPass: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Ihr SealPass', { exact: true }).fill(sealPass);
  await dialog.getByRole('button', { name: 'Entsperren' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

/** A browser with somebody logged in. */
export async function loggedIn(browser: Browser, server: Server, email: string, password: string, path = '/received', options: BrowserContextOptions = {}): Promise<Visitor> {
  const person = await visitor(browser, options);
  await person.context.addInitScript(() => { for (const name of ['showOpenFilePicker', 'showDirectoryPicker', 'showSaveFilePicker']) Reflect.deleteProperty(globalThis, name); });
  await person.page.goto(`${server.url}/login?to=${encodeURIComponent(path)}`);
  await fillLogin(person.page, password, email);
  // Going elsewhere at once would break the login off.
  await person.page.waitForURL((url) => url.pathname !== '/login');
  return person;
}

/** The six words on the page. */
export async function words(page: Page): Promise<string[]> {
  const items = page.getByRole('list', { name: /Ihre sechs Wörter|Sechs Wörter/ }).getByRole('listitem');
  await items.first().waitFor();
  return (await items.allInnerTexts()).map((text) => text.replace(/^\d+\s*/, ''));
}
