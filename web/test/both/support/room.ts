/** A part's room with its text in it, ready to be sealed. */
import { partLength, piecesOf } from '../../../src/seal/file.ts';
import type { Bytes } from '../../../src/seal/primitives.ts';

export function roomOf(text: Bytes, sealed: number, part: number): Bytes {
  const room = new Uint8Array(partLength(sealed, part));
  for (const { at, from, to } of piecesOf(sealed, part)) room.set(text.subarray(from, to), at);
  return room;
}
