import { catalogue } from '../ui/words.svelte.ts';

/** The handoff pages' catalogue; one language is one file, fetched when it is used. */
export const handoff = catalogue({
  en: () => import('../ui/texts/handoff.en.ts'),
  de: () => import('../ui/texts/handoff.de.ts'),
  cs: () => import('../ui/texts/handoff.cs.ts'),
});
