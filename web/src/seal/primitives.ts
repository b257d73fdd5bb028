/**
 * The algorithms, and the only file that names where they come from.
 *
 * AES-256-GCM (NIST SP 800-38D), HKDF-SHA256 (RFC 5869), SHA-256 (FIPS 180-4) from WebCrypto; Argon2id v1.3 (RFC 9106)
 * from `hash-wasm`, fetched when a password is first used.
 */

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
