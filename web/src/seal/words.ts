/**
 * Words instead of numbers: of a key, to be compared by voice, and of codes, to be typed.
 *
 *     words(b, n)  = b as a big-endian integer; n times: the word with the number b mod 7776, b = b div 7776
 *     words of key = words(Argon2id(fingerprint, T(key-words), 64 MiB, t = 3, p = 1), 6)
 *
 * The lists are `vectors/words/`, each fetched when it is first used. A list is the key owner's, so that both screens show the same.
 */
import { refuse } from './error.ts';
import { NAMESPACE } from './namespace.ts';
import { argon2id, type Bytes } from './primitives.ts';

/** Words in a list. */
const LIST_LEN = 7776n;
/** Words of a key. */
export const KEY_WORDS = 6;
const MEMORY = 64 * 1024;
const PASSES = 3;

/** Which words somebody uses, by the number in a key record. Czech: there is no free list, so its words are the English ones. */
export const WORD_LISTS = ['en', 'de', 'cs'] as const;
export type WordList = (typeof WORD_LISTS)[number];

interface Words {
  list: readonly string[];
  set: ReadonlySet<string>;
}
const loaded = new Map<WordList, Promise<Words>>();

async function load(list: WordList): Promise<Words> {
  const { default: text } = list === 'de' ? await import('../../../vectors/words/de.txt?raw') : await import('../../../vectors/words/en.txt?raw');
  const words = text.trimEnd().split('\n');
  return { list: words, set: new Set(words) };
}

function wordsOf(list: WordList): Promise<Words> {
  const known = loaded.get(list) ?? load(list);
  loaded.set(list, known);
  return known;
}

/** `words(bytes, count)`. */
export async function words(bytes: Bytes, count: number, list: WordList): Promise<string[]> {
  const all = (await wordsOf(list)).list;
  let number = bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  return Array.from({ length: count }, () => {
    const word = all[Number(number % LIST_LEN)] ?? '';
    number /= LIST_LEN;
    return word;
  });
}

/** The words of a key, which its owner reads out: 77 bits, and each guess costs an Argon2id. */
export async function wordsOfKey(fingerprint: Bytes, list: WordList): Promise<string[]> {
  const bytes = (await argon2id(fingerprint, NAMESPACE.keyWords, MEMORY, PASSES)) ?? refuse('words_memory');
  return words(bytes, KEY_WORDS, list);
}

/** Words as they enter a key: lower case, joined by hyphens. Reads `count` typed words: NFKC, any case, white space, hyphens, commas between. */
export async function parsePhrase(text: string, list: WordList, count: number): Promise<string> {
  const pieces = text.normalize('NFKC').toLowerCase().split(/[\s\u0085,-]+/u).filter((word) => word !== '');
  if (countWords(pieces, (await wordsOf(list)).set) !== count) refuse('words_count');
  return pieces.join('-');
}

/** How many words these are: a few have a hyphen of their own (`drop-down`), and of those no half goes with another. */
function countWords(pieces: readonly string[], known: ReadonlySet<string>): number {
  let [at, count] = [0, 0];
  while (at < pieces.length) {
    const [word = '', next] = pieces.slice(at, at + 2);
    count += 1;
    if (next !== undefined && known.has(`${word}-${next}`)) at += 2;
    else if (known.has(word)) at += 1;
    else refuse('words_unknown');
  }
  return count;
}

/** Argon2id, 64 MiB and three passes. */
export async function stretchPhrase(phrase: string, salt: Bytes): Promise<Bytes> {
  return (await argon2id(new TextEncoder().encode(phrase), salt, MEMORY, PASSES)) ?? refuse('words_memory');
}
