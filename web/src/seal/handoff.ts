/**
 * A handoff: one secret HS in a code on a screen, and sealed bytes in a server's memory.
 *
 *     sealed = Stream(KDF(HS, empty, T(handoff-key)), aad = T(handoff), u32 length || packed || zeros)
 *
 * The sealed bytes have one of `SIZES`, so that their number tells little. `packed` is gzip (RFC 1952) of a content
 * (handoff-content.ts); packing is the caller's. Everything the server is shown is derived from HS under its own label, and
 * it keeps hashes only.
 */
import { refuse } from './error.ts';
import { concat, u32 } from './format.ts';
import { T } from './namespace.ts';
import { aead, aeadOpen, aeadSeal, argon2id, kdf, KEY_LEN, NONCE_LEN, sha256, TAG_LEN, type Bytes, type Random } from './primitives.ts';
import { makeHeader, openAll, plainSize, sealAll } from './stream.ts';
import { parsePhrase, words } from './words.ts';

const LABEL = {
  /** Key of a handoff's stream. */
  key: T('handoff-key'),
  /** Associated data of its stream. */
  stream: T('handoff'),
  /** What a device shows to take it. */
  auth: T('handoff-auth'),
  /** What a device shows to fill an empty slot. */
  fill: T('handoff-fill'),
  /** The words that both screens show. */
  words: T('handoff-words'),
  /** Salt of the typed words. */
  type: T('handoff-type'),
  /** Where the typed words lead. */
  find: T('handoff-find'),
  /** Key that wraps HS under the typed words. */
  wrap: T('handoff-wrap'),
} as const;

/** What sealed bytes may number: 4 KiB and its doubles up to 8 MiB. */
export const SIZES = Array.from({ length: 12 }, (_, doubled) => 4096 * 2 ** doubled);
/** Words that both screens show. */
export const CHECK_WORDS = 3;
/** Words to be typed. */
export const TYPED_WORDS = 6;
/** Bytes of a wrapped HS: nonce, HS, tag. */
export const WRAP_LEN = NONCE_LEN + KEY_LEN + TAG_LEN;

const LENGTH = 4;
const ARGON2_MEMORY = 64 * 1024;
const ARGON2_PASSES = 3;
const EMPTY = new Uint8Array(0);

/** HS: 32 random bytes, fresh for every handoff. Only the code on the screen carries it. */
export const makeSecret = (random: Random): Bytes => random(KEY_LEN);

const room = (size: number): number => plainSize(size) - LENGTH;

/** The smallest of `SIZES` that takes `packed` bytes. */
export const sizeFor = (packed: number): number => SIZES.find((size) => packed <= room(size)) ?? refuse('too_large');

/** What a device shows that has the code; the server keeps its hash. */
export const handoffAuth = (secret: Bytes): Promise<Bytes> => kdf(secret, EMPTY, LABEL.auth);

/** What a device shows that fills an empty slot; the server keeps its hash. */
export const handoffFill = (secret: Bytes): Promise<Bytes> => kdf(secret, EMPTY, LABEL.fill);

/** The three words that both screens show, once a device has drawn its token: `device` = SHA-256(token). */
export async function checkWords(secret: Bytes, id: Bytes, device: Bytes): Promise<string[]> {
  return words(await kdf(secret, concat(id, device), LABEL.words), CHECK_WORDS, 'en');
}

/** Seals what was packed. */
export async function sealHandoff(secret: Bytes, random: Random, packed: Bytes): Promise<Bytes> {
  const text = new Uint8Array(LENGTH + room(sizeFor(packed.length)));
  text.set(u32(packed.length));
  text.set(packed, LENGTH);
  return sealAll(await kdf(secret, EMPTY, LABEL.key), makeHeader(random), LABEL.stream, text);
}

/** Opens sealed bytes and gives what was packed. */
export async function openHandoff(secret: Bytes, sealed: Bytes): Promise<Bytes> {
  if (!SIZES.includes(sealed.length)) refuse('size');
  const text = await openAll(await kdf(secret, EMPTY, LABEL.key), LABEL.stream, sealed);
  const length = new DataView(text.buffer).getUint32(0);
  if (length > text.length - LENGTH) refuse('length');
  // The least size, or the next: a writer may take every other size only.
  if (text.subarray(LENGTH + length).some((byte) => byte !== 0) || sealed.length > 2 * sizeFor(length)) refuse('padding');
  return text.slice(LENGTH, LENGTH + length);
}

/** Six words that stand for a code where there is no camera: 77 bits. Joined by `-`. */
export async function makeTyped(random: Random): Promise<string> {
  return (await words(random(KEY_LEN), TYPED_WORDS, 'en')).join('-');
}

/** Reads them as typed. */
export const parseTyped = (text: string): Promise<string> => parsePhrase(text, 'en', TYPED_WORDS);

/** wk: takes 64 MiB and a tenth of a second. */
export async function stretchTyped(typed: string): Promise<Bytes> {
  return (await argon2id(new TextEncoder().encode(typed), LABEL.type, ARGON2_MEMORY, ARGON2_PASSES)) ?? refuse('password_memory');
}

/** The name under which the server finds the slot. Tells nothing of the words. */
export const typedFind = (key: Bytes): Promise<Bytes> => kdf(key, EMPTY, LABEL.find);

/** Wraps HS for whoever types the words. */
export async function wrapSecret(key: Bytes, nonce: Bytes, secret: Bytes): Promise<Bytes> {
  const wrapper = await aead(await kdf(key, EMPTY, LABEL.wrap));
  return concat(nonce, await aeadSeal(wrapper, nonce, await typedFind(key), secret));
}

/** Opens `wrapSecret`. */
export async function unwrapSecret(key: Bytes, wrap: Bytes): Promise<Bytes> {
  if (wrap.length !== WRAP_LEN) refuse('truncated');
  const wrapper = await aead(await kdf(key, EMPTY, LABEL.wrap));
  return (await aeadOpen(wrapper, wrap.slice(0, NONCE_LEN), await typedFind(key), wrap.slice(NONCE_LEN))) ?? refuse('authentication');
}

/** `device`: what of a token both screens make their words of. */
export const deviceOf = (token: Bytes): Promise<Bytes> => sha256(token);
