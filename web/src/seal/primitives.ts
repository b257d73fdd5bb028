/**
 * The algorithms, and the only file that names where they come from.
 *
 * AES-256-GCM (NIST SP 800-38D), HKDF-SHA256 (RFC 5869), SHA-256 (FIPS 180-4), HMAC (RFC 2104), Ed25519 (RFC 8032) from
 * WebCrypto; Argon2id v1.3 (RFC 9106) from `hash-wasm`; HPKE (RFC 9180) from `hpke` over the browser's own MLKEM768-X25519, or
 * noble's where it has none. What WebCrypto has not is fetched when it is first used.
 */
import type { CipherSuite, Key as HpkeKey } from 'hpke';


/** Bytes that WebCrypto takes: never of shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of a key, of a SHA-256 value and of everything `kdf` gives. */
export const KEY_LEN = 32;
/** Bytes of an AES-GCM nonce. */
export const NONCE_LEN = 12;
/** Bytes of an AES-GCM tag. */
export const TAG_LEN = 16;

/** Gives `n` fresh random bytes; handed in, so that tests can fix it. */
export type Random = (n: number) => Bytes;

export const random: Random = (n) => crypto.getRandomValues(new Uint8Array(n));

export function concat(...pieces: Uint8Array[]): Bytes {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** `KDF(ikm, salt, info)`: HKDF-SHA256, extract then expand to 32 bytes; `info` is concatenated. */
export async function kdf(ikm: Bytes, salt: Bytes, ...info: Uint8Array[]): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
  const params = { name: 'HKDF', hash: 'SHA-256', salt, info: concat(...info) };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, KEY_LEN * 8));
}

/** An AES-256-GCM key that WebCrypto keeps; its bytes cannot be had again. */
export type Aead = CryptoKey;

export function aead(key: Bytes): Promise<Aead> {
  return crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** Ciphertext and tag. The caller keeps `nonce` unique under this key. */
export async function aeadSeal(key: Aead, nonce: Bytes, aad: Bytes, text: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, key, text));
}

/** The text, or none: wrong key, nonce or context, or changed bytes; nobody can tell which. */
export async function aeadOpen(key: Aead, nonce: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, key, sealed));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'OperationError') return undefined;
    throw error;
  }
}

export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data));
}

/** Compares in a time that depends on the lengths alone. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Argon2id v1.3, one lane, 32 bytes out; none where the memory cannot be had. */
export async function argon2id(text: Bytes, salt: Bytes, memoryKib: number, passes: number): Promise<Bytes | undefined> {
  const { argon2id: hash } = await import('hash-wasm');
  try {
    const out = await hash({
      password: text, salt, memorySize: memoryKib, iterations: passes, parallelism: 1, hashLength: KEY_LEN, outputType: 'binary',
    });
    return new Uint8Array(out);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** HMAC-SHA256. */
export async function hmac(key: Bytes, ...message: Uint8Array[]): Promise<Bytes> {
  const own = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', own, concat(...message)));
}

/** Bytes of an Ed25519 public key. */
export const VERIFYING_LEN = 32;
/** Bytes of an Ed25519 signature. */
export const SIGNATURE_LEN = 64;

/** A signature key that WebCrypto keeps, and its public half. */
export interface Signer {
  readonly key: CryptoKey;
  readonly verifying: Bytes;
}

/** What precedes a seed in PKCS #8 (RFC 8410 section 7), the only form in which WebCrypto takes one. */
const ED25519_PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

export async function signer(seed: Bytes): Promise<Signer> {
  const pkcs8 = concat(ED25519_PKCS8, seed);
  // The public half can only be had of a key that may be exported; the one that is kept may not.
  const open = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
  const { x = '' } = await crypto.subtle.exportKey('jwk', open);
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
  pkcs8.fill(0);
  return { key, verifying: Uint8Array.from(atob(x.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0)) };
}

export async function sign({ key }: Signer, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));
}

export async function verify(verifying: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey('raw', verifying, 'Ed25519', false, ['verify']);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'DataError') return false; // no point of the curve
    throw error;
  }
  return crypto.subtle.verify('Ed25519', key, signature, message);
}

/** Bytes of a KEM's public key, of what it encapsulates, and of its seed (MLKEM768-X25519, 0x647a). */
export const KEM_PUBLIC_LEN = 1216;
export const KEM_ENC_LEN = 1120;
export const KEM_SEED_LEN = 32;

const KEM = 'MLKEM768-X25519';
interface Newer {
  supports?: (operation: string, algorithm: string) => boolean;
}
/** Whether the browser has the KEM itself. */
export const hasOwnKem = (): boolean => ((globalThis.SubtleCrypto as unknown as Newer | undefined)?.supports?.('generateKey', KEM)) ?? false;

/** HPKE 0x647a / 0x0001 / 0x0002. */
async function makeSuite(own: boolean): Promise<CipherSuite> {
  const { CipherSuite: Suite, KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM } = await import('hpke');
  const kem = own ? KEM_MLKEM768_X25519 : (await import('@panva/hpke-noble')).KEM_MLKEM768_X25519;
  return new Suite(kem, KDF_HKDF_SHA256, AEAD_AES_256_GCM);
}
const suites = new Map<boolean, Promise<CipherSuite>>();
function suite(own: boolean): Promise<CipherSuite> {
  const known = suites.get(own) ?? makeSuite(own);
  suites.set(own, known);
  return known;
}

/** A KEM key pair by its seed. Never by DeriveKeyPair: libraries differ there. */
export interface KemPair {
  readonly seed: Bytes;
  readonly key: HpkeKey;
}

export async function kemPair(seed: Bytes, own = hasOwnKem()): Promise<KemPair> {
  return { seed, key: await (await suite(own)).DeserializePrivateKey(seed, false) };
}

/** The public key of a seed. */
export async function kemPublic(seed: Bytes, own = hasOwnKem()): Promise<Bytes> {
  if (!own) {
    const { ml_kem768_x25519: kem } = await import('@noble/post-quantum/hybrid.js');
    return new Uint8Array(kem.keygen(seed).publicKey);
  }
  const subtle = crypto.subtle as SubtleCrypto & { getPublicKey(key: CryptoKey, usages: string[]): Promise<CryptoKey> };
  const pair = await subtle.importKey('raw-seed' as 'raw', seed, KEM, false, ['decapsulateBits' as 'decrypt']);
  const open = await subtle.getPublicKey(pair, ['encapsulateBits']);
  return new Uint8Array((await subtle.exportKey('raw-public' as 'raw', open)));
}

const MODULUS = 3329;
/** Bytes of the vector in an ML-KEM-768 key: 768 coefficients of 12 bits. */
const VECTOR_LEN = 1152;

/** Whether these bytes are a public key: every coefficient below the modulus (FIPS 203 section 7.2). */
export function isKemPublic(bytes: Bytes): boolean {
  for (let at = 0; at < VECTOR_LEN; at += 3) {
    const three = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    if ((three & 0xfff) >= MODULUS || three >> 12 >= MODULUS) return false;
  }
  return bytes.length === KEM_PUBLIC_LEN;
}

/** HPKE's base mode, one message (RFC 9180 section 6.1): what was encapsulated, and the ciphertext. None for a key that is none. */
export async function hpkeSeal(
  open: Bytes, info: Bytes, aad: Bytes, text: Bytes, own = hasOwnKem(),
): Promise<{ enc: Bytes; sealed: Bytes } | undefined> {
  const hpke = await suite(own);
  try {
    const { encapsulatedSecret, ciphertext } = await hpke.Seal(await hpke.DeserializePublicKey(open), text, { info, aad });
    return { enc: new Uint8Array(encapsulatedSecret), sealed: new Uint8Array(ciphertext) };
  } catch {
    return undefined;
  }
}

/** The text, or none, as `aeadOpen`. */
export async function hpkeOpen(pair: KemPair, enc: Bytes, info: Bytes, aad: Bytes, sealed: Bytes, own = hasOwnKem()): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await (await suite(own)).Open(pair.key, enc, sealed, { info, aad }));
  } catch {
    return undefined;
  }
}
