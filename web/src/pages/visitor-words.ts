import { catalogue } from '../ui/words.svelte.ts';

/** The visitors' catalogue; one language is one file, fetched when it is used. */
export const visitor = catalogue({
  en: () => import('../ui/texts/visitor.en.ts'),
  de: () => import('../ui/texts/visitor.de.ts'),
  cs: () => import('../ui/texts/visitor.cs.ts'),
});
