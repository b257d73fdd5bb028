/**
 * The stanza: a parcel's key for one opener with a public key, and the signature that releases it.
 *
 *     stanza   = "DPE1" || suite || account 16 || fingerprint 32 || enc 1120 || ct 48                   (1221 bytes)
 *     enc, ct  = HPKE SealBase(kem_pk, info = T(stanza) || suite, aad = H || SHA-256(M) || account || fingerprint, PK)
 *     released = stanza || by || signature 65
 *                over T(release) || by || H || SHA-256(M) || account || fingerprint || SHA-256(stanza)  (1287 bytes)
 *
 * | by | who signed |
 * |-|-|
 * | 00 | nobody: from outside |
 * | 01 | the sender, under the key that signed the manifest |
 * | 02 | the opener himself: made from a link at level 2, or an instant claim |
 */
import { refuse } from './error.ts';
import { ascii, concat, ID_LEN, Reader, SUITE } from './format.ts';
import type { Manifest } from './manifest.ts';
import { NAMESPACE } from './namespace.ts';
import { isSigned, verifyHeader, type ParcelHeader, type SealedManifest } from './parcel.ts';
import { equal, hpkeOpen, hpkeSeal, KEM_ENC_LEN, KEY_LEN, kemPair, sha256, TAG_LEN, type Bytes, type Signer } from './primitives.ts';
import { check, readSignature, sign, writeSignature, WRITTEN_LEN } from './signature.ts';
import { openStated, type Stated } from './signed.ts';
import type { Origin, SenderKey } from './trust.ts';

/** Bytes of a stanza without its release. */
export const STANZA_LEN = 1221;
/** With it. */
export const RELEASED_LEN = STANZA_LEN + 1 + WRITTEN_LEN;

const MAGIC = ascii('DPE1');

/** Who released it; the number on the wire. */
const BY = ['outside', 'sender', 'opener'] as const;
export type By = (typeof BY)[number];

/** What a stanza binds: H and SHA-256(M). */
export type Bound = Pick<SealedManifest, 'hash'> & { header: Pick<SealedManifest['header'], 'bytes'> };
/** Whose public key it is made for. */
export interface Opener {
  account: Bytes;
  fingerprint: Bytes;
  kem: Bytes;
}

export interface Stanza {
  account: Bytes;
  fingerprint: Bytes;
  /** All 1221 bytes. */
  bytes: Bytes;
}

export interface Released extends Stanza {
  by: By;
  signature: Bytes | undefined;
}

const info = concat(NAMESPACE.stanza, Uint8Array.of(SUITE));
const aadOf = ({ header, hash }: Bound, { account, fingerprint }: Pick<Opener, 'account' | 'fingerprint'>): Bytes =>
  concat(header.bytes, hash, account, fingerprint);

/** Wraps the parcel key for one opener. */
export async function sealStanza(key: Bytes, to: Opener, bound: Bound): Promise<Stanza> {
  const { account, fingerprint } = to;
  const { enc, sealed } = (await hpkeSeal(to.kem, info, aadOf(bound, to), key)) ?? refuse('authentication');
  return { account, fingerprint, bytes: concat(MAGIC, Uint8Array.of(SUITE), account, fingerprint, enc, sealed) };
}

async function message(by: By, { account, fingerprint, bytes }: Stanza, bound: Bound): Promise<Bytes> {
  return concat(Uint8Array.of(BY.indexOf(by)), bound.header.bytes, bound.hash, account, fingerprint, await sha256(bytes));
}

/** Releases it; nobody signs what comes from outside. */
export async function release(stanza: Stanza, by: 'sender' | 'opener', signer: Signer, bound: Bound): Promise<Released> {
  return { ...stanza, by, signature: await sign(signer, NAMESPACE.release, await message(by, stanza, bound)) };
}

/** Refuses a release that another key signed, or for another parcel. */
export async function verifyRelease(released: Released, verifying: Bytes, bound: Bound): Promise<void> {
  if (released.signature === undefined) return refuse('signature_missing');
  await check(verifying, released.signature, NAMESPACE.release, await message(released.by, released, bound));
}

export const releaseFromOutside = (stanza: Stanza): Released => ({ ...stanza, by: 'outside', signature: undefined });

export const writeReleased = ({ bytes, by, signature }: Released): Bytes =>
  concat(bytes, Uint8Array.of(BY.indexOf(by)), writeSignature(signature));

/** Reads exactly one stanza with its release. */
export function parseReleased(bytes: Bytes): Released {
  const reader = new Reader(bytes);
  reader.magic(MAGIC);
  const [account, fingerprint] = [reader.bytes(ID_LEN).slice(), reader.bytes(KEY_LEN).slice()];
  reader.bytes(KEM_ENC_LEN + KEY_LEN + TAG_LEN);
  const by = BY[reader.u8()] ?? refuse('release_by');
  const signature = readSignature(reader);
  reader.end();
  if ((by === 'outside') !== (signature === undefined)) refuse(signature ? 'signature_unexpected' : 'signature_missing');
  return { account, fingerprint, bytes: bytes.slice(0, STANZA_LEN), by, signature };
}

/** What an opened stanza gives. */
export interface OpenedStanza {
  key: Bytes;
  manifest: Manifest;
  origin: Origin;
  by: By;
}

/** A parcel whose key fits, before anybody knows who sent it. */
export class HalfOpened {
  readonly #released: Released;
  readonly #sealed: SealedManifest;
  readonly #key: Bytes;
  readonly #stated: Stated;
  readonly #own: Bytes;

  constructor(released: Released, sealed: SealedManifest, key: Bytes, stated: Stated, own: Bytes) {
    this.#released = released;
    this.#sealed = sealed;
    this.#key = key;
    this.#stated = stated;
    this.#own = own;
  }

  /** Whom it says it is from. */
  get sender(): Manifest['sender'] {
    return this.#stated.sender;
  }

  /** Checks all signatures. `key`: of the sender that it states; none where nobody signs. */
  async check(key: SenderKey | undefined): Promise<OpenedStanza> {
    await this.#checkRelease(key);
    return { key: this.#key, by: this.#released.by, ...(await this.#stated.check(key)) };
  }

  async #checkRelease(key: SenderKey | undefined): Promise<void> {
    const { by } = this.#released;
    const { header } = this.#sealed;
    if (by === 'opener') {
      await verifyRelease(this.#released, this.#own, this.#sealed);
      return;
    }
    if (header.outside !== (by === 'outside')) refuse('release_sender');
    if (by === 'outside') return;
    if (key === undefined) return refuse('release_sender');
    if (this.sender.account === undefined || !equal(this.sender.account, key.account)) refuse('sender_unknown_key');
    // Without a signature inside, only what is known already says whose key this is.
    if (key.origin.kind === 'not-verified' && !isSigned(header)) refuse('release_sender');
    await verifyRelease(this.#released, key.verifying, this.#sealed);
  }
}

/** Whose stanza it is to open: the record that it names, with the seed of its KEM key. */
export interface OwnKeys {
  account: Bytes;
  fingerprint: Bytes;
  verifying: Bytes;
  kemSeed: Bytes;
}

/** The parcel key, before anything is known of who released it. */
async function unwrap(released: Released, own: OwnKeys, bound: Bound): Promise<Bytes> {
  if (!equal(released.account, own.account) || !equal(released.fingerprint, own.fingerprint)) refuse('stanza_not_mine');
  const at = STANZA_LEN - KEM_ENC_LEN - KEY_LEN - TAG_LEN;
  const [enc, text] = [released.bytes.slice(at, at + KEM_ENC_LEN), released.bytes.slice(at + KEM_ENC_LEN)];
  return (await hpkeOpen(await kemPair(own.kemSeed), enc, info, aadOf(bound, own), text)) ?? refuse('authentication');
}

/** Opens a stanza of one's own. */
export async function openReleased(released: Released, own: OwnKeys, sealed: SealedManifest): Promise<HalfOpened> {
  const key = await unwrap(released, own, sealed);
  return new HalfOpened(released, sealed, key, await openStated(sealed, key), own.verifying);
}

/** The parcel key from the stanza that a sender made for himself: he signed it, and the header is that key's. Needs no manifest. */
export async function openOwn(released: Released, own: OwnKeys, bound: { header: ParcelHeader; hash: Bytes }): Promise<Bytes> {
  if (released.by !== 'sender') refuse('release_sender');
  await verifyRelease(released, own.verifying, bound);
  const key = await unwrap(released, own, bound);
  await verifyHeader(bound.header, key);
  return key;
}
