/** What the pages of protected mail show; their flows keep it true. Times in ms, sizes in bytes. */
import type { PasswordCode } from '../vault/protected-protocol.ts';
import type { Strength } from './keyring-view.ts';
import type { Attachment, Given } from './send-view.ts';

export type { PasswordCode };

/** Why a page of protected mail has nothing to show. */
export type ProtectedGone = 'unknown' | 'cut' | 'expired' | 'damaged' | 'offline' | 'busy' | 'insecure' | 'old';

export interface Person {
  /** Empty if none is known. */
  name: string;
  address: string;
}

export type PasswordStep =
  | { at: 'looking' }
  | {
      at: 'choose'; purpose: 'invite' | 'change' | 'reset'; email: string; sender?: Person | undefined; held: number;
      /** It was not taken. */
      problem?: 'offline' | 'busy' | 'refused' | undefined;
    }
  | { at: 'done'; email: string; held: number; changed: boolean }
  /** A new link is asked for: by the address, or by an old link, whose time is over or which was used. */
  | { at: 'ask'; why: 'address' | 'over' | 'used'; problem?: 'offline' | 'busy' | undefined }
  | { at: 'asked'; email?: string | undefined }
  | { at: 'gone'; why: ProtectedGone; seconds?: number | undefined };

/** What a text is worth as a password, and what stands against it. */
export interface Judged extends Strength {
  refused: PasswordCode | undefined;
  /** In UTF-8. */
  bytes: number;
}

export interface PasswordView {
  readonly step: PasswordStep;
  readonly busy: boolean;
  judge(text: string): Promise<Judged>;
  suggest(): Promise<string>;
  set(password: string): void;
  /** Without an address: by the old link. */
  ask(email?: string): void;
  again(): void;
}

export type ReplyProblem = 'nothing' | 'files' | 'too-large' | 'refused' | 'offline';

export type ReplyStep =
  | { at: 'looking' }
  | { at: 'writing'; problem?: ReplyProblem | undefined }
  | { at: 'sending'; done: number; total: number; perSecond?: number | undefined; secondsLeft?: number | undefined; waiting?: 'offline' | 'full' | undefined }
  | { at: 'sent'; time: number }
  | { at: 'gone'; why: ProtectedGone; seconds?: number | undefined; sender?: Person | undefined };

/** What is answered. */
export interface Answered {
  from: Person;
  date: number;
  subject: string;
  text: string;
}

export interface ReplyView {
  readonly step: ReplyStep;
  readonly to: Person | undefined;
  /** Who replies, as the sender will see it. */
  readonly by: string;
  readonly answered: Answered | undefined;
  subject: string;
  message: string;
  /** What is answered goes along below. */
  quote: boolean;
  readonly files: Attachment[];
  readonly mostBytes: number;
  /** Names that cannot be sent. */
  readonly refusedNames: string[];
  /** Another tab has a reply open. */
  readonly elsewhere: boolean;
  /** Files of an earlier visit are needed again: by one click, or chosen again. */
  readonly unfinished: { byClick: boolean } | undefined;
  /** Call it with each change: it is kept a moment later. */
  keep(subject: string, message: string): void;
  addFiles(given: Given): void;
  removeFile(id: string): void;
  allow(): void;
  send(): void;
  stop(): void;
  discard(): void;
  another(): void;
  again(): void;
}
