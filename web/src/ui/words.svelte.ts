/**
 * The reader's language. A catalogue is loaded only for the language in use; a key that one language lacks is a type
 * error, because every catalogue has the type of the English one.
 */
import { formatFor, type Format } from './format.ts';
import type { UiTexts } from './texts/ui.en.ts';

export const LANGUAGES = { de: 'Deutsch', en: 'English', cs: 'Čeština' } as const;
export type Code = keyof typeof LANGUAGES;

const KEY = 'depesche.language';
const FALLBACK: Record<Code, string> = { de: 'de-DE', en: 'en-GB', cs: 'cs-CZ' };

const isCode = (text: string): text is Code => text in LANGUAGES;

/** The language to begin with: the one chosen here before, else the first of the browser's that we speak. */
export function preferred(languages: readonly string[], stored: string | null): Code {
  if (stored !== null && isCode(stored)) return stored;
  for (const tag of languages) {
    const code = tag.slice(0, 2).toLowerCase();
    if (isCode(code)) return code;
    if (code === 'sk') return 'cs';
  }
  return 'en';
}

export function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is blocked; then the browser's language holds
  }
}

let code = $state<Code>('en');
let format = $state.raw<Format>(formatFor('en-GB'));
let shared = $state.raw<UiTexts>();

/** The language of the components and the forms of numbers and dates. */
export const ui = {
  get code(): Code {
    return code;
  },
  get format(): Format {
    return format;
  },
  get t(): UiTexts {
    if (shared === undefined) throw new Error('no catalogue is loaded yet');
    return shared;
  },
};

export interface Catalogue<T extends UiTexts> {
  /** The texts in the reader's language; reactive. */
  readonly t: T;
  use(next: Code): Promise<void>;
  /** As `use`, and kept for the next visit. */
  choose(next: Code): Promise<void>;
}

export function catalogue<T extends UiTexts>(load: Record<Code, () => Promise<{ default: T }>>): Catalogue<T> {
  let texts = $state.raw<T>();
  async function use(next: Code): Promise<void> {
    const loaded = (await load[next]()).default;
    const locale = navigator.languages.find((tag) => tag.slice(0, 2).toLowerCase() === next && tag.length > 2);
    format = formatFor(locale ?? FALLBACK[next]);
    code = next;
    texts = loaded;
    shared = loaded;
    document.documentElement.lang = next;
  }
  return {
    get t() {
      if (texts === undefined) throw new Error('no catalogue is loaded yet');
      return texts;
    },
    use,
    async choose(next) {
      await use(next);
      try {
        localStorage.setItem(KEY, next);
      } catch {
        // storage is blocked; the choice holds for this visit
      }
    },
  };
}
