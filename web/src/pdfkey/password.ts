/**
 * What a PDF password may be.
 *
 * Readers differ: most take the bytes as they are typed, a few apply SASLprep (RFC 4013), some cut what is long. Only what all of
 * them read alike is taken, so that nobody is locked out by a reader.
 */
import { LEFT, PLAIN, RIGHT } from './tables.ts';

/** Bytes at most, in UTF-8. Beyond 127 readers differ; some tools cut at 32. */
export const MAX_BYTES = 64;

/** Why a text is no PDF password; the first that applies, in this order. */
export type PasswordCode = 'password_empty' | 'password_too_long' | 'password_blank_at_end' | 'password_characters';

export class PasswordError extends Error {
  override readonly name = 'PasswordError';
  readonly code: PasswordCode;

  constructor(code: PasswordCode) {
    super(code);
    this.code = code;
  }
}

/** A set of code points: sorted, from the first place on the answer is yes, from the next one no. */
type Places = readonly number[];

function places(distances: string): Places {
  let at = 0;
  return distances.split(' ').map((distance) => (at += parseInt(distance, 36)));
}

const read = new Map<string, Places>();

function isIn(table: string, code: number): boolean {
  const all = read.get(table) ?? places(table);
  read.set(table, all);
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle] ?? 0) <= code) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

/** The text is its own SASLprep form: readers that apply it and readers that do not come to the same bytes. */
function isSaslprep(text: string): boolean {
  const codes = [...text].map((one) => one.codePointAt(0) ?? 0);
  if (!codes.every((code) => isIn(PLAIN, code)) || text.normalize('NFKC') !== text) return false;
  if (!codes.some((code) => isIn(RIGHT, code))) return true;
  // RFC 3454 section 6: all from right to left, and at both ends.
  return isIn(RIGHT, codes[0] ?? 0) && isIn(RIGHT, codes.at(-1) ?? 0) && !codes.some((code) => isIn(LEFT, code));
}

/** Whether something that was typed lies at one of the ends and would be lost when it is copied. */
const hasBlankAtEnd = (text: string): boolean => /^[\p{White_Space}]|[\p{White_Space}]$/u.test(text);

/** Bytes in UTF-8 of what was typed. */
export const bytesOf = (typed: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(typed.normalize('NFC'));

/** Takes what was typed: composed (NFC) first, as most keyboards write, then checked. Gives its bytes; fails with a PasswordError. */
export function parsePassword(typed: string): Uint8Array<ArrayBuffer> {
  const text = typed.normalize('NFC');
  const bytes = bytesOf(text);
  if (bytes.length === 0) throw new PasswordError('password_empty');
  if (bytes.length > MAX_BYTES) throw new PasswordError('password_too_long');
  if (hasBlankAtEnd(text)) throw new PasswordError('password_blank_at_end');
  if (!isSaslprep(text)) throw new PasswordError('password_characters');
  return bytes;
}
