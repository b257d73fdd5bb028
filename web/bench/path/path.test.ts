/**
 * The whole path in Chromium: read, seal, hash, send. Beside it the same steps without our code around them, in the same page and
 * to the same server. And how the renderer's memory goes with 4 GiB.
 */
import { closeSync, openSync, readdirSync, readFileSync, writeSync, mkdtempSync, rmSync } from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cookie } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from '../../e2e/browser.ts';
import { writing } from '../../e2e/member.ts';
import { Server } from '../../e2e/server.ts';
import { Plain, type PlainPage } from './plain.ts';

const GIB = 1 << 30;
const ROUNDS = 3;
const LEAST = 0.8;
const MEMORY = 128 << 20;

let server: Server;
let folder: string;
/** Anna is logged in. */
let cookies: Cookie[];

beforeAll(async () => {
  folder = mkdtempSync(fileURLToPath(new URL('../../../target/web-bench-', import.meta.url)));
  server = await Server.start();
  const instrumented = await launch();
  const anna = await writing(instrumented, server);
  cookies = await anna.context.cookies();
  await instrumented.close();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, size: number): string {
  const path = join(folder, name);
  const out = openSync(path, 'w');
  const block = Buffer.alloc(8 << 20);
  for (let at = 0; at < size; at += block.length) writeSync(out, randomFillSync(block));
  closeSync(out);
  return path;
}

/** Anna at the compose page, in a browser that knows nothing of drafts. */
async function compose(browser: Plain): Promise<PlainPage> {
  const page = await browser.page(`${server.url}/new`, cookies);
  await page.until('input[type=radio][value="1"]');
  await page.evaluate(`document.querySelector('input[type=radio][value="1"]').click()`);
  return page;
}

/** From choosing the file to the last part at the server. */
async function ours(page: PlainPage, path: string): Promise<number> {
  const before = performance.now();
  await page.choose('input[type=file]', path);
  await page.until('li.verified');
  return performance.now() - before;
}

/** The steps alone. Runs in the page; knows the server's addresses and nothing of ours. */
async function stepsAlone(page: PlainPage, path: string): Promise<number> {
  await page.evaluate(`document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'alone' }))`);
  await page.choose('#alone', path);
  return page.run(async () => {
    const PART = 8 << 20;
    const SEGMENT = 262_144;
    const HEADER = 40;
    const TAG = 16;
    const LANES = 3;
    const input = document.querySelector<HTMLInputElement>('#alone');
    const chosen = input?.files?.[0];
    if (chosen === undefined) throw new Error('no file');
    const begun = performance.now();
    const name = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const body = chosen.size + HEADER;
    const sealed = body + Math.ceil(body / (SEGMENT - TAG)) * TAG;
    const [parcel, id] = [name(), name()];
    const headers = { 'content-type': 'application/json' };
    const announced = await fetch(`/api/v1/parcels/${parcel}`, { method: 'PUT', headers, body: JSON.stringify({ level: 1, files: [{ id, size: sealed }] }) });
    if (!announced.ok) throw new Error(`announce: ${announced.status} ${await announced.text()}`);
    const key = await crypto.subtle.importKey('raw', crypto.getRandomValues(new Uint8Array(32)), 'AES-GCM', false, ['encrypt']);
    let next = 0;
    const parts = Math.ceil(sealed / PART);
    const lane = async (): Promise<void> => {
      while (next < parts) {
        const part = next++;
        const out = new Uint8Array(Math.min(PART, sealed - part * PART));
        const first = part === 0 ? HEADER : 0;
        let segment = 0;
        const worker = async (): Promise<void> => {
          while (segment * SEGMENT < out.length) {
            const at = segment++ * SEGMENT;
            const from = at === 0 ? first : at;
            const size = Math.min(SEGMENT, out.length - at) - (from - at) - TAG;
            const start = Math.min(chosen.size - size, part * PART + at);
            const text = await chosen.slice(start, start + size).arrayBuffer();
            const iv = crypto.getRandomValues(new Uint8Array(12));
            out.set(new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, text)), from);
          }
        };
        await Promise.all([worker(), worker(), worker(), worker()]);
        await crypto.subtle.digest('SHA-256', out);
        const answer = await fetch(`/api/v1/parcels/${parcel}/files/${id}/parts/${part}`, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body: out });
        if (!answer.ok) throw new Error(`part ${part}: ${answer.status}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return performance.now() - begun;
  });
}

const middle = (values: number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;

test('the whole path, 1 GiB', async () => {
  const path = file('one.bin', GIB);
  const ratios: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const browser = new Plain();
    const page = await compose(browser);
    const alone = await stepsAlone(page, path);
    const taken = await ours(page, path);
    own.push(taken);
    ratios.push(alone / taken);
    await browser.close();
  }
  console.info(`bench: 1 GiB read, sealed, hashed, sent from a page | ${(middle(own) / 1000).toFixed(1)} s, ${(100 * middle(ratios)).toFixed(0)} % of the speed of the same steps alone`);
  expect(middle(ratios)).toBeGreaterThanOrEqual(LEAST);
});

/** Bytes of RAM of every renderer of the browser; the shared ones of the program are not counted. */
function renderers(): number {
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer')) continue;
      const anon = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      sum += Number(anon ?? 0) * 1024;
    } catch {
      // It ended meanwhile.
    }
  }
  return sum;
}

test('the renderer\'s memory, 4 GiB', async () => {
  const path = file('four.bin', 4 * GIB);
  const browser = new Plain();
  const page = await compose(browser);
  const before = renderers();
  let most = before;
  const watch = setInterval(() => { most = Math.max(most, renderers()); }, 100);
  const taken = await ours(page, path);
  clearInterval(watch);
  await browser.close();
  console.info(`bench: 4 GiB from a page, the renderer's memory | +${((most - before) / (1 << 20)).toFixed(0)} MiB, ${(taken / 1000).toFixed(0)} s`);
  expect(most - before).toBeLessThanOrEqual(MEMORY);
});
