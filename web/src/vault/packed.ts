/** gzip (RFC 1952), in and out; the browser does it. */
import { refuse } from '../seal/error.ts';
import type { Bytes } from '../seal/primitives.ts';

/** A stream's pieces. (Not every browser lets one iterate over the stream itself.) */
export async function* piecesOf(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = stream?.getReader();
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) yield next.value;
}

async function gathered(stream: ReadableStream<Uint8Array>, most: number): Promise<Bytes> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(stream)) {
    size += piece.length;
    if (size > most) refuse('too_large');
    pieces.push(piece);
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

const through = (bytes: Bytes, step: CompressionStream | DecompressionStream): ReadableStream<Uint8Array> => new Blob([bytes]).stream().pipeThrough(step);

export const pack = (bytes: Bytes): Promise<Bytes> => gathered(through(bytes, new CompressionStream('gzip')), Infinity);

/** Stops at `most` bytes: more is a trap. */
export async function unpack(packed: Bytes, most: number): Promise<Bytes> {
  try {
    return await gathered(through(packed, new DecompressionStream('gzip')), most);
  } catch (error) {
    // What is no gzip is a TypeError.
    if (error instanceof TypeError) refuse('handoff_packed');
    throw error;
  }
}
