/** Who waits for this account's release, and the dialog that gives it. Times in ms. */
import type { NotReleased, Trust, WaitingPerson } from '../vault/keys-protocol.ts';
import type { SecretProblem } from './keyring-view.ts';

export type { NotReleased, Trust, WaitingPerson };

export type Choice = 'words' | 'no';

/** One after another, or all at once. */
export type ReleaseStep =
  | { at: 'closed' }
  | {
      at: 'one'; person: WaitingPerson; number: number; of: number; next: string | undefined;
      /** None while they are made. */
      words: string[] | undefined;
      /** Somebody said that they differ: nothing is released. */
      differ: boolean;
    }
  | { at: 'all'; sure: number; unsure: number; alarmed: number }
  | { at: 'releasing'; done: number; of: number }
  | { at: 'done'; released: string[]; refused: { name: string; why: NotReleased }[]; later: number };

export interface ReleaseView {
  readonly waiting: WaitingPerson[];
  readonly step: ReleaseStep;
  readonly busy: boolean;
  readonly problem: SecretProblem | undefined;
  /** The SealPass was right a moment ago: it is not asked for again in this dialog. */
  readonly entered: boolean;
  open(parcel?: string): void;
  release(choice: Choice, sealPass: string): void;
  releaseAll(unsure: boolean, sealPass: string): void;
  differ(): void;
  /** Not now: the next one. */
  skip(): void;
  all(): void;
  close(): void;
}
