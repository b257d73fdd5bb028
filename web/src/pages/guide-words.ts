import { catalogue } from '../ui/words.svelte.ts';

/** The guide's catalogue: the visitors' and the guide itself. */
export const guide = catalogue({
  en: () => import('../ui/texts/guide.en.ts'),
  de: () => import('../ui/texts/guide.de.ts'),
  cs: () => import('../ui/texts/guide.cs.ts'),
});
