/** Words that people read out, compare and type (docs/format.md, Words). The list is fetched when it is first used. */
import { refuse } from './error.ts';
import type { Bytes } from './primitives.ts';

/** Words of a list. */
const COUNT = 7776n;

let known: Promise<readonly string[]> | undefined;

/** The EFF's large list, in order. */
export function wordList(): Promise<readonly string[]> {
  known ??= import('../../../vectors/words/en.txt?raw').then(({ default: text }) => text.trimEnd().split('\n'));
  return known;
}

/** `words(b, n)`: b as a big-endian integer, n times the rest modulo 7,776, first rest first. */
export async function wordsOf(bytes: Bytes, n: number): Promise<string[]> {
  const list = await wordList();
  let number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return Array.from({ length: n }, () => {
    const word = list[Number(number % COUNT)] ?? '';
    number /= COUNT;
    return word;
  });
}

/** Reads `n` typed words, any case, blanks or hyphens between them; gives their one form, joined by `-`. */
export async function parsePhrase(text: string, n: number): Promise<string> {
  const all = new Set(await wordList());
  const pieces = text.toLowerCase().split(/[\s\u0085-]+/).filter((piece) => piece !== '');
  let [at, words] = [0, 0];
  while (at < pieces.length) {
    const one = pieces[at] ?? '';
    // A few words have a hyphen of their own.
    if (all.has(`${one}-${pieces[at + 1] ?? ''}`)) at += 2;
    else if (all.has(one)) at += 1;
    else refuse('words_unknown');
    words += 1;
  }
  if (words !== n) refuse('words_count');
  return pieces.join('-');
}
