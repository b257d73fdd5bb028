/** A bundle of 170 KiB over a phone's network: from the scan to the list of what is inside, beside plainly downloading as many bytes. */
import { createServer, type Server as Http } from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, visitor } from '../../e2e/browser.ts';
import { Server } from '../../e2e/server.ts';
import { ANDROID, BUNDLE, BUNDLE_NAME, BUNDLE_TYPE, offer } from '../../test/node/support/handoff-steps.ts';

const SIZE = 170 << 10;
const ROUNDS = 5;
const MOST = 1.5;
/** What Chromium's developer tools call "Fast 4G": bytes each second, and ms before each answer. */
const FAST_4G = { offline: false, downloadThroughput: (9e6 / 8) * 0.9, uploadThroughput: (1.5e6 / 8) * 0.9, latency: 165 };

let browser: Browser;
let server: Server;
let plain: Http;

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  const body = randomBytes(SIZE);
  // What a person would otherwise get by scanning: a page with one link, and the file behind it.
  plain = createServer((request, answer) => {
    answer.setHeader('content-type', request.url === '/' ? 'text/html' : 'text/plain');
    answer.end(request.url === '/' ? '<!doctype html><a href="/file">file</a>' : body);
  }).listen(0, '127.0.0.1');
});
afterAll(async () => {
  plain.close();
  await Promise.all([browser.close(), server.stop()]);
});

interface Bundle {
  templates: { id: string; message?: string }[];
  blobs: Record<string, { type: string; data: string }>;
}

/** The sample with as many templates more as it takes: letters with a scanned signature, which do not compress. */
function bundle(): Uint8Array {
  const whole = JSON.parse(BUNDLE.toString()) as Bundle;
  const [first] = whole.templates;
  if (first === undefined) throw new Error('the sample has no template');
  for (let size = BUNDLE.length; size < SIZE; size += 8000) {
    const letter = Buffer.from(`Subject: Letter ${size}\r\nContent-Transfer-Encoding: base64\r\nContent-Type: image/png\r\n\r\n${randomBytes(4200).toString('base64')}\r\n`);
    const name = `sha256-${createHash('sha256').update(letter).digest('hex')}`;
    whole.blobs[name] = { type: 'message/rfc822', data: letter.toString('base64') };
    whole.templates.push({ ...first, id: `more-${size}`, message: name });
  }
  return new TextEncoder().encode(JSON.stringify(whole));
}

async function throttled(): Promise<{ page: Page; close: () => Promise<void> }> {
  const phone = await visitor(browser, ANDROID);
  const session = await phone.context.newCDPSession(phone.page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', FAST_4G);
  return { page: phone.page, close: () => phone.context.close() };
}

/** Opens a page whose script notes when it is through, in ms since the page was asked for: whoever looks from outside sees it late. */
async function through(url: string, script: () => void): Promise<number> {
  const { page, close } = await throttled();
  await page.addInitScript(script);
  await page.goto(url, { waitUntil: 'commit' });
  const done = await page.waitForFunction(() => (globalThis as { through?: number }).through);
  const time = await done.jsonValue();
  await close();
  return time ?? NaN;
}

/** From the scan to the list of contents; tapped as soon as there is something to tap. */
const taken = (url: string): Promise<number> =>
  through(url, () => {
    let tapped = false;
    new MutationObserver(() => {
      const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent.trim() === 'Abholen');
      if (!tapped && button) {
        tapped = true;
        button.click();
      }
      const shown = [...document.querySelectorAll('h1')].some(({ textContent }) => textContent === 'Das ist für Sie angekommen');
      if (shown) (globalThis as { through?: number }).through ??= performance.now();
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });

const downloaded = (): Promise<number> =>
  through(`http://127.0.0.1:${(plain.address() as AddressInfo).port}/`, () => {
    addEventListener('DOMContentLoaded', () => {
      void fetch('/file').then((answer) => answer.arrayBuffer()).then(() => { (globalThis as { through?: number }).through = performance.now(); });
    });
  });

const middle = (values: number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;

test('170 KiB on a phone', async () => {
  const desk = await visitor(browser);
  const bytes = bundle();
  const [own, ratios]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const url = await offer(desk.page, server.url, bytes, BUNDLE_NAME, BUNDLE_TYPE);
    const [ours, theirs] = [await taken(url), await downloaded()];
    own.push(ours);
    ratios.push(ours / theirs);
  }
  await desk.context.close();
  console.info(`bench: a bundle of 170 KiB on "Fast 4G", from the scan to the list | ${(middle(own) / 1000).toFixed(2)} s, ${middle(ratios).toFixed(2)} x plainly downloading it`);
  expect(middle(ratios)).toBeLessThanOrEqual(MOST);
});
