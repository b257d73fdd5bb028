/**
 * How strong a secret is that somebody types: zxcvbn's guess with the word lists of the reader's language, ours, and rules of our
 * own. All are fetched when the first letter is typed; nothing leaves the page.
 */
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import type { Strength } from './keyring-view.ts';
import { wordList } from './suggest.ts';

type Dictionary = Record<string, (string | number)[]>;
type Code = 'de' | 'en' | 'cs';

/** What a secret must stand. */
export interface Rule {
  /** Guesses, as powers of ten, from which on it is almost strong, strong, very strong. */
  steps: readonly [number, number, number];
  /**
   * zxcvbn takes words that it does not know for letters at random, and counts the orders in which parts could stand. Whoever
   * guesses words knows better: so a text is worth no more than its words one by one.
   */
  wordByWord: boolean;
}

/** Each guess costs an Argon2id with 128 MiB. */
export const SEALPASS: Rule = { steps: [9, 12, 20], wordByWord: false };
/** Each guess costs half a millisecond of one core, and every PDF can be guessed at in peace. */
export const PDF: Rule = { steps: [11, 15, 18], wordByWord: true };

/** The vault takes none that is shorter. */
const LEAST = 12;
/** Longer ones are strong by their length; judging them takes too long. */
const MOST = 80;
/** What a word of a list is worth, and a sign between two words. */
const WORD = Math.log10(7776);
const SIGN = 1.3;
const CAPITAL = 0.5;

const LISTS: Record<Code, () => Promise<{ dictionary: object }>> = {
  de: () => import('@zxcvbn-ts/language-de'),
  en: () => import('@zxcvbn-ts/language-en'),
  cs: () => import('@zxcvbn-ts/language-cs'),
};

interface Meter {
  zxcvbn: ZxcvbnFactory;
  words: ReadonlySet<string>;
}

const meters = new Map<Code, Promise<Meter>>();

/** zxcvbn takes what stands first for what is guessed first; the alphabet says nothing about that. */
const mixed = (list: readonly string[]): string[] => list.map((_, at) => list[(at * 4051) % list.length] ?? '');

async function makeMeter(code: Code): Promise<Meter> {
  const [{ ZxcvbnFactory }, common, own, german, english] = await Promise.all([
    import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common'), LISTS[code](), wordList('de'), wordList('en'),
  ]);
  const dictionary = { ...common.dictionary, ...own.dictionary, 'words-de': mixed(german), 'words-en': mixed(english) } as Dictionary;
  return { zxcvbn: new ZxcvbnFactory({ dictionary, graphs: common.adjacencyGraphs }), words: new Set([...german, ...english]) };
}

/** What a text is worth word by word. */
function byWords(text: string, { zxcvbn, words }: Meter, known: string[]): number {
  const signs = new Set(text.match(/[^\p{L}\p{N} ]/gu) ?? []).size;
  const pieces = text.split(/[^\p{L}\p{N}]+/u).filter((piece) => piece !== '');
  return pieces.reduce((sum, piece) => {
    const alone = zxcvbn.check(piece.toLowerCase(), known).guessesLog10;
    return sum + (words.has(piece.toLowerCase()) ? Math.min(WORD, alone) : alone) + (piece === piece.toLowerCase() ? 0 : CAPITAL);
  }, signs * SIGN);
}

/** `known`: what an attacker tries first, such as name, address and house. */
export async function judge(text: string, code: Code, known: readonly string[], { steps, wordByWord } = SEALPASS): Promise<Strength> {
  const words = new Set(text.normalize('NFKC').toLowerCase().split(/[\s\p{P}]+/u).filter((word) => [...word].length > 1)).size;
  if ([...text].length < LEAST) return { value: 0, words };
  let made = meters.get(code);
  if (made === undefined) meters.set(code, (made = makeMeter(code)));
  const meter = await made;
  const inputs = known.flatMap((word) => word.toLowerCase().split(/[\s@._-]+/)).filter((word) => word.length > 2);
  const start = [...text].slice(0, MOST).join('');
  const whole = meter.zxcvbn.check(start, inputs).guessesLog10;
  const guesses = wordByWord ? Math.min(whole, byWords(start, meter, inputs)) : whole;
  const value = steps.filter((step) => guesses >= step).length as Strength['value'];
  // One thing said again and again is long, not strong.
  return { value: words === 1 && new Set(text).size < 6 ? (Math.min(value, 1) as Strength['value']) : value, words };
}
