/**
 * What people carry: the link as a URL, and the code they type when its fragment is gone.
 *
 * Links in mail get mangled: scanners turn `#` into `%23` or cut the fragment. So both forms are read, and a link without
 * its secret is told apart from a wrong one. The typed code is the 32 characters of the secret in 8 groups of 4, and one
 * check letter, computed in GF(32) modulo x^5 + x^2 + 1 (docs/format.md, section 6).
 */
import { refuse } from './error.ts';
import { fromText, ID_LEN, toText } from './format.ts';
import { SECRET_LEN } from './link.ts';
import type { Bytes } from './primitives.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const VERSION = '1.';
const SECRET_TEXT = 32;

export interface Link {
  /** All before the page, without a slash at the end. */
  base: string;
  /** `d`: a delivery. `a`: an attachment of a protected mail. */
  page: 'd' | 'a';
  id: Bytes;
  /** None where the fragment is gone: the code must be asked for. */
  secret?: Bytes | undefined;
}

/** 32 characters of lower-case base32 (RFC 4648 section 6). */
export function secretText(secret: Uint8Array): string {
  let [out, bits, value] = ['', 0, 0];
  for (const byte of secret) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) out += ALPHABET[(value >> (bits - 5)) & 31] ?? '';
  }
  return out;
}

/** None for anything but 32 characters of base32, in any case. */
function parseSecret(text: string): Bytes | undefined {
  if (text.length !== SECRET_TEXT) return undefined;
  const out = new Uint8Array(SECRET_LEN);
  let [at, bits, value] = [0, 0, 0];
  for (const symbol of text) {
    const five = valueOf(symbol);
    if (five === undefined) return undefined;
    value = ((value << 5) | five) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = value >> bits;
    }
  }
  return out;
}

/** Reads a link, with `#` or what mail programs make of it, with white space and `<>` around it. */
export function parseLink(text: string): Link {
  const bare = text.trim().replace(/^<+/, '').replace(/>+$/, '');
  const mark = bare.includes('#') ? '#' : '%23';
  const cut = bare.indexOf(mark);
  const path = (cut < 0 ? bare : bare.slice(0, cut)).replace(/\/+$/, '');
  const [, base, page, id] = /^(https?:\/\/.+)\/([^/]*)\/([^/]*)$/.exec(path) ?? refuse('link_form');
  if ((page !== 'd' && page !== 'a') || id === undefined || base === undefined) return refuse('link_form');
  const secret = cut < 0 ? undefined : parseFragment(bare.slice(cut + mark.length));
  return { base, page, id: fromText(id, ID_LEN, 'link_form'), secret };
}

/** The link as it is handed out. */
export function linkUrl(link: Link): string {
  const url = `${link.base}/${link.page}/${toText(link.id)}`;
  return link.secret ? `${url}#${fragment(link.secret)}` : url;
}

/** `1.` and the secret: what stands behind the `#`. */
export const fragment = (secret: Uint8Array): string => VERSION + secretText(secret);

/** Reads `fragment`, in any case. */
export function parseFragment(text: string): Bytes {
  if (VERSION.startsWith(text)) refuse('link_cut');
  if (!text.startsWith(VERSION)) refuse('link_version');
  const secret = text.slice(VERSION.length);
  if (secret.length < SECRET_TEXT && [...secret].every((symbol) => valueOf(symbol) !== undefined)) refuse('link_cut');
  return parseSecret(secret) ?? refuse('link_mistyped');
}

/** The code to be typed: 8 groups of 4 and the check letter, with hyphens. */
export function code(secret: Uint8Array): string {
  const text = secretText(secret);
  return `${text.replace(/.{4}/g, '$&-')}${checkLetter(text)}`;
}

/** Reads a typed code: any case, white space and hyphens anywhere, `0` as o, `1` as l, `8` as b. */
export function parseCode(text: string): Bytes {
  const typed = text.replace(/[\s\u0085-]/g, '').replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('8', 'b');
  if ([...typed].some((symbol) => valueOf(symbol) === undefined)) refuse('code_character');
  if (typed.length !== SECRET_TEXT + 1) refuse('code_length');
  const lower = typed.toLowerCase();
  if (checkLetter(lower.slice(0, -1)) !== lower.at(-1)) refuse('code_check');
  return parseSecret(lower.slice(0, -1)) ?? refuse('code_character');
}

function valueOf(symbol: string): number | undefined {
  if (!/^[a-zA-Z2-7]$/.test(symbol)) return undefined;
  return ALPHABET.indexOf(symbol.toLowerCase());
}

function checkLetter(symbols: string): string {
  let check = 0;
  for (const symbol of symbols) {
    check = (check ^ (valueOf(symbol) ?? 0)) << 1;
    if (check > 31) check ^= 37;
  }
  return ALPHABET[check] ?? '';
}
