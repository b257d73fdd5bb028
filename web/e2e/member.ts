/** A member's browser: logged in, writing, choosing, sending. */
import { expect } from 'vitest';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { visitor, type Visitor } from './browser.ts';
import { ANNA, type Server } from './server.ts';

export async function fillLogin(page: Page, password = ANNA.password, email = ANNA.email): Promise<void> {
  await page.getByLabel('E-Mail-Adresse', { exact: true }).fill(email);
  await page.getByLabel('Passwort', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
}

/** Anna at the compose page. The browser's own chooser of handles is away: tests fill the form's fields. */
export async function writing(browser: Browser, server: Server, options: BrowserContextOptions = {}): Promise<Visitor> {
  const anna = await visitor(browser, options);
  await anna.context.addInitScript(() => { for (const name of ['showOpenFilePicker', 'showDirectoryPicker']) Reflect.deleteProperty(globalThis, name); });
  await anna.page.goto(`${server.url}/new`);
  await fillLogin(anna.page);
  await anna.page.getByLabel('An', { exact: true }).waitFor();
  return anna;
}

export interface Written {
  to?: string[];
  subject?: string;
  message?: string;
  passOn?: boolean;
  level?: 1 | 2 | 3 | 4;
}

export async function write(page: Page, { to = ['bob@example.test'], subject = 'Unterlagen', message = '', passOn = true, level = 1 }: Written): Promise<void> {
  await page.locator(`input[type=radio][value="${level}"]`).check();
  await page.getByLabel('An', { exact: true }).fill(to.join(', '));
  await page.getByRole('textbox', { name: 'Betreff' }).fill(subject);
  if (message !== '') await page.getByRole('textbox', { name: 'Nachricht' }).fill(message);
  if (passOn && level <= 2) await page.getByLabel('Link selbst weitergeben').check();
}

export const choose = (page: Page, paths: string[]): Promise<void> => page.locator('input[type=file]').first().setInputFiles(paths);
export const chooseFolder = (page: Page, path: string): Promise<void> => page.locator('input[type=file]').nth(1).setInputFiles(path);
export const send = (page: Page): Promise<void> => page.getByRole('button', { name: 'Versiegeln und senden' }).click();

/** The links of the page that says "Sent", by address. */
export async function links(page: Page): Promise<Record<string, string>> {
  await page.getByRole('heading', { name: 'Gesendet' }).waitFor({ timeout: 90_000 });
  const rows = await page.getByRole('listitem').filter({ has: page.locator('code') }).all();
  const pairs = await Promise.all(rows.map(async (row) => [await row.locator('.to').innerText(), await row.locator('code').innerText()] as const));
  return Object.fromEntries(pairs);
}

export async function link(page: Page): Promise<string> {
  const [only] = Object.values(await links(page));
  if (only === undefined) throw new Error('no link on the page');
  return only;
}

/** Parts that were put, by their answers: `object/index`. */
export function parts(page: Page): { put: string[]; answered: string[] } {
  const seen = { put: [] as string[], answered: [] as string[] };
  const name = (url: string): string | undefined => /\/files\/([^/]+\/parts\/\d+)$/.exec(url)?.[1];
  page.context().on('request', (request) => {
    const part = name(request.url());
    if (part !== undefined && request.method() === 'PUT') seen.put.push(part);
  });
  page.context().on('response', (response) => {
    const part = name(response.url());
    if (part !== undefined && response.ok()) seen.answered.push(part);
  });
  return seen;
}

/** What `depesche fetch` brought: hash by name. */
export async function fetched(server: Server, url: string, env: Record<string, string> = {}, home = 'bob'): Promise<Record<string, string>> {
  const answer = await server.run(home, ['fetch', url, '--out', server.folder({}), '--email', `${home}@example.test`], env);
  const files = answer.files as { name: string; sha256: string }[];
  expect(Array.isArray(files)).toBe(true);
  return Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]));
}
