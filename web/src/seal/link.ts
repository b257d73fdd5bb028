/**
 * The link: what a visitor holds at levels 1 and 2, and the record that turns it into the parcel key.
 *
 *     auth  = KDF(LS, link_id, T(link-auth))        to see anything at all
 *     auth2 = KDF(LS || pw, link_id, T(link-pass))  for everything else, where there is a password
 *     head   = "DPL1" || suite || flags || link_id [|| u32 m || u32 t || u8 p || salt 16]
 *     record = head || nonce 12 || AES-256-GCM(KDF(LS || pw, link_id, T(link-key)), nonce,
 *                                              aad = head || nonce || H || SHA-256(M), PK)
 *
 * LS is 20 random bytes; pw the stretched link password, empty without one. The server knows neither LS nor PK.
 */
import { refuse } from './error.ts';
import { ascii, concat, ID_LEN, Reader, SUITE } from './format.ts';
import { NAMESPACE } from './namespace.ts';
import type { SealedManifest } from './parcel.ts';
import { readParams, writeParams, type PasswordParams } from './password.ts';
import { aead, aeadOpen, aeadSeal, kdf, KEY_LEN, NONCE_LEN, TAG_LEN, type Bytes } from './primitives.ts';

/** Bytes of LS. */
export const SECRET_LEN = 20;

const MAGIC = ascii('DPL1');
const PASSWORD_BIT = 0b01;
const MAILED_CODE_BIT = 0b10;

/** What the server tells to whoever shows auth. */
export interface LinkHead {
  id: Bytes;
  /** A gate of the server, not part of the key. */
  mailedCode: boolean;
  password?: PasswordParams | undefined;
}

export interface LinkRecord {
  head: LinkHead;
  nonce: Bytes;
  sealed: Bytes;
}

/** What the record binds: H and SHA-256(M). */
export type Bound = Pick<SealedManifest, 'hash'> & { header: Pick<SealedManifest['header'], 'bytes'> };

function derive(secret: Bytes, pw: Bytes | undefined, id: Bytes, namespace: Bytes): Promise<Bytes> {
  return kdf(pw === undefined ? secret : concat(secret, pw), id, namespace);
}

/** Sent with every request about the link. */
export const linkAuth = (secret: Bytes, id: Bytes): Promise<Bytes> => derive(secret, undefined, id, NAMESPACE.linkAuth);

/** Sent as well where the link has a password. */
export const linkAuth2 = (secret: Bytes, pw: Bytes, id: Bytes): Promise<Bytes> => derive(secret, pw, id, NAMESPACE.linkPass);

/** 22 bytes, or 47 with a password. */
export function writeHead(head: LinkHead): Bytes {
  const flags = (head.password ? PASSWORD_BIT : 0) | (head.mailedCode ? MAILED_CODE_BIT : 0);
  const params = head.password ? writeParams(head.password) : new Uint8Array(0);
  return concat(MAGIC, new Uint8Array([SUITE, flags]), head.id, params);
}

function readHead(reader: Reader): LinkHead {
  reader.magic(MAGIC);
  const flags = reader.u8();
  if ((flags & ~(PASSWORD_BIT | MAILED_CODE_BIT)) !== 0) refuse('flags');
  const id = reader.bytes(ID_LEN).slice();
  const password = flags & PASSWORD_BIT ? readParams(reader) : undefined;
  return { id, mailedCode: (flags & MAILED_CODE_BIT) !== 0, password };
}

/** Reads exactly one record. */
export function parseRecord(bytes: Bytes): LinkRecord {
  const reader = new Reader(bytes);
  const record = { head: readHead(reader), nonce: reader.bytes(NONCE_LEN), sealed: reader.bytes(KEY_LEN + TAG_LEN) };
  reader.end();
  return record;
}

export function writeRecord(record: LinkRecord): Bytes {
  return concat(writeHead(record.head), record.nonce, record.sealed);
}

function check(head: LinkHead, pw: Bytes | undefined): void {
  if (head.password && !pw) refuse('password_missing');
  if (!head.password && pw) refuse('password_unexpected');
}

const aadOf = (head: LinkHead, nonce: Bytes, bound: Bound): Bytes => concat(writeHead(head), nonce, bound.header.bytes, bound.hash);

/** Wraps the parcel key for one link. `secret`, the id in `head` and `nonce` are fresh; `pw` comes from `head.password`. */
export async function sealRecord(
  head: LinkHead, secret: Bytes, pw: Bytes | undefined, nonce: Bytes, bound: Bound, key: Bytes,
): Promise<LinkRecord> {
  check(head, pw);
  const wrap = await aead(await derive(secret, pw, head.id, NAMESPACE.linkKey));
  return { head, nonce, sealed: await aeadSeal(wrap, nonce, aadOf(head, nonce, bound), key) };
}

/** The parcel key. `bound` is of the parcel at hand: no record opens another. */
export async function openRecord(record: LinkRecord, secret: Bytes, pw: Bytes | undefined, bound: Bound): Promise<Bytes> {
  check(record.head, pw);
  const wrap = await aead(await derive(secret, pw, record.head.id, NAMESPACE.linkKey));
  return (await aeadOpen(wrap, record.nonce, aadOf(record.head, record.nonce, bound), record.sealed)) ?? refuse('authentication');
}
