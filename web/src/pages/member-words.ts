import { catalogue } from '../ui/words.svelte.ts';

/** The members' catalogue; one language is one file, fetched when it is used. */
export const member = catalogue({
  en: () => import('../ui/texts/member.en.ts'),
  de: () => import('../ui/texts/member.de.ts'),
  cs: () => import('../ui/texts/member.cs.ts'),
});
