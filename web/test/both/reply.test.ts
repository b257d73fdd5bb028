/** The reply link of a protected mail, and what it opens. */
import { expect, test } from 'vitest';
import { SealError } from '../../src/seal/error.ts';
import { toText } from '../../src/seal/format.ts';
import { NAMESPACE } from '../../src/seal/namespace.ts';
import { concat, kdf, random, type Bytes } from '../../src/seal/primitives.ts';
import { openQuote, parseReplyFragment, replyAuth } from '../../src/seal/reply.ts';
import { makeHeader, sealAll } from '../../src/seal/stream.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base32, written anew. */
function base32(bytes: Bytes): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[parseInt(five.padEnd(5, '0'), 2)]).join('');
}

async function refused(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return error.code;
  }
}

const secret = random(32);
const token = random(16);
const quote = { v: 1, subject: 'Kaufvertrag ěšč', from: { name: 'Dr. Anna Keller', email: 'anna@example.test' }, date: 1_790_000_000_000, text: 'Guten Tag,\n\nbitte.', gateway: toText(random(32)) };

async function sealed(value: unknown, at = token): Promise<Bytes> {
  const key = await kdf(secret, at, NAMESPACE.replyQuote);
  return sealAll(key, makeHeader(random), concat(NAMESPACE.replyQuote, at), new TextEncoder().encode(JSON.stringify(value)));
}

test('RS is read in any case, and nothing but 52 characters', async () => {
  const text = base32(secret);
  expect(text).toHaveLength(52);
  expect(parseReplyFragment(`1.${text}`)).toEqual(secret);
  expect(parseReplyFragment(`1.${text.toUpperCase()}`)).toEqual(secret);
  for (const cut of ['', '1', '1.', `1.${text.slice(1)}`, `1.${text}a`, `1.${text.slice(1)}1`, `1.${text.slice(1)}ß`]) expect(await refused(() => parseReplyFragment(cut))).toBe('reply_cut');
  expect(await refused(() => parseReplyFragment(`2.${text}`))).toBe('reply_version');
  // 256 bits and four zeros.
  expect(await refused(() => parseReplyFragment(`1.${text.slice(0, -1)}${ALPHABET[ALPHABET.indexOf(text.at(-1) ?? '') + 1] ?? ''}`))).toBe('reply_cut');
});

test('the quote opens with its own link alone', async () => {
  const bytes = await sealed(quote);
  expect(toText((await openQuote(secret, token, bytes)).gateway)).toBe(quote.gateway);
  expect(await openQuote(secret, token, bytes)).toMatchObject({ subject: quote.subject, from: quote.from, date: quote.date, text: quote.text });
  expect(await refused(() => openQuote(secret, random(16), bytes))).toBe('authentication');
  expect(await refused(() => openQuote(random(32), token, bytes))).toBe('authentication');
});

test('what is no quote is refused', async () => {
  const { gateway: _, ...nameless } = quote;
  for (const bad of [{ ...quote, v: 2 }, nameless, { ...quote, gateway: 'AA' }, { ...quote, from: 'anna' }, []]) {
    expect(await refused(async () => openQuote(secret, token, await sealed(bad)))).toBe('quote');
  }
});

test('the proof is of this link, and not the key of the quote', async () => {
  expect(await replyAuth(secret, token)).not.toEqual(await replyAuth(secret, random(16)));
  expect(await replyAuth(secret, token)).not.toEqual(await kdf(secret, token, NAMESPACE.replyQuote));
});
