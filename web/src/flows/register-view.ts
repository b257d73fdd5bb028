/** Making an account by an invitation, as the page shows it. */
import type { Strength } from './keyring-view.ts';

export interface Invitation {
  email: string;
  sender: { name: string; email: string } | undefined;
}

export type RegisterStep =
  | { at: 'looking' }
  | { at: 'form'; invitation: Invitation }
  /** `over`: used already, or older than seven days; one page for both, and for one that never was. */
  | { at: 'gone'; why: 'over' | 'offline' | 'busy' };

export interface RegisterView {
  readonly step: RegisterStep;
  readonly busy: boolean;
  readonly problem: 'offline' | 'failed' | undefined;
  strength(text: string): Promise<Strength>;
  make(name: string, password: string): void;
  again(): void;
}
