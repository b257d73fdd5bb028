/** Published vectors of what levels 3 and 4 stand on, in Node and in the browser: Wycheproof, and those of RFC 9180. */
import { shake128 } from '@noble/hashes/sha3.js';
import { ml_kem768_x25519 as nobleXWing } from '@noble/post-quantum/hybrid.js';
import { ml_kem768 as nobleKem } from '@noble/post-quantum/ml-kem.js';
import { AEAD_AES_128_GCM, AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import { expect, test } from 'vitest';
import rfc9180 from '../../../crates/seal/tests/data/rfc9180.json';
import xwing from '../../../crates/seal/tests/data/xwing.json';
import { concat, equal, hasOwnKem, hpkeOpen, hpkeSeal, isKemPublic, kemPair, kemPublic, random, sha256, verify, type Bytes } from '../../src/seal/primitives.ts';
import ed25519 from '../data/wycheproof-ed25519.txt?raw';
import kemKeys from '../data/wycheproof-ml-kem-768-keys.txt?raw';
import kem from '../data/wycheproof-ml-kem-768.txt?raw';
import x25519 from '../data/wycheproof-x25519.txt?raw';

const lines = (text: string): string[][] => text.trim().split('\n').map((line) => line.split(' '));
const unhex = (hex = '-'): Bytes => Uint8Array.from((hex === '-' ? '' : hex).match(/../g) ?? [], (byte) => parseInt(byte, 16));
const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

test('Ed25519', async () => {
  const count = { valid: 0, invalid: 0 };
  for (const [key, message, signature, result] of lines(ed25519)) {
    // Other lengths are no signature in this format, and never come so far.
    const right = unhex(signature).length === 64 && (await verify(unhex(key), unhex(signature), unhex(message)));
    expect(right, signature).toBe(result === 'valid');
    count[right ? 'valid' : 'invalid'] += 1;
  }
  expect(count).toEqual({ valid: 88, invalid: 63 });
});

/** What precedes a private key in PKCS #8 (RFC 8410 section 7). */
const X25519_PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);

test('X25519', async () => {
  let zero = 0;
  for (const [open, secret, shared] of lines(x25519)) {
    const key = await crypto.subtle.importKey('pkcs8', concat(X25519_PKCS8, unhex(secret)), 'X25519', false, ['deriveBits']);
    const other = await crypto.subtle.importKey('raw', unhex(open), 'X25519', false, []);
    const derived = crypto.subtle.deriveBits({ name: 'X25519', public: other }, key, 256);
    if (unhex(shared).every((byte) => byte === 0)) {
      // RFC 7748 section 6.1: the all-zero secret may be refused, and is.
      await expect(derived, open).rejects.toThrow();
      zero += 1;
    } else expect(hex(new Uint8Array(await derived))).toBe(shared);
  }
  expect(zero).toBeGreaterThan(5);
});

interface Newer {
  importKey(format: string, bytes: Bytes, name: string, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  decapsulateBits(name: string, key: CryptoKey, ciphertext: Bytes): Promise<ArrayBuffer>;
}

async function decapsulate(seed: Bytes, ciphertext: Bytes): Promise<Uint8Array> {
  if (!hasOwnKem()) return nobleKem.decapsulate(ciphertext, nobleKem.keygen(seed).secretKey);
  const subtle = crypto.subtle as unknown as Newer;
  const key = await subtle.importKey('raw-seed', seed, 'ML-KEM-768', false, ['decapsulateBits']);
  return new Uint8Array(await subtle.decapsulateBits('ML-KEM-768', key, ciphertext));
}

test('ML-KEM-768', async () => {
  const count = { valid: 0, invalid: 0 };
  for (const [seed, ciphertext, shared, result] of lines(kem)) {
    const opened = await decapsulate(unhex(seed), unhex(ciphertext)).catch(() => undefined);
    expect(opened !== undefined, `${String(seed)} ${String(ciphertext)}`.slice(0, 80)).toBe(result === 'valid');
    if (opened !== undefined) expect(hex(opened)).toBe(shared);
    count[opened ? 'valid' : 'invalid'] += 1;
  }
  expect(count.valid).toBeGreaterThan(20);
  expect(count.invalid).toBe(40);
});

test('public keys of ML-KEM-768 are those below the modulus', () => {
  for (const [key, result] of lines(kemKeys)) {
    expect(isKemPublic(concat(unhex(key), new Uint8Array(32).fill(9)))).toBe(result === 'valid');
  }
  expect(lines(kemKeys).length).toBe(42);
});

async function openXWing(seed: Bytes, ciphertext: Bytes): Promise<Uint8Array> {
  if (!hasOwnKem()) return nobleXWing.decapsulate(ciphertext, nobleXWing.keygen(seed).secretKey);
  const subtle = crypto.subtle as unknown as Newer;
  const key = await subtle.importKey('raw-seed', seed, 'MLKEM768-X25519', false, ['decapsulateBits']);
  return new Uint8Array(await subtle.decapsulateBits('MLKEM768-X25519', key, ciphertext));
}

test('MLKEM768-X25519 is X-Wing', async () => {
  for (const { seed, random: given, shared, public_sha256: open, enc_sha256: enc } of xwing) {
    const key = await kemPublic(unhex(seed));
    expect(hex(await sha256(key))).toBe(open);
    const { cipherText } = nobleXWing.encapsulate(key, unhex(given));
    expect(hex(await sha256(new Uint8Array(cipherText)))).toBe(enc);
    expect(hex(await openXWing(unhex(seed), new Uint8Array(cipherText)))).toBe(shared);
  }
  expect(xwing.length).toBeGreaterThan(1);
});

/** The next input of the published vectors: a length, and as many bytes. */
function inputs(): () => Uint8Array {
  const source = shake128.create({});
  return () => {
    const [length = 0] = source.xof(1);
    return length === 0 ? new Uint8Array(0) : source.xof(length);
  };
}

/** Base mode of DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256: a thousand exports, and RFC 9180's own message (appendix A.1.1.1). */
test('RFC 9180', async () => {
  for (const { aead_id: aead, sk_r: secret, enc, info, exports } of rfc9180) {
    const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, aead === 1 ? AEAD_AES_128_GCM : AEAD_AES_256_GCM);
    const context = await suite.SetupRecipient(await suite.DeserializePrivateKey(unhex(secret), true), unhex(enc), { info: unhex(info) });
    const [next, sink] = [inputs(), shake128.create({ dkLen: 16 })];
    for (let length = 0; length < 1000; length += 1) {
      const about = next();
      if (length > 0) sink.update(await context.Export(about, length));
    }
    expect(hex(sink.digest())).toBe(exports);
    if (aead !== 1) continue;
    const sealed = unhex('f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a');
    expect(new TextDecoder().decode(await context.Open(sealed, new TextEncoder().encode('Count-0')))).toBe('Beauty is truth, truth beauty');
  }
  expect(rfc9180.length).toBe(2);
});

test('the browser\'s own KEM and noble\'s open what the other sealed', async () => {
  for (let round = 0; round < 8; round += 1) {
    const [seed, info, aad, text] = [random(32), random(7), random(round), random(32)];
    const open = await kemPublic(seed);
    expect(equal(open, await kemPublic(seed, false))).toBe(true);
    for (const [sealer, opener] of [[true, true], [true, false], [false, true], [false, false]]) {
      const [a, b] = [sealer === true && hasOwnKem(), opener === true && hasOwnKem()];
      const made = await hpkeSeal(open, info, aad, text, a);
      if (made === undefined) throw new Error('a good key');
      const pair = await kemPair(seed, b);
      expect(await hpkeOpen(pair, made.enc, info, aad, made.sealed, b)).toEqual(text);
      expect(await hpkeOpen(pair, made.enc, info, concat(aad, Uint8Array.of(0)), made.sealed, b)).toBeUndefined();
    }
  }
});
