/**
 * The stream: Google Tink's AES-GCM-HKDF streaming AEAD with 256 KiB segments.
 *
 *     28 | salt 32 | prefix 7 | segment 0 | segment 1 | …      (28 is the header's length, 40)
 *     K = KDF(ikm, salt, aad)
 *     segment i = AES-256-GCM(K, nonce = prefix || u32 i || last, empty aad)
 *
 * Segment i is the bytes [i·S, (i+1)·S); segment 0 includes the header. The number and the last flag are in the nonce, so
 * segments open alone and in any order, and none can be dropped, moved or appended.
 *
 * Who keeps the nonces unique: the header is drawn at random for every stream, and nobody seals two different texts under
 * one header. Going on after a stop must compare part hashes first.
 */
import { refuse } from './error.ts';
import { concat, type Bytes, aead, aeadOpen, aeadSeal, kdf, NONCE_LEN, TAG_LEN, type Aead, type Random } from './primitives.ts';

/** S: bytes of a ciphertext segment. */
export const SEGMENT = 262_144;
/** Bytes of text in a full segment, but for segment 0 which has HEADER less. */
const SEGMENT_TEXT = SEGMENT - TAG_LEN;
/** Bytes of the header. */
export const HEADER = 40;
const MIN_SEALED = HEADER + TAG_LEN;
/** 2^32 segments, one pebibyte. */
const MAX_SEALED = SEGMENT * 2 ** 32;
const MAX_PLAIN = MAX_SEALED - HEADER - TAG_LEN * 2 ** 32;
const PREFIX_AT = 33;
const NOTHING = new Uint8Array(0);

/** Bytes of the stream over `plain` bytes of text. */
export function sealedSize(plain: number): number {
  if (!(plain >= 0 && plain <= MAX_PLAIN)) refuse('size');
  const body = plain + HEADER;
  return body + Math.ceil(body / SEGMENT_TEXT) * TAG_LEN;
}

/** Bytes of text in a stream of `sealed` bytes; refused where no text gives that size. */
export function plainSize(sealed: number): number {
  if (!(sealed >= MIN_SEALED && sealed <= MAX_SEALED)) refuse('size');
  const segments = segmentCount(sealed);
  const last = sealed - (segments - 1) * SEGMENT;
  // A last segment that holds a tag alone would be a second form of the same text.
  if (segments > 1 && last <= TAG_LEN) refuse('size');
  return sealed - HEADER - segments * TAG_LEN;
}

export const segmentCount = (sealed: number): number => Math.ceil(sealed / SEGMENT);

/** Where the text of segment `index` begins in the plaintext. */
export const textOffset = (index: number): number => (index === 0 ? 0 : index * SEGMENT_TEXT - HEADER);

/** Which segment carries byte `offset` of the plaintext. */
export const segmentOf = (offset: number): number => Math.floor((offset + HEADER) / SEGMENT_TEXT);

/** The 40 bytes a stream begins with, fresh. A header seals one text only, ever. */
export function makeHeader(random: Random): Bytes {
  return concat(new Uint8Array([HEADER]), random(HEADER - 1));
}

/** One stream's key, ready for any segment. */
export class Stream {
  readonly header: Bytes;
  readonly #key: Aead;

  private constructor(header: Bytes, key: Aead) {
    this.header = header;
    this.#key = key;
  }

  /** `aad` binds what the stream is and belongs to. */
  static async derive(ikm: Bytes, header: Bytes, aad: Bytes): Promise<Stream> {
    if (header.length !== HEADER || header[0] !== HEADER) refuse('header');
    return new Stream(header.slice(), await aead(await kdf(ikm, header.slice(1, PREFIX_AT), aad)));
  }

  #nonce(index: number, last: boolean): Bytes {
    const nonce = new Uint8Array(NONCE_LEN);
    nonce.set(this.header.subarray(PREFIX_AT));
    new DataView(nonce.buffer).setUint32(HEADER - PREFIX_AT, index);
    nonce[NONCE_LEN - 1] = last ? 1 : 0;
    return nonce;
  }

  sealSegment(index: number, last: boolean, text: Bytes): Promise<Bytes> {
    if (text.length > SEGMENT_TEXT) refuse('size');
    return aeadSeal(this.#key, this.#nonce(index, last), NOTHING, text);
  }

  async openSegment(index: number, last: boolean, sealed: Bytes): Promise<Bytes> {
    if (sealed.length < TAG_LEN || sealed.length > SEGMENT) refuse('size');
    return (await aeadOpen(this.#key, this.#nonce(index, last), NOTHING, sealed)) ?? refuse('authentication');
  }
}

/** Where one segment lies in the ciphertext: tag included, header excluded. */
export interface Span {
  index: number;
  last: boolean;
  from: number;
  to: number;
}

/** Segment `index` of a stream of `sealed` bytes. */
export function span(sealed: number, index: number): Span {
  const start = index * SEGMENT;
  return {
    index,
    last: index + 1 === segmentCount(sealed),
    from: index === 0 ? HEADER : start,
    to: Math.min(sealed, start + SEGMENT),
  };
}

/** Seals a whole text that fits into memory. */
export async function sealAll(ikm: Bytes, header: Bytes, aad: Bytes, text: Bytes): Promise<Bytes> {
  const stream = await Stream.derive(ikm, header, aad);
  const out = new Uint8Array(sealedSize(text.length));
  out.set(header);
  let taken = 0;
  for (let index = 0; index < segmentCount(out.length); index += 1) {
    const { last, from, to } = span(out.length, index);
    const size = to - from - TAG_LEN;
    out.set(await stream.sealSegment(index, last, text.subarray(taken, taken + size)), from);
    taken += size;
  }
  return out;
}

/** Opens a whole stream that fits into memory. */
export async function openAll(ikm: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes> {
  const text = new Uint8Array(plainSize(sealed.length));
  const stream = await Stream.derive(ikm, sealed.subarray(0, HEADER), aad);
  let at = 0;
  for (let index = 0; index < segmentCount(sealed.length); index += 1) {
    const { last, from, to } = span(sealed.length, index);
    const piece = await stream.openSegment(index, last, sealed.subarray(from, to));
    text.set(piece, at);
    at += piece.length;
  }
  return text;
}
