/**
 * Locks: each wraps a keyring's key UMK for one secret of its owner.
 *
 *     lock   = type || u16 length || params || nonce 12 || commit 32 || ct 48
 *     KEK    = KDF(MK, account, T(lock-kek) || type || params)        commit likewise with T(lock-commit)
 *     ct     = AES-256-GCM(KEK, nonce, aad = T(lock) || account || type || params || commit, UMK)
 *
 * | type | MK | params |
 * |-|-|-|
 * | 1 SealPass | Argon2id(NFKC(SealPass), params) | u32 m, u32 t, u8 p, salt 16 |
 * | 2 kit | the kit's 20 bytes | u32 number, id 8 |
 * | 3 passkey, 4 organisation | reserved | |
 *
 * `commit` is compared before anything is decrypted: AES-GCM alone would let whoever serves a lock try many passphrases at once.
 * The parameters come from the server: what is too weak or too heavy is refused before anything is derived.
 */
import { refuse } from './error.ts';
import { concat, Reader, u16, u32 } from './format.ts';
import { KIT_ID_LEN } from './kit.ts';
import { NAMESPACE } from './namespace.ts';
import { passwordParams, readParams, stretch, writeParams, type PasswordParams } from './password.ts';
import { aead, aeadOpen, aeadSeal, equal, kdf, KEY_LEN, NONCE_LEN, TAG_LEN, type Bytes } from './primitives.ts';

const SEALPASS = 1;
const KIT = 2;
const ORGANISATION = 4;
const SEALPASS_PARAMS = 25;
const KIT_PARAMS = 4 + KIT_ID_LEN;
const MAX_RESERVED_PARAMS = 4096;
const SEALPASS_MEMORY = 128 * 1024;
const SEALPASS_PASSES = 3;

export type LockKind =
  | { kind: 'sealpass'; params: PasswordParams }
  | { kind: 'kit'; number: number; id: Bytes }
  /** Reserved: a passkey's, an organisation's. Kept, and never opened by this program. */
  | { kind: 'other'; type: number; params: Bytes };

export interface Lock {
  kind: LockKind;
  nonce: Bytes;
  commit: Bytes;
  sealed: Bytes;
}

/** What a new SealPass uses, with 16 fresh random bytes. */
export const sealPassParams = (salt: Bytes): PasswordParams => passwordParams(SEALPASS_MEMORY, SEALPASS_PASSES, 1, salt);

const typeOf = (kind: LockKind): number => (kind.kind === 'sealpass' ? SEALPASS : kind.kind === 'kit' ? KIT : kind.type);

function paramsOf(kind: LockKind): Bytes {
  if (kind.kind === 'sealpass') return writeParams(kind.params);
  return kind.kind === 'kit' ? concat(u32(kind.number), kind.id) : kind.params;
}

export function writeLock({ kind, nonce, commit, sealed }: Lock): Bytes {
  const params = paramsOf(kind);
  return concat(Uint8Array.of(typeOf(kind)), u16(params.length), params, nonce, commit, sealed);
}

function readKind(type: number, params: Bytes): LockKind {
  if (type < SEALPASS || type > ORGANISATION) refuse('lock_kind');
  const reader = new Reader(params);
  if (type === SEALPASS) return params.length === SEALPASS_PARAMS ? { kind: 'sealpass', params: readParams(reader) } : refuse('lock_params');
  if (type === KIT) return params.length === KIT_PARAMS ? { kind: 'kit', number: reader.u32(), id: params.slice(4) } : refuse('lock_params');
  return params.length <= MAX_RESERVED_PARAMS ? { kind: 'other', type, params } : refuse('lock_params');
}

/** Reads exactly one lock. */
export function parseLock(bytes: Bytes): Lock {
  const reader = new Reader(bytes);
  const type = reader.u8();
  const params = reader.bytes(reader.u16()).slice();
  const kind = readKind(type, params);
  const lock = {
    kind, nonce: reader.bytes(NONCE_LEN).slice(), commit: reader.bytes(KEY_LEN).slice(), sealed: reader.bytes(KEY_LEN + TAG_LEN).slice(),
  };
  reader.end();
  return lock;
}

const derive = (master: Bytes, account: Bytes, namespace: Bytes, kind: LockKind): Promise<Bytes> =>
  kdf(master, account, namespace, Uint8Array.of(typeOf(kind)), paramsOf(kind));

const aadOf = (account: Bytes, kind: LockKind, commit: Bytes): Bytes =>
  concat(NAMESPACE.lock, account, Uint8Array.of(typeOf(kind)), paramsOf(kind), commit);

/** `master`: MK of the kind. `nonce` is fresh. */
export async function sealLock(kind: LockKind, account: Bytes, master: Bytes, nonce: Bytes, umk: Bytes): Promise<Lock> {
  const commit = await derive(master, account, NAMESPACE.lockCommit, kind);
  const kek = await aead(await derive(master, account, NAMESPACE.lockKek, kind));
  return { kind, nonce, commit, sealed: await aeadSeal(kek, nonce, aadOf(account, kind, commit), umk) };
}

/** UMK. A wrong secret is told by the commitment, before anything is decrypted. */
export async function openLock(lock: Lock, account: Bytes, master: Bytes): Promise<Bytes> {
  if (!equal(await derive(master, account, NAMESPACE.lockCommit, lock.kind), lock.commit)) refuse('commitment');
  const kek = await aead(await derive(master, account, NAMESPACE.lockKek, lock.kind));
  return (await aeadOpen(kek, lock.nonce, aadOf(account, lock.kind, lock.commit), lock.sealed)) ?? refuse('authentication');
}

/** MK of a SealPass: takes memory and some tenths of a second. */
export function sealPassMaster(kind: LockKind, sealPass: string): Promise<Bytes> {
  return kind.kind === 'sealpass' ? stretch(kind.params, sealPass) : refuse('lock_other_kind');
}

export const openWithSealPass = async (lock: Lock, account: Bytes, sealPass: string): Promise<Bytes> =>
  openLock(lock, account, await sealPassMaster(lock.kind, sealPass));

export const openWithKit = (lock: Lock, account: Bytes, secret: Bytes): Promise<Bytes> =>
  lock.kind.kind === 'kit' ? openLock(lock, account, secret) : refuse('lock_other_kind');
