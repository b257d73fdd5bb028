/** Unlocking against the fastest WASM build of Argon2id in the same page: 128 MiB, three passes; and the page meanwhile. */
import simd from 'argon2id/dist/simd.wasm?url';
import plain from 'argon2id/dist/no-simd.wasm?url';
import setup from 'argon2id/lib/setup.js';
import { expect, test } from 'vitest';
import { sealPassMaster, sealPassParams } from '../src/seal/lock.ts';
import { random } from '../src/seal/primitives.ts';

const ROUNDS = 5;
const MOST = 1.7;
const PASSWORD = 'correct horse battery staple';

async function best(run: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = performance.now();
    await run();
    least = Math.min(least, performance.now() - before);
  }
  return least;
}

test('ours takes at most 1.7 times as long', async () => {
  const load = (url: string) => async (imports: WebAssembly.Imports) => WebAssembly.instantiate(await (await fetch(url)).arrayBuffer(), imports);
  const params = sealPassParams(random(16));
  const text = new TextEncoder().encode(PASSWORD);
  const other = async (): Promise<Uint8Array> => {
    const argon2id = await setup(load(simd), load(plain));
    return argon2id({ password: text, salt: params.salt, memorySize: params.memory, passes: params.passes, parallelism: 1, tagLength: 32 });
  };
  const ours = (): Promise<Uint8Array> => sealPassMaster({ kind: 'sealpass', params }, PASSWORD);
  expect(await ours()).toEqual(await other());
  const [own, theirs] = [await best(ours), await best(other)];
  console.info(`bench: unlocking, beside the fastest WASM build of Argon2id | ${own.toFixed(0)} ms, ${(own / Math.min(own, theirs)).toFixed(2)} x its time`);
  expect(own / Math.min(own, theirs)).toBeLessThanOrEqual(MOST);
});

test('in a Worker the page never waits longer than a frame or two', async () => {
  const worker = new Worker(new URL('./unlock-worker.ts', import.meta.url), { type: 'module' });
  const done = new Promise<void>((resolve) => { worker.onmessage = () => { resolve(); }; });
  let [last, longest, running] = [performance.now(), 0, true];
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setTimeout(tick, 0);
  };
  tick();
  worker.postMessage(PASSWORD);
  await done;
  running = false;
  worker.terminate();
  console.info(`bench: unlocking in the Worker, the page's longest wait | ${longest.toFixed(0)} ms`);
  expect(longest).toBeLessThanOrEqual(50);
});
