/**
 * How strong a secret is that somebody types: zxcvbn's guess with the word lists of the reader's language, and a rule of our
 * own. Both are fetched when the first letter is typed; nothing leaves the page.
 */
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import type { Strength } from './keyring-view.ts';

type Dictionary = Record<string, (string | number)[]>;
type Code = 'de' | 'en' | 'cs';

/** The vault takes none that is shorter. */
const LEAST = 12;
/** Guesses, as powers of ten, from which on a secret is almost strong, strong, very strong. */
const STEPS = [9, 12, 20] as const;
/** Longer ones are strong by their length; judging them takes too long. */
const MOST = 80;

const LISTS: Record<Code, () => Promise<{ dictionary: object }>> = {
  de: () => import('@zxcvbn-ts/language-de'),
  en: () => import('@zxcvbn-ts/language-en'),
  cs: () => import('@zxcvbn-ts/language-cs'),
};

const meters = new Map<Code, Promise<ZxcvbnFactory>>();

async function makeMeter(code: Code): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, common, own] = await Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common'), LISTS[code]()]);
  const dictionary = { ...common.dictionary, ...own.dictionary } as Dictionary;
  return new ZxcvbnFactory({ dictionary, graphs: common.adjacencyGraphs });
}

/** `known`: what an attacker tries first, such as name, address and house. */
export async function judge(text: string, code: Code, known: readonly string[]): Promise<Strength> {
  const words = new Set(text.normalize('NFKC').toLowerCase().split(/[\s\p{P}]+/u).filter((word) => [...word].length > 1)).size;
  if ([...text].length < LEAST) return { value: 0, words };
  let meter = meters.get(code);
  if (meter === undefined) meters.set(code, (meter = makeMeter(code)));
  const inputs = known.flatMap((word) => word.toLowerCase().split(/[\s@._-]+/)).filter((word) => word.length > 2);
  const { guessesLog10 } = (await meter).check([...text].slice(0, MOST).join(''), inputs);
  const value = STEPS.filter((step) => guessesLog10 >= step).length as Strength['value'];
  // One thing said again and again is long, not strong.
  return { value: words === 1 && new Set(text).size < 6 ? (Math.min(value, 1) as Strength['value']) : value, words };
}
