/**
 * The file object: one stream, cut into parts that travel on their own.
 *
 *     C    = Stream(FK, aad = T(file) || file_id)
 *     part j = C[j·P, (j+1)·P), P = 32·S = 8 MiB        h_j = SHA-256(part j)
 *     root = SHA-256(T(parts) || u64 |C| || h_0 || h_1 || …)
 */
import { refuse } from './error.ts';
import { u64 } from './format.ts';
import { NAMESPACE } from './namespace.ts';
import { concat, equal, sha256, TAG_LEN, type Bytes } from './primitives.ts';
import { HEADER, plainSize, SEGMENT, segmentCount, segmentOf, span, Stream, textOffset } from './stream.ts';

const SEGMENTS = 32;
/** P: bytes of a part, but for the last one. */
export const PART = SEGMENTS * SEGMENT;
/** Files of fewer bytes go into the parcel's pack. */
export const PACK_BELOW = 1 << 20;
/** Segments that WebCrypto works on at once; more gain nothing (measured). */
const IN_FLIGHT = 4;

/** Number of parts of a file object of `sealed` bytes; at least 1. */
export function partCount(sealed: number): number {
  plainSize(sealed);
  return Math.ceil(sealed / PART);
}

/** Bytes of part `index`. */
export function partLength(sealed: number, index: number): number {
  if (index < 0 || index >= partCount(sealed)) refuse('part_index');
  return Math.min(PART, sealed - index * PART);
}

/** Which bytes of the plaintext part `index` carries: [from, to). */
export function partText(sealed: number, index: number): { from: number; to: number } {
  const end = index * PART + partLength(sealed, index);
  return { from: textOffset(index * SEGMENTS), to: end === sealed ? plainSize(sealed) : textOffset(end / SEGMENT) };
}

/** Which parts carry the plaintext [from, to), as [first, end); empty for an empty range. */
export function partsOfText(sealed: number, from: number, to: number): { first: number; end: number } {
  if (to > plainSize(sealed) || from > to) refuse('size');
  if (from === to) return { first: 0, end: 0 };
  const part = (offset: number): number => Math.floor(segmentOf(offset) / SEGMENTS);
  return { first: part(from), end: part(to - 1) + 1 };
}

/** The root over all part hashes of a file object of `sealed` bytes. */
export function partsRoot(sealed: number, parts: readonly Bytes[]): Promise<Bytes> {
  return sha256(concat(NAMESPACE.parts, u64(sealed), ...parts));
}

export function fileStream(key: Bytes, id: Bytes, header: Bytes): Promise<Stream> {
  return Stream.derive(key, header, concat(NAMESPACE.file, id));
}

/** Runs `step` over the segments of a part, a few at a time. */
async function overSegments(sealed: number, part: number, step: (index: number) => Promise<void>): Promise<void> {
  let next = part * SEGMENTS;
  const end = Math.min(segmentCount(sealed), next + SEGMENTS);
  const lane = async (): Promise<void> => {
    while (next < end) await step(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

export interface SealedPart {
  bytes: Bytes;
  hash: Bytes;
}

/** Text that lies in a part's room before it is sealed: the text's [from, to) at `at`, where its segment will be. */
export interface Piece {
  at: number;
  from: number;
  to: number;
}

/** Where the text of part `index` lies before it is sealed in place; the pieces follow one another in the text. */
export function piecesOf(sealed: number, index: number): Piece[] {
  const end = Math.min(segmentCount(sealed), (index + 1) * SEGMENTS);
  return Array.from({ length: end - index * SEGMENTS }, (_, nth) => {
    const { from, to } = span(sealed, index * SEGMENTS + nth);
    const start = textOffset(index * SEGMENTS + nth);
    return { at: from - index * PART, from: start, to: start + to - from - TAG_LEN };
  });
}

/**
 * Seals part `index` of a file object of `sealed` bytes, whose text lies in the room as `piecesOf` says: the room is the part then. Parts are
 * independent. Going on with the same header is right only if every part that has a hash comes out with the same one.
 */
export async function sealPart(stream: Stream, sealed: number, index: number, room: Bytes): Promise<SealedPart> {
  await sealSegments(stream, sealed, index, room);
  return { bytes: room, hash: await sha256(room) };
}

/** As `sealPart`, without the hash. */
export async function sealSegments(stream: Stream, sealed: number, index: number, room: Bytes): Promise<void> {
  if (room.length !== partLength(sealed, index)) refuse('part_length');
  const pieces = piecesOf(sealed, index);
  if (index === 0) room.set(stream.header);
  await overSegments(sealed, index, async (segment) => {
    const { at, from, to } = pieces[segment - index * SEGMENTS] ?? refuse('part_index');
    const { last } = span(sealed, segment);
    room.set(await stream.sealSegment(segment, last, room.subarray(at, at + to - from)), at);
  });
}

/** Opens one file object; the header is learned from part 0. */
export class Opener {
  readonly sealed: number;
  readonly #key: Bytes;
  readonly #id: Bytes;
  #stream: Stream | undefined;

  constructor(key: Bytes, id: Bytes, sealed: number) {
    plainSize(sealed);
    this.#key = key;
    this.#id = id;
    this.sealed = sealed;
  }

  get knowsHeader(): boolean {
    return this.#stream !== undefined;
  }

  /** Gives the header, from the first 40 bytes of the file object. A wrong one opens nothing. */
  async setHeader(header: Bytes): Promise<void> {
    this.#stream ??= await fileStream(this.#key, this.#id, header);
  }

  /**
   * The text of part `index`, in pieces that follow one another. Nothing is given unless the whole part has the hash that
   * the manifest states and all its segments open.
   */
  async openPart(index: number, bytes: Bytes, hash: Bytes): Promise<Bytes[]> {
    if (bytes.length !== partLength(this.sealed, index)) refuse('part_length');
    if (!equal(await sha256(bytes), hash)) refuse('part_hash');
    // Only behind the hash: part 0 brings the header, and a foreign one must not be kept.
    if (index === 0) await this.setHeader(bytes.subarray(0, HEADER));
    const stream = this.#stream ?? refuse('header');
    const first = index * SEGMENTS;
    const pieces: Bytes[] = [];
    await overSegments(this.sealed, index, async (segment) => {
      const { last, from, to } = span(this.sealed, segment);
      pieces[segment - first] = await stream.openSegment(segment, last, bytes.subarray(from - index * PART, to - index * PART));
    });
    return pieces;
  }
}

/** Where the files of a parcel go: those below PACK_BELOW follow one another in one pack, in manifest order. */
export function packLayout(sizes: readonly number[]): { offsets: (number | undefined)[]; size: number | undefined } {
  let end: number | undefined;
  const offsets = sizes.map((size) => {
    if (size >= PACK_BELOW) return undefined;
    const offset = end ?? 0;
    end = offset + size;
    return offset;
  });
  return { offsets, size: end };
}
