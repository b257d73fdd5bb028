/** A secret for whoever wants none of their own: words drawn from the lists of vectors/words. Nothing leaves the page. */

type Code = 'de' | 'en' | 'cs';

/** Words of a suggestion: 10^19 guesses. */
const WORDS = 5;

const loaded = new Map<'de' | 'en', Promise<readonly string[]>>();

/** Czech: there is no free list, so its words are the English ones. */
export function wordList(code: Code): Promise<readonly string[]> {
  const list = code === 'de' ? 'de' : 'en';
  const found = loaded.get(list) ?? (list === 'de' ? import('../../../vectors/words/de.txt?raw') : import('../../../vectors/words/en.txt?raw'))
    .then(({ default: text }) => text.trimEnd().split('\n'));
  loaded.set(list, found);
  return found;
}

/** Below `end`, each number as likely as the other. */
function draw(end: number): number {
  const most = 2 ** 32 - (2 ** 32 % end);
  for (;;) {
    const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
    if (number < most) return number % end;
  }
}

/** Five words with blanks between them. `most`: bytes at most; drawn anew until they fit, which leaves 10^18 in both lists at 32. */
export async function suggest(code: Code, most = Infinity): Promise<string> {
  // A hyphen would look like a blank between two words.
  const list = (await wordList(code)).filter((word) => /^[a-z]+$/.test(word));
  for (;;) {
    const words = Array.from({ length: WORDS }, () => list[draw(list.length)] ?? '').join(' ');
    if (words.length <= most) return words;
  }
}
