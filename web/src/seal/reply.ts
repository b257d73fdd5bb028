/**
 * The reply to a protected mail. RS, 32 random bytes, stands in the PDF alone: `https://HOST/r/<token>#1.<RS>`.
 *
 *     auth  = KDF(RS, token, T(reply-auth))                                       shown to do anything at all
 *     quote = Stream(KDF(RS, token, T(reply-quote)), aad = T(reply-quote) || token)
 *
 * The quote says what is answered and names the key that the answer is sealed to, so no server can exchange it.
 */
import { refuse } from './error.ts';
import { concat, fromText, ID_LEN } from './format.ts';
import { Members, parseJson } from './json.ts';
import { NAMESPACE } from './namespace.ts';
import { kdf, KEY_LEN, type Bytes } from './primitives.ts';
import { openAll } from './stream.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const VERSION = '1.';
/** 256 bits in base32: the last character carries one. */
const SECRET_TEXT = 52;

/** Reads `1.` and RS in base32 (RFC 4648 section 6), in any case. */
export function parseReplyFragment(text: string): Bytes {
  if (VERSION.startsWith(text)) refuse('reply_cut');
  if (!text.startsWith(VERSION)) refuse('reply_version');
  const symbols = text.slice(VERSION.length);
  if (symbols.length !== SECRET_TEXT || !/^[a-zA-Z2-7]*$/.test(symbols)) refuse('reply_cut');
  const out = new Uint8Array(KEY_LEN);
  let [at, bits, value] = [0, 0, 0];
  for (const symbol of symbols.toLowerCase()) {
    value = ((value << 5) | ALPHABET.indexOf(symbol)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = value >> bits;
    }
  }
  // The bits that are left over are zero, so that one secret has one text.
  if ((value & ((1 << bits) - 1)) !== 0) refuse('reply_cut');
  return out;
}

export const replyAuth = (secret: Bytes, token: Bytes): Promise<Bytes> => kdf(secret, token, NAMESPACE.replyAuth);

/** What is answered. */
export interface Quote {
  subject: string;
  from: { name: string; email: string };
  /** ms since 1970, UTC. */
  date: number;
  /** Plain text. */
  text: string;
  /** Fingerprint of the key that the answer is sealed to. */
  gateway: Bytes;
}

export async function openQuote(secret: Bytes, token: Bytes, sealed: Bytes): Promise<Quote> {
  const key = await kdf(secret, token, NAMESPACE.replyQuote);
  const text = await openAll(key, concat(NAMESPACE.replyQuote, token), sealed);
  return quoteFromJson(decodeText(text));
}

function decodeText(text: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    return refuse('quote');
  }
}

const CODES = { json: 'quote', text: 'quote' } as const;

function quoteFromJson(json: string): Quote {
  const members = new Members(parseJson(json, 'quote'), CODES);
  if (members.integer('v') !== 1) refuse('quote');
  const from = new Members(members.get('from'), CODES);
  return {
    subject: members.text('subject'), from: { name: from.text('name'), email: from.text('email') }, date: members.integer('date', true),
    text: members.text('text'), gateway: members.bytes('gateway', KEY_LEN),
  };
}

export const parseReplyToken = (text: string): Bytes => fromText(text, ID_LEN, 'reply_form');
