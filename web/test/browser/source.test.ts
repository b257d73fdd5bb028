/** Reading chosen files into the rooms where parts are sealed: by a stream, piece by piece, and what is said of a file that is gone. */
import { afterEach, expect, test, vi } from 'vitest';
import { partLength, piecesOf } from '../../src/seal/file.ts';
import { equal, random, type Bytes } from '../../src/seal/primitives.ts';
import { sealedSize } from '../../src/seal/stream.ts';
import type { DraftFile, DraftObject } from '../../src/vault/draft-record.ts';
import { Sources, type Fill } from '../../src/vault/source.ts';

function text(size: number): Bytes {
  const out = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) out.set(random(Math.min(65_536, size - at)), at);
  return out;
}

/** A file object of these files. */
function chosen(...texts: Bytes[]): { sources: Sources; fill: Fill; sealed: number } {
  const sources = new Sources();
  const files = new Map<string, DraftFile>();
  for (const [at, bytes] of texts.entries()) {
    sources.set(`f${at}`, new File([bytes], `f${at}`));
    files.set(`f${at}`, { id: `f${at}`, size: bytes.length } as DraftFile);
  }
  const object = { files: [...files.keys()] } as DraftObject;
  return { sources, fill: sources.filler(object, files), sealed: sealedSize(texts.reduce((sum, { length }) => sum + length, 0)) };
}

/** The text that lies in a room. */
async function read(fill: Fill, sealed: number, part: number, lent?: Bytes): Promise<{ room: Bytes; text: Bytes }> {
  const pieces = piecesOf(sealed, part);
  const room = await fill(partLength(sealed, part), pieces, lent);
  const out = new Uint8Array((pieces.at(-1)?.to ?? 0) - (pieces[0]?.from ?? 0));
  for (const { at, from, to } of pieces) out.set(room.subarray(at, at + to - from), from - (pieces[0]?.from ?? 0));
  return { room, text: out };
}

const BIG = text(9_000_000);
const FIRST = 8_388_608 - 40 - 32 * 16;

afterEach(() => { vi.restoreAllMocks(); });

test('a file of two parts, by a stream into a room that is lent again', async () => {
  const { fill, sealed } = chosen(BIG);
  const first = await read(fill, sealed, 0);
  expect(equal(first.text, BIG.subarray(0, FIRST))).toBe(true);
  expect(equal((await read(fill, sealed, 1, first.room)).text, BIG.subarray(FIRST))).toBe(true);
  const again = await read(fill, sealed, 0, first.room);
  expect(equal(again.text, BIG.subarray(0, FIRST))).toBe(true);
  expect(first.room.length).toBe(0);
});

test('the same without such streams, and when one breaks off', async () => {
  const { fill, sealed } = chosen(BIG);
  vi.spyOn(Blob.prototype, 'stream').mockImplementation(() => { throw new TypeError('no stream'); });
  expect(equal((await read(fill, sealed, 0)).text, BIG.subarray(0, FIRST))).toBe(true);
  const short = new ReadableStream({ type: 'bytes', start: (controller) => { controller.enqueue(new Uint8Array(10)); controller.close(); controller.byobRequest?.respond(0); } });
  vi.spyOn(Blob.prototype, 'stream').mockReturnValue(short);
  expect(equal((await read(fill, sealed, 0)).text, BIG.subarray(0, FIRST))).toBe(true);
});

test('files of a pack follow one another; an empty one has its room', async () => {
  const texts = [text(300_000), text(0), text(700_000), text(1)];
  const { fill, sealed } = chosen(...texts);
  expect(equal((await read(fill, sealed, 0)).text, new Uint8Array(texts.flatMap((bytes) => [...bytes])))).toBe(true);
  const empty = chosen(text(0));
  expect(equal((await read(empty.fill, empty.sealed, 0)).text, new Uint8Array(0))).toBe(true);
});

test('a file that is shorter than it was has changed; one that is not there cannot be read', async () => {
  const { sources, fill, sealed } = chosen(BIG);
  sources.set('f0', new File([BIG.subarray(1)], 'f0'));
  await read(fill, sealed, 0);
  await expect(read(fill, sealed, 1)).rejects.toMatchObject({ file: 'f0', why: 'changed' });
  sources.delete('f0');
  await expect(read(fill, sealed, 1)).rejects.toMatchObject({ file: 'f0', why: 'unreadable' });
});
