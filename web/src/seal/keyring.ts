/**
 * The keyring: an account's secret keys and pins, sealed under its key (UMK) in numbered versions.
 *
 *     body = "DPK1" || suite || account 16 || u64 generation || nonce 12
 *            || AES-256-GCM(KDF(UMK, account, T(keyring)), nonce, aad = all before the nonce, json)
 *
 * The server keeps all versions and could serve an old one: a client remembers what it saw last and asks `checkSeen` each time.
 */
import { refuse } from './error.ts';
import { ascii, concat, ID_LEN, Reader, SUITE, toText, u64 } from './format.ts';
import { Members, parseJson } from './json.ts';
import { NAMESPACE } from './namespace.ts';
import { aead, aeadOpen, aeadSeal, equal, kdf, KEY_LEN, kemPublic, NONCE_LEN, sha256, signer, TAG_LEN, type Aead, type Bytes, type Signer } from './primitives.ts';
import { firstRecord, nextRecord, resetRecord, type NewKeys, type SignedRecord } from './record.ts';
import type { Pin, PinVerified } from './trust.ts';
import type { WordList } from './words.ts';

/** Most bytes of a body: room for a hundred thousand pins. */
const MAX_BODY = 32 << 20;
const MAGIC = ascii('DPK1');
const VERSION = 1;
const CODES = { json: 'keyring_json', text: 'keyring_json' } as const;
const VERIFIED: readonly PinVerified[] = ['code', 'words', 'no'];

/** A KEM key of one's own, and the key record it belongs to. */
export interface OwnKem {
  fingerprint: Bytes;
  seed: Bytes;
}

/** Random bytes for a new keyring, 32 each, each for this one use. */
export interface Fresh {
  signatureSeed: Bytes;
  kemSeed: Bytes;
  claimSeed: Bytes;
}

/** What only its owner has. */
export interface Keyring {
  signatureSeed: Bytes;
  /** The oldest first; the last is the current one. */
  kem: OwnKem[];
  claimSeed: Bytes;
  /** One of each account. */
  pins: Pin[];
}

const around = ({ signatureSeed, kemSeed, claimSeed }: Fresh, { fingerprint }: SignedRecord): Keyring =>
  ({ signatureSeed, kem: [{ fingerprint, seed: kemSeed }], claimSeed, pins: [] });

const keys = async ({ signatureSeed, kemSeed }: Fresh, time: number, list: WordList): Promise<NewKeys> =>
  ({ signer: await signer(signatureSeed), kemSeed, time, list });

/** A new keyring, and the first key record of `account`. */
export async function makeKeyring(fresh: Fresh, account: Bytes, time: number, list: WordList): Promise<{ keyring: Keyring; record: SignedRecord }> {
  const record = await firstRecord(account, await keys(fresh, time, list));
  return { keyring: around(fresh, record), record };
}

/** A new keyring after the old one was lost: the record is flagged *reset*, and nothing is kept. */
export async function makeAfterReset(fresh: Fresh, before: SignedRecord, time: number, list: WordList): Promise<{ keyring: Keyring; record: SignedRecord }> {
  const record = await resetRecord(before, await keys(fresh, time, list));
  return { keyring: around(fresh, record), record };
}

/** New keys in the same keyring, signed by the old one; old stanzas still open. */
export async function rotate(keyring: Keyring, fresh: Fresh, before: SignedRecord, time: number, list: WordList): Promise<{ keyring: Keyring; record: SignedRecord }> {
  const record = await nextRecord(before, await signer(keyring.signatureSeed), await keys(fresh, time, list));
  const kem = [...keyring.kem, { fingerprint: record.fingerprint, seed: fresh.kemSeed }];
  return { keyring: { ...keyring, signatureSeed: fresh.signatureSeed, kem }, record };
}

export const signingKey = (keyring: Keyring): Promise<Signer> => signer(keyring.signatureSeed);

/** The name of one's current record. */
export const ownFingerprint = (keyring: Keyring): Bytes => keyring.kem.at(-1)?.fingerprint ?? refuse('keyring_contents');

/** The private key of one of one's own records, current or earlier. */
export const kemSeedOf = (keyring: Keyring, fingerprint: Bytes): Bytes | undefined =>
  keyring.kem.find((own) => equal(own.fingerprint, fingerprint))?.seed;

/** Whether `record` is the current public half: a server may hand out another. */
export async function isOf(keyring: Keyring, record: SignedRecord): Promise<boolean> {
  const seed = kemSeedOf(keyring, record.fingerprint);
  if (seed === undefined || !equal(record.fingerprint, ownFingerprint(keyring))) return false;
  return equal(record.verifying, (await signingKey(keyring)).verifying) && equal(record.kem, await kemPublic(seed));
}

/** Keeps a pin, in the place of an earlier one of that account. */
export function setPin(keyring: Keyring, pin: Pin): Keyring {
  const at = keyring.pins.findIndex(({ account }) => equal(account, pin.account));
  return { ...keyring, pins: at < 0 ? [...keyring.pins, pin] : keyring.pins.with(at, pin) };
}

/** What a reader would refuse. */
function checkKeyring({ kem, pins }: Keyring): void {
  const names = new Set(kem.map(({ fingerprint }) => toText(fingerprint)));
  const pinned = new Set(pins.map(({ account }) => toText(account)));
  const times = pins.every(({ at }) => Number.isSafeInteger(at));
  if (kem.length === 0 || names.size !== kem.length || pinned.size !== pins.length || !times) refuse('keyring_contents');
}

function keyringToJson(keyring: Keyring): string {
  checkKeyring(keyring);
  return JSON.stringify({
    v: VERSION,
    signature_seed: toText(keyring.signatureSeed),
    kem_seeds: keyring.kem.map(({ fingerprint, seed }) => ({ fingerprint: toText(fingerprint), seed: toText(seed) })),
    claim_seed: toText(keyring.claimSeed),
    pins: keyring.pins.map(({ account, address, fingerprint, verified, at }) =>
      ({ account: toText(account), address, fingerprint: toText(fingerprint), verified, at })),
  });
}

function readPin(members: Members): Pin {
  const verified = members.text('verified') as PinVerified;
  return {
    account: members.bytes('account', ID_LEN),
    address: members.text('address'),
    fingerprint: members.bytes('fingerprint', KEY_LEN),
    verified: VERIFIED.includes(verified) ? verified : refuse('keyring_json'),
    at: members.integer('at', true),
  };
}

function keyringFromJson(text: string): Keyring {
  const members = new Members(parseJson(text, CODES.json), CODES);
  // First, so that a newer keyring is called newer and not damaged.
  if (members.integer('v') !== VERSION) refuse('keyring_version');
  const keyring = {
    signatureSeed: members.bytes('signature_seed', KEY_LEN),
    kem: members.list('kem_seeds').map((value) => {
      const own = new Members(value, CODES);
      return { fingerprint: own.bytes('fingerprint', KEY_LEN), seed: own.bytes('seed', KEY_LEN) };
    }),
    claimSeed: members.bytes('claim_seed', KEY_LEN),
    pins: members.list('pins').map((value) => readPin(new Members(value, CODES))),
  };
  checkKeyring(keyring);
  return keyring;
}

/** A sealed keyring: one numbered version. */
export interface Body {
  account: Bytes;
  generation: number;
  nonce: Bytes;
  sealed: Bytes;
}

const headOf = ({ account, generation }: Pick<Body, 'account' | 'generation'>): Bytes =>
  concat(MAGIC, Uint8Array.of(SUITE), account, u64(generation));

const keyOf = async (umk: Bytes, account: Bytes): Promise<Aead> => aead(await kdf(umk, account, NAMESPACE.keyring));

function checkGeneration(generation: number): void {
  if (!Number.isSafeInteger(generation) || generation < 1) refuse('keyring_generation');
}

/** Seals a keyring as version `generation`: 1, then one more than the last. `nonce` is fresh. */
export async function sealBody(keyring: Keyring, umk: Bytes, account: Bytes, generation: number, nonce: Bytes): Promise<Body> {
  checkGeneration(generation);
  const text = new TextEncoder().encode(keyringToJson(keyring));
  if (headOf({ account, generation }).length + NONCE_LEN + text.length + TAG_LEN > MAX_BODY) refuse('too_large');
  const sealed = await aeadSeal(await keyOf(umk, account), nonce, headOf({ account, generation }), text);
  text.fill(0);
  return { account, generation, nonce, sealed };
}

export const writeBody = (body: Body): Bytes => concat(headOf(body), body.nonce, body.sealed);

/** Reads exactly one body. */
export function parseBody(bytes: Bytes): Body {
  if (bytes.length > MAX_BODY) refuse('too_large');
  const reader = new Reader(bytes);
  reader.magic(MAGIC);
  const body = { account: reader.bytes(ID_LEN).slice(), generation: reader.u64(), nonce: reader.bytes(NONCE_LEN).slice(), sealed: reader.rest().slice() };
  checkGeneration(body.generation);
  if (body.sealed.length < TAG_LEN) refuse('truncated');
  return body;
}

export async function openBody(body: Body, umk: Bytes, account: Bytes): Promise<Keyring> {
  if (!equal(body.account, account)) refuse('keyring_account');
  const text = (await aeadOpen(await keyOf(umk, account), body.nonce, headOf(body), body.sealed)) ?? refuse('authentication');
  try {
    return keyringFromJson(decode(text));
  } finally {
    text.fill(0);
  }
}

function decode(text: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    return refuse('keyring_json');
  }
}

/** What a client keeps of the newest body it saw, outside the server's reach. */
export interface Seen {
  generation: number;
  /** SHA-256 of its bytes. */
  body: Bytes;
}

/** Whether `body` may be used by a client that saw `seen`; gives what to keep once it has opened. */
export async function checkSeen(seen: Seen | undefined, body: Body): Promise<Seen> {
  const now = { generation: body.generation, body: await sha256(writeBody(body)) };
  if (seen !== undefined && now.generation < seen.generation) refuse('keyring_older');
  if (seen?.generation === now.generation && !equal(now.body, seen.body)) refuse('keyring_forked');
  return now;
}
