/**
 * The key record: the public half of a keyring, as everybody gets it.
 *
 *     R = "DPKR" || 01 || suite_min || account 16 || u32 epoch || prev 32 || u64 time || sig_pk 32 || kem_pk 1216 || flags
 *     fingerprint = SHA-256(T(key-fpr) || R)
 *     signed record = R || own signature 65 || previous signature 65      over T(key-record) || R   (1445 bytes)
 *
 * The first record has epoch 1 and prev zero. Each later one names the fingerprint of the one before and is signed by its key
 * too, so that whoever trusts one trusts the next; unless it is flagged *reset*: then it stands alone.
 */
import { refuse } from './error.ts';
import { ascii, concat, ID_LEN, Reader, SUITE, u32, u64 } from './format.ts';
import { NAMESPACE } from './namespace.ts';
import { equal, isKemPublic, KEM_PUBLIC_LEN, KEY_LEN, kemPublic, sha256, VERIFYING_LEN, type Bytes, type Signer } from './primitives.ts';
import { check, readSignature, sign, writeSignature } from './signature.ts';
import { WORD_LISTS, type WordList } from './words.ts';

/** Bytes of R. */
export const RECORD_LEN = 1315;

const MAGIC = ascii('DPKR');
const RESET_BIT = 0b001;
const LIST_SHIFT = 1;
const LIST_MASK = 0b110;
const FIRST = 1;
const LAST_EPOCH = 2 ** 32 - 1;
const NONE = new Uint8Array(KEY_LEN);

/** R. */
export interface KeyRecord {
  account: Bytes;
  /** Counted from one. */
  epoch: number;
  /** Fingerprint of the one before; zeros in the first. */
  previous: Bytes;
  /** When it was made, by its owner's clock: ms since 1970, UTC. */
  time: number;
  /** What checks its owner's signatures. */
  verifying: Bytes;
  kem: Bytes;
  /** The one before was lost: nothing links this one to it. */
  reset: boolean;
  /** The words its owner uses. */
  list: WordList;
}

/** R with its signatures; its own is always right. */
export interface SignedRecord extends KeyRecord {
  fingerprint: Bytes;
  own: Bytes;
  before: Bytes | undefined;
}

/** What of a new record is chosen; the keys are fresh. */
export interface NewKeys {
  signer: Signer;
  kemSeed: Bytes;
  time: number;
  list: WordList;
}

function recordBytes(record: KeyRecord): Bytes {
  const flags = (WORD_LISTS.indexOf(record.list) << LIST_SHIFT) | (record.reset ? RESET_BIT : 0);
  return concat(
    MAGIC, Uint8Array.of(SUITE, SUITE), record.account, u32(record.epoch), record.previous, u64(record.time), record.verifying, record.kem,
    Uint8Array.of(flags),
  );
}

export const writeSigned = (record: SignedRecord): Bytes =>
  concat(recordBytes(record), writeSignature(record.own), writeSignature(record.before));

const fingerprintOf = (bytes: Bytes): Promise<Bytes> => sha256(concat(NAMESPACE.keyFingerprint, bytes));

/** Whether the record before has to sign it. */
const follows = (record: KeyRecord): boolean => record.epoch > FIRST && !record.reset;

function checkRecord(record: KeyRecord): void {
  const first = record.epoch === FIRST;
  const alone = equal(record.previous, NONE);
  if (record.epoch < FIRST || first !== alone || (first && record.reset)) refuse('record_shape');
  if (!Number.isSafeInteger(record.time)) refuse('record_time');
  if (!isKemPublic(record.kem)) refuse('record_kem_key');
}

function readRecord(reader: Reader): KeyRecord {
  reader.magic(MAGIC);
  // The least suite its owner accepts: a newer one, and this program must not seal to it.
  if (reader.u8() !== SUITE) refuse('suite');
  const record = {
    account: reader.bytes(ID_LEN).slice(),
    epoch: reader.u32(),
    previous: reader.bytes(KEY_LEN).slice(),
    time: reader.u64(),
    verifying: reader.bytes(VERIFYING_LEN).slice(),
    kem: reader.bytes(KEM_PUBLIC_LEN).slice(),
  };
  const flags = reader.u8();
  const list = WORD_LISTS[(flags & LIST_MASK) >> LIST_SHIFT];
  if ((flags & ~(RESET_BIT | LIST_MASK)) !== 0 || list === undefined) return refuse('flags');
  const whole = { ...record, reset: (flags & RESET_BIT) !== 0, list };
  checkRecord(whole);
  return whole;
}

/** Reads exactly one signed record, and checks what can be checked without the one before. */
export async function parseSigned(bytes: Bytes): Promise<SignedRecord> {
  const reader = new Reader(bytes);
  const record = readRecord(reader);
  const [own, before] = [readSignature(reader), readSignature(reader)];
  reader.end();
  if (own === undefined) return refuse('signature_missing');
  if (follows(record) && before === undefined) refuse('signature_missing');
  if (!follows(record) && before !== undefined) refuse('signature_unexpected');
  const signed = bytes.slice(0, RECORD_LEN);
  await check(record.verifying, own, NAMESPACE.keyRecord, signed);
  return { ...record, fingerprint: await fingerprintOf(signed), own, before };
}

async function make(
  account: Bytes, before: SignedRecord | undefined, reset: boolean, previous: Signer | undefined, keys: NewKeys,
): Promise<SignedRecord> {
  const epoch = before === undefined ? FIRST : before.epoch + 1;
  if (epoch > LAST_EPOCH) refuse('record_shape');
  const record = {
    account, epoch, previous: before?.fingerprint ?? NONE.slice(), time: keys.time, verifying: keys.signer.verifying,
    kem: await kemPublic(keys.kemSeed), reset, list: keys.list,
  };
  checkRecord(record);
  const bytes = recordBytes(record);
  return {
    ...record,
    fingerprint: await fingerprintOf(bytes),
    own: await sign(keys.signer, NAMESPACE.keyRecord, bytes),
    before: previous && (await sign(previous, NAMESPACE.keyRecord, bytes)),
  };
}

/** The first record of an account. */
export const firstRecord = (account: Bytes, keys: NewKeys): Promise<SignedRecord> => make(account, undefined, false, undefined, keys);

/** The next one, signed by the key of the one before: whoever trusted that trusts this. */
export function nextRecord(before: SignedRecord, signer: Signer, keys: NewKeys): Promise<SignedRecord> {
  if (!equal(signer.verifying, before.verifying)) refuse('record_shape');
  return make(before.account, before, false, signer, keys);
}

/** The next one after the key of the one before was lost. */
export const resetRecord = (before: SignedRecord, keys: NewKeys): Promise<SignedRecord> => make(before.account, before, true, undefined, keys);

/** All records of an account, from the first to the current one; each follows from the one before. */
export class Chain {
  readonly records: readonly SignedRecord[];

  private constructor(records: readonly SignedRecord[]) {
    this.records = records;
  }

  /** Takes all records of `account`, in order. */
  static async verify(records: readonly SignedRecord[], account: Bytes): Promise<Chain> {
    if (records.some((record) => !equal(record.account, account))) refuse('record_account');
    if (records[0]?.epoch !== FIRST) refuse('record_chain');
    for (const [at, record] of records.entries()) {
      const before = records[at - 1];
      if (before === undefined) continue;
      if (record.epoch !== before.epoch + 1 || !equal(record.previous, before.fingerprint)) refuse('record_chain');
      if (record.before !== undefined) await check(before.verifying, record.before, NAMESPACE.keyRecord, recordBytes(record));
    }
    return new Chain(records);
  }

  get current(): SignedRecord {
    return this.records.at(-1) ?? refuse('record_chain');
  }

  /** Its place; -1 if it is not in the chain. */
  position(fingerprint: Bytes): number {
    return this.records.findIndex((record) => equal(record.fingerprint, fingerprint));
  }

  find(fingerprint: Bytes): SignedRecord | undefined {
    return this.records[this.position(fingerprint)];
  }

  /** Whether two records are linked: whoever trusts the one may trust the other. */
  linked(a: number, b: number): boolean {
    if (a < 0 || b < 0) return false;
    return this.records.slice(Math.min(a, b) + 1, Math.max(a, b) + 1).every((record) => !record.reset);
  }
}
