/**
 * Protocol R: releasing to somebody who made a key after the parcel was sent, with a claim code told by another channel.
 *
 *     code  = words(KDF(claim seed, parcel_id || address || u8 try, T(claim-code)), 4 or 5)
 *     ck    = Argon2id(words joined by "-", salt parcel_id, 64 MiB, t = 3, p = 1)
 *     tag_B = HMAC(KDF(ck, parcel_id, T(claim-reg)), fpr_A || fpr_B)
 *     tag_A = HMAC(KDF(ck, parcel_id, T(claim-rel)), fpr_A || fpr_B || H || SHA-256(M) || SHA-256(stanza))
 *     ack   = HMAC(KDF(ck || PK, parcel_id, T(claim-ack)), the same)
 *     auth  = KDF(ck, claim_id, T(claim-auth))
 *     record = "DPC1" || suite || parcel_id 16 || claim_id 16 || u32 m || u32 t || u8 p || nonce 12
 *              || AES-256-GCM(KDF(ck, claim_id, T(claim-key)), nonce, aad = all before || H || SHA-256(M) || fpr_A, PK)
 *
 * A is the sender, B the recipient. tag_B proves B's key to A, and tag_A proves A's key to B; with one of them alone the server
 * could forge in the other direction.
 */
import { refuse } from './error.ts';
import { ascii, concat, ID_LEN, Reader, SUITE, u32 } from './format.ts';
import { NAMESPACE } from './namespace.ts';
import { aead, aeadOpen, aeadSeal, equal, hmac, kdf, KEY_LEN, NONCE_LEN, sha256, TAG_LEN, type Aead, type Bytes } from './primitives.ts';
import type { SealedManifest } from './parcel.ts';
import type { Stanza } from './stanza.ts';
import { parsePhrase, stretchPhrase, words, type WordList } from './words.ts';

/** `confirm`: the sender's client releases, 4 words. `instant`: it opens at once, 5 words. */
export type ClaimMode = 'confirm' | 'instant';

const WORDS: Record<ClaimMode, number> = { confirm: 4, instant: 5 };
const MAGIC = ascii('DPC1');
const MEMORY = 64 * 1024;
const PASSES = 3;
const LANES = 1;

/** What tags and records bind: H and SHA-256(M). */
export type Bound = Pick<SealedManifest, 'hash'> & { header: Pick<SealedManifest['header'], 'bytes' | 'id'> };

/** The code of one recipient of one parcel: any device of the sender knows it again. `address`: as the server has it. */
export async function deriveCode(claimSeed: Bytes, parcel: Bytes, address: string, tried: number, mode: ClaimMode, list: WordList): Promise<string> {
  const salt = concat(parcel, new TextEncoder().encode(address), Uint8Array.of(tried));
  return (await words(await kdf(claimSeed, salt, NAMESPACE.claimCode), WORDS[mode], list)).join('-');
}

/** Reads a code as it was typed. */
export const parseCode = (text: string, mode: ClaimMode, list: WordList): Promise<string> => parsePhrase(text, list, WORDS[mode]);

/** A code, stretched, for the one parcel it belongs to. */
export interface Claim {
  parcel: Bytes;
  /** ck */
  key: Bytes;
}

/** Takes memory and a fifth of a second. */
export const stretchCode = async (code: string, parcel: Bytes): Promise<Claim> => ({ parcel, key: await stretchPhrase(code, parcel) });

/** The two keys, by their fingerprints. */
export interface Parties {
  sender: Bytes;
  recipient: Bytes;
}

async function mac({ parcel, key }: Claim, label: Bytes, more: Bytes, { sender, recipient }: Parties, text: Bytes): Promise<Bytes> {
  return hmac(await kdf(concat(key, more), parcel, label), sender, recipient, text);
}

const NOTHING = new Uint8Array(0);

async function boundText({ parcel }: Claim, { header, hash }: Bound, stanza: Pick<Stanza, 'bytes'>): Promise<Bytes> {
  if (!equal(header.id, parcel)) refuse('claim_parcel');
  return concat(header.bytes, hash, await sha256(stanza.bytes));
}

/** tag_B: proves the recipient's key to the sender. */
export const registerTag = (claim: Claim, parties: Parties): Promise<Bytes> => mac(claim, NAMESPACE.claimRegister, NOTHING, parties, NOTHING);

/** tag_A: proves the sender's key, and this release, to the recipient. */
export const releaseTag = async (claim: Claim, parties: Parties, bound: Bound, stanza: Pick<Stanza, 'bytes'>): Promise<Bytes> =>
  mac(claim, NAMESPACE.claimRelease, NOTHING, parties, await boundText(claim, bound, stanza));

/** Proves to the sender that the opener's own stanza was made by whoever knew the code and opened the parcel. */
export const acknowledge = async (claim: Claim, key: Bytes, parties: Parties, bound: Bound, stanza: Pick<Stanza, 'bytes'>): Promise<Bytes> =>
  mac(claim, NAMESPACE.claimAck, key, parties, await boundText(claim, bound, stanza));

/** Refuses a tag that was made with another code, for other keys or another parcel. */
export function checkTag(right: Bytes, tag: Bytes): void {
  if (!equal(right, tag)) refuse('claim_tag');
}

/** What the server hands out against auth, and what opens with the code. */
export interface InstantRecord {
  parcel: Bytes;
  id: Bytes;
  nonce: Bytes;
  sealed: Bytes;
}

export const claimAuth = ({ key }: Claim, id: Bytes): Promise<Bytes> => kdf(key, id, NAMESPACE.claimAuth);

const headOf = ({ parcel, id, nonce }: Omit<InstantRecord, 'sealed'>): Bytes =>
  concat(MAGIC, Uint8Array.of(SUITE), parcel, id, u32(MEMORY), u32(PASSES), Uint8Array.of(LANES), nonce);

export const writeInstant = (record: InstantRecord): Bytes => concat(headOf(record), record.sealed);

/** Reads exactly one. In suite 01 m, t and p are always those of ck. */
export function parseInstant(bytes: Bytes): InstantRecord {
  const reader = new Reader(bytes);
  reader.magic(MAGIC);
  const [parcel, id] = [reader.bytes(ID_LEN).slice(), reader.bytes(ID_LEN).slice()];
  const [memory, passes, lanes] = [reader.u32(), reader.u32(), reader.u8()];
  const record = { parcel, id, nonce: reader.bytes(NONCE_LEN).slice(), sealed: reader.bytes(KEY_LEN + TAG_LEN).slice() };
  reader.end();
  if (memory < MEMORY || passes < PASSES || lanes < LANES) refuse('password_weak');
  if (memory > MEMORY || passes > PASSES || lanes > LANES) refuse('password_heavy');
  return record;
}

const aadOf = (record: Omit<InstantRecord, 'sealed'>, { header, hash }: Bound, sender: Bytes): Bytes =>
  concat(headOf(record), header.bytes, hash, sender);

const wrapping = async ({ key }: Claim, id: Bytes): Promise<Aead> => aead(await kdf(key, id, NAMESPACE.claimKey));

/** `id` and `nonce` are fresh. `sender`: fingerprint of the sender's key. */
export async function sealInstant(key: Bytes, claim: Claim, id: Bytes, nonce: Bytes, bound: Bound, sender: Bytes): Promise<InstantRecord> {
  if (!equal(bound.header.id, claim.parcel)) refuse('claim_parcel');
  const head = { parcel: claim.parcel, id, nonce };
  return { ...head, sealed: await aeadSeal(await wrapping(claim, id), nonce, aadOf(head, bound, sender), key) };
}

/** The parcel key. */
export async function openInstant(record: InstantRecord, claim: Claim, bound: Bound, sender: Bytes): Promise<Bytes> {
  if (!equal(record.parcel, claim.parcel) || !equal(bound.header.id, claim.parcel)) refuse('claim_parcel');
  return (await aeadOpen(await wrapping(claim, record.id), record.nonce, aadOf(record, bound, sender), record.sealed)) ?? refuse('authentication');
}
