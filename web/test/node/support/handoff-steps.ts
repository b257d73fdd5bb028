/** What people do on the handoff pages, against any server. */
import { readdirSync, readFileSync } from 'node:fs';
import { devices, type BrowserContextOptions, type Page } from 'playwright';
import { expect } from 'vitest';
import { scan } from './scan.ts';

const SETTINGS = new URL('../../../../crates/settings/tests/', import.meta.url);
const GOLDEN = new URL('golden/bundle.json/', SETTINGS);
/** A bundle as the command line seals it. */
export const BUNDLE = readFileSync(new URL('bundle/settings.depesche-settings.json', GOLDEN));
export const BUNDLE_NAME = 'settings.depesche-settings.json';
export const BUNDLE_TYPE = 'application/vnd.depesche.settings+json';

/** The golden files of a target, by name. */
export function golden(target: string): Record<string, Buffer> {
  const folder = new URL(`${target}/`, GOLDEN);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(new URL(encodeURIComponent(name), folder))]));
}

const sized = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true } as const;
export const ANDROID: BrowserContextOptions = { ...sized, userAgent: devices['Pixel 7'].userAgent };
export const IPHONE: BrowserContextOptions = { ...sized, userAgent: devices['iPhone 14'].userAgent };

/** Chooses a file at `/handoff`; gives what the code on the screen says, as another device reads it. */
export async function offer(page: Page, base: string, bytes: Uint8Array = BUNDLE, name = BUNDLE_NAME, mimeType = BUNDLE_TYPE): Promise<string> {
  await page.goto(`${base}/handoff`);
  await page.getByRole('heading', { name: 'An ein anderes Gerät übergeben' }).waitFor();
  await choose(page, bytes, name, mimeType);
  return codeOn(page);
}

export const choose = (page: Page, bytes: Uint8Array, name = BUNDLE_NAME, mimeType = BUNDLE_TYPE): Promise<void> =>
  page.locator('input[type=file]').first().setInputFiles({ name, mimeType, buffer: Buffer.from(bytes) });

export async function codeOn(page: Page): Promise<string> {
  const code = page.getByRole('img', { name: 'Code zum Scannen' });
  await code.waitFor();
  const { text } = await scan(page.context(), await code.screenshot());
  expect(text).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/h\/[\w-]{22}#[12]\.[\w-]{43}$/);
  return text ?? '';
}

/** The phone's camera has opened the link; a person taps. */
export async function take(phone: Page, url: string): Promise<void> {
  await phone.goto(url);
  await phone.getByRole('heading', { name: 'Etwas wartet auf dieses Gerät' }).waitFor();
  expect(await phone.evaluate(() => location.href)).not.toContain('#');
  await phone.getByRole('button', { name: 'Abholen' }).click();
  await phone.getByRole('heading', { name: 'Das ist für Sie angekommen' }).waitFor();
}

/** The three words on a screen. */
export async function wordsOn(page: Page): Promise<string> {
  const words = page.locator('strong').filter({ hasText: ' · ' });
  await words.waitFor();
  return words.innerText();
}

export const typedOn = (page: Page): Promise<string> => page.getByRole('list', { name: 'Sechs Wörter' }).getByRole('listitem').allInnerTexts().then((words) => words.join(' '));
