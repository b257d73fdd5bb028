/** What the landing page shows of a visit; `ClaimFlow` keeps it true. Times in ms, sizes in bytes. */
import type { FileState } from '../ui/file-state.ts';

export interface Sender {
  /** Empty if none is known. */
  name: string;
  address: string;
}

export interface Enclosure {
  id: string;
  name: string;
  size: number;
  state: FileState;
}

export interface Letter {
  sender: Sender;
  level: 1 | 2 | 3 | 4;
  subject: string;
  /** Empty until the letter is open. */
  message: string;
  expires: number;
  /** None while the names are still sealed. */
  files: Enclosure[] | undefined;
  /** Attachments of a protected mail: to whom that went. */
  attachedFor?: string | undefined;
}

/** Why the delivery cannot be had; each has its own page. */
export type Gone = 'expired' | 'withdrawn' | 'spent' | 'unknown' | 'cut' | 'damaged' | 'offline' | 'busy' | 'insecure' | 'old';

export type ClaimStep =
  | { at: 'looking' }
  /** The key part of the link is missing or unfit: the code of the mail is asked for. */
  | { at: 'code'; problem?: 'short' | 'slip' | 'unfit' | undefined; group?: number | undefined }
  /** The letter lies there closed; the address, and the password if there is one, open it. */
  | { at: 'closed'; password: boolean; /** Level 2: the login says whose it is. */ known?: boolean | undefined; address?: string | undefined; problem?: ClosedProblem | undefined }
  /**
   * A login opens it. `sealed`: with the person's own key, in the inbox; else (level 2) with link and login. `as`: the account
   * that is logged in, which is not the one it was sent to. `invited`: where a mail went, if it is the right address.
   */
  | { at: 'login'; sealed: boolean; as?: string | undefined; invited?: string | undefined; problem?: boolean | undefined }
  | { at: 'mailed-code'; address: string; problem?: 'wrong' | 'over' | undefined; again?: boolean | undefined }
  | { at: 'open'; left: number | undefined; saving: boolean; note?: Note | undefined }
  | { at: 'gone'; why: Gone; since?: number | undefined; seconds?: number | undefined; sender?: Sender | undefined };

/** What there is to say below the files. */
export type Note = 'memory' | 'disk-full' | 'interrupted' | 'saved';

export type ClosedProblem =
  | { kind: 'password'; triesLeft?: number | undefined; pauseSeconds?: number | undefined }
  | { kind: 'pause'; seconds: number }
  /** It opens nothing here, or it is none. */
  | { kind: 'address' | 'no-address' };

export interface ClaimView {
  readonly step: ClaimStep;
  /** None until the link was shown to be right. */
  readonly letter: Letter | undefined;
  /** A request or a key derivation runs. */
  readonly busy: boolean;
  typeCode(text: string): void;
  open(address: string, password: string): void;
  giveMailedCode(code: string): void;
  askMailedCode(): void;
  otherAddress(): void;
  login(): void;
  invite(address: string): void;
  save(id: string): void;
  saveAll(): void;
  stop(id: string): void;
  stopAll(): void;
  /** Level 2: from now on it opens in the inbox, without the link. None at other levels. */
  readonly keep?: (() => void) | undefined;
  /** Level 2: writes back, to the sender alone. */
  readonly reply?: (() => void) | undefined;
  again(): void;
}
