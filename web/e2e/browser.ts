/** Debian's Chromium, and what every page is held to: no complaint in its console, no finding of axe. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from 'axe-core';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright';
import { expect } from 'vitest';

export const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });

export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** Errors on the console and uncaught ones. */
  complaints: string[];
}

/** What stood on the pages of the running test, for the report of a failed one: see `last-seen.ts`. */
export const lastSeen: string[] = [];
/** Contexts that nobody has closed. */
export const open = new Set<BrowserContext>();

export async function remember(context: BrowserContext): Promise<void> {
  for (const page of context.pages()) {
    const text = await page.evaluate(() => document.body.innerText).catch(() => 'no text');
    // Without what follows the #: it may open something.
    lastSeen.push(`${page.url().replace(/#.*/, '')}\n${text.slice(0, 1500)}`);
  }
}

/** Somebody with a browser of their own. */
export async function visitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'de-DE', timezoneId: 'Europe/Berlin', acceptDownloads: true, ...options });
  // A server that makes things durable waits for the disk, and a disk can be busy for a while.
  context.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  context.on('console', (message) => {
    // The browser says this of every answer that is an error, also of one that the page expects.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  const close = context.close.bind(context);
  open.add(context);
  context.close = async () => {
    open.delete(context);
    await remember(context);
    await close();
  };
  return { context, page: await context.newPage(), complaints };
}

/** WCAG 2.2 A and AA, and what axe holds for good practice. */
export async function accessible(page: Page): Promise<void> {
  // The page's policy lets nobody else's script in; the debugger's world may run one.
  await page.evaluate(AxeBuilder.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof AxeBuilder }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  expect(found).toEqual([]);
}

export interface Saved {
  name: string;
  bytes: Buffer;
}

/** What a click brings to the downloads. */
export async function saved(page: Page, click: () => Promise<void>): Promise<Saved> {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  const path = join(mkdtempSync(join(tmpdir(), 'depesche-')), 'file');
  await download.saveAs(path);
  return { name: download.suggestedFilename(), bytes: readFileSync(path) };
}

export const random = (size: number): Uint8Array => randomBytes(size);
export const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Types the address and opens the letter. */
export async function enter(page: Page, address = 'm.huber@beispiel.de'): Promise<void> {
  await page.getByLabel('Ihre E-Mail-Adresse').fill(address);
  await page.getByRole('button', { name: 'Öffnen', exact: true }).click();
}
