/**
 * Strict reading and writing: every byte is accounted for, nothing may follow. Integers are big-endian. Text forms are
 * base64url without padding (RFC 4648 section 5) with the unused bits zero, so that one value has one text.
 */
import { refuse, type SealCode } from './error.ts';
import { concat, type Bytes } from './primitives.ts';

/** The one suite that is built. 02 is reserved. */
export const SUITE = 0x01;
/** Bytes of an identifier. */
export const ID_LEN = 16;

/** Takes bytes off the front. */
export class Reader {
  #rest: Bytes;

  constructor(bytes: Bytes) {
    this.#rest = bytes;
  }

  bytes(length: number, code: SealCode = 'truncated'): Bytes {
    if (this.#rest.length < length) refuse(code);
    const head = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return head;
  }

  u8(code?: SealCode): number {
    return this.bytes(1, code)[0] ?? 0;
  }

  u16(code?: SealCode): number {
    const [high = 0, low = 0] = this.bytes(2, code);
    return high * 256 + low;
  }

  u64(code?: SealCode): number {
    const bytes = this.bytes(8, code);
    return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
  }

  u32(code?: SealCode): number {
    const bytes = this.bytes(4, code);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  }

  /** Magic and suite, in this order, as every record begins. */
  magic(magic: Bytes): void {
    const found = this.bytes(magic.length);
    if (found.some((byte, at) => byte !== magic[at])) refuse('magic');
    if (this.u8() !== SUITE) refuse('suite');
  }

  rest(): Bytes {
    return this.#rest;
  }

  end(): void {
    if (this.#rest.length > 0) refuse('trailing');
  }
}

export function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

export const u16 = (value: number): Bytes => Uint8Array.of(value >> 8, value & 0xff);

export function u32(value: number): Bytes {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

export function u64(value: number): Bytes {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

/** base64url without padding. */
export function toText(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Reads `toText` of exactly `length` bytes; refuses other lengths, padding, foreign characters, unused bits that are set. */
export function fromText(text: string, length: number, code: SealCode = 'text'): Bytes {
  if (text.length !== Math.ceil((length * 4) / 3) || !/^[\w-]*$/.test(text)) refuse(code);
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  if (toText(bytes) !== text) refuse(code);
  return bytes;
}

export { concat };
