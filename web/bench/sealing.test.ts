/** Sealing alone, from memory, beside what others would do in the same page: openpgp.js and age's JavaScript. They hash nothing. */
import { Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { createMessage, encrypt, enums } from 'openpgp';
import { expect, test } from 'vitest';
import { fileStream, partCount, sealPart, sealSegments } from '../src/seal/file.ts';
import { random, type Bytes } from '../src/seal/primitives.ts';
import { makeHeader, sealedSize } from '../src/seal/stream.ts';
import { roomOf } from '../test/both/support/room.ts';

const SIZE = 512 << 20;
const ROUNDS = 3;
const LEAST = 3;
/** Parts under way at once, as in the upload. */
const LANES = 2;

/** Every part in its room, where its text lies. */
async function depesche(rooms: readonly Bytes[], seal: (...part: Parameters<typeof sealPart>) => Promise<unknown>): Promise<void> {
  const stream = await fileStream(random(32), random(16), makeHeader(random));
  const rest = rooms.entries();
  const lane = async (): Promise<void> => {
    for (const [part, room] of rest) await seal(stream, sealedSize(SIZE), part, room);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

const CHUNK = 1 << 20;

function streamed(text: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= text.length) controller.close();
      else controller.enqueue(text.subarray(at, (at += CHUNK)));
    },
  });
}

async function drained(stream: ReadableStream<Uint8Array>): Promise<void> {
  let size = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.length;
  expect(size).toBeGreaterThan(SIZE);
}

async function age(text: Uint8Array<ArrayBuffer>): Promise<void> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(await generateIdentity()));
  await drained(await encrypter.encrypt(streamed(text)));
}

async function openpgp(text: Uint8Array<ArrayBuffer>): Promise<void> {
  const message = await createMessage({ binary: streamed(text) });
  const config = { aeadProtect: true, preferredAEADAlgorithm: enums.aead.gcm };
  const sealed: unknown = await encrypt({ message, passwords: 'a password for the bench only', format: 'binary', config });
  await drained(sealed as ReadableStream<Uint8Array>);
}

async function seconds(run: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await run();
  return (performance.now() - before) / 1000;
}

const middle = (values: number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;

test('sealing 512 MiB from memory', async () => {
  const text = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += 65_536) crypto.getRandomValues(text.subarray(at, at + 65_536));
  const rooms = Array.from({ length: partCount(sealedSize(SIZE)) }, (_, part) => roomOf(text, sealedSize(SIZE), part));
  const ratios: Record<string, number[]> = { 'openpgp.js': [], 'age-encryption': [] };
  const [own, hashed]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = await seconds(() => depesche(rooms, sealSegments));
    own.push(ours);
    hashed.push(await seconds(() => depesche(rooms, sealPart)));
    ratios['openpgp.js']?.push((await seconds(() => openpgp(text))) / ours);
    ratios['age-encryption']?.push((await seconds(() => age(text))) / ours);
  }
  console.info(`bench: sealing 512 MiB in a page | ${middle(own).toFixed(2)} s; with part hashes ${middle(hashed).toFixed(2)} s`);
  for (const [name, each] of Object.entries(ratios)) {
    console.info(`bench: the same by ${name} | ${middle(each).toFixed(1)} x as long`);
    expect(middle(each)).toBeGreaterThanOrEqual(LEAST);
  }
});
