import type { SendFlow } from '../../flows/send.svelte.ts';

/** The delivery in the making: it stays when one looks at another page, and its files go on going up. */
export interface Writing {
  /** What it answers, or nothing. */
  reply?: string | undefined;
  flow?: SendFlow | undefined;
}
