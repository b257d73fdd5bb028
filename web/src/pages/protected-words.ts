import { catalogue } from '../ui/words.svelte.ts';

/** The catalogue of protected mail's pages; one language is one file, fetched when it is used. */
export const protectedMail = catalogue({
  en: () => import('../ui/texts/protected.en.ts'),
  de: () => import('../ui/texts/protected.de.ts'),
  cs: () => import('../ui/texts/protected.cs.ts'),
});
