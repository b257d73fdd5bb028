import type { IconName } from './icons.ts';

/** An entry of the rail. */
export interface Place {
  name: string;
  href: string;
  icon: IconName;
  here?: boolean;
  count?: number | undefined;
  /** The count waits for a hand. */
  waits?: boolean;
}
