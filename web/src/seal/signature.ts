/**
 * Signatures: Ed25519 (RFC 8032) over a label and what is signed.
 *
 *     signature = sigalg || bytes 64       sigalg 01 = Ed25519 over T(purpose) || message; 00 = none, all zero
 */
import { refuse, type SealCode } from './error.ts';
import { concat, type Reader } from './format.ts';
import { sign as signBytes, SIGNATURE_LEN, verify, type Bytes, type Signer } from './primitives.ts';

/** Bytes of the written form: the algorithm and the signature. */
export const WRITTEN_LEN = 1 + SIGNATURE_LEN;

const NONE = 0;
const ED25519 = 1;

export const sign = (key: Signer, purpose: Bytes, ...parts: Uint8Array[]): Promise<Bytes> => signBytes(key, concat(purpose, ...parts));

/** Refuses a signature that another key made, or over something else. */
export async function check(verifying: Bytes, signature: Bytes, purpose: Bytes, ...parts: Uint8Array[]): Promise<void> {
  if (!(await verify(verifying, signature, concat(purpose, ...parts)))) refuse('signature_wrong');
}

/** The written form, with zeros where there is none. */
export const writeSignature = (signature: Bytes | undefined): Bytes =>
  signature === undefined ? new Uint8Array(WRITTEN_LEN) : concat(Uint8Array.of(ED25519), signature);

/** The codes where bytes are missing, and where they are no signature. */
interface Codes {
  short: SealCode;
  wrong: SealCode;
}

/** None where none is written. */
export function readSignature(reader: Reader, codes: Codes = { short: 'truncated', wrong: 'signature_algorithm' }): Bytes | undefined {
  const algorithm = reader.u8(codes.short);
  const bytes = reader.bytes(SIGNATURE_LEN, codes.short);
  if (algorithm === ED25519) return bytes.slice();
  return algorithm === NONE && bytes.every((byte) => byte === 0) ? undefined : refuse(codes.wrong);
}
