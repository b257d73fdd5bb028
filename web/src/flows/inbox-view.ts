/** Received deliveries as pages show them; times in ms, sizes in bytes. */
import type { Level } from '../ui/level.ts';
import type { ClaimStep, Enclosure, Gone, Sender } from './claim-view.ts';
import type { Trust } from './keyring-view.ts';

/** `lost`: a reset destroyed what opened it. */
export type OwnState = 'link' | 'lost' | 'waits_sealpass' | 'waits_release' | 'ready' | 'opened' | 'downloaded' | 'withdrawn' | 'expired' | 'spent' | 'dropped';

export interface ReceivedRow {
  id: string;
  level: Level;
  sender: Sender;
  subject: string;
  posted: number;
  expires: number;
  size: number;
  state: OwnState;
  unread: boolean;
  reply: boolean;
  /** Sealed to the person, and nothing opens it (any more). */
  closed: boolean;
}

export type InboxFilter = 'all' | 'unread' | 'waiting' | 'ended';

/** As typed and chosen. */
export interface InboxSearch {
  text: string;
  sender: string;
  /** Days as 2026-12-31, or empty. */
  from: string;
  to: string;
  size: 'any' | 'small' | 'middle' | 'large';
}

export interface InboxView {
  readonly rows: ReceivedRow[];
  readonly loading: boolean;
  readonly more: boolean;
  readonly offline: boolean;
  filter: InboxFilter;
  search: InboxSearch;
  showMore(): void;
}

export interface ReceivedLetter {
  sender: Sender;
  trust: Trust | 'unsigned' | undefined;
  level: Level;
  subject: string;
  /** Empty until the letter is open. */
  message: string;
  expires: number;
  /** None while the names are sealed. */
  files: Enclosure[] | undefined;
  reply: boolean;
}

export type ReceivedStep =
  | { at: 'looking' }
  /** There is no SealPass yet. `lost`: it opened before a reset. */
  | { at: 'set-up'; lost?: boolean }
  /** The sender has to release. `code`: a claim code was set; `given` when it was typed and the sender's device looks at it. */
  | { at: 'waits'; lost?: boolean; code: 'none' | 'ask' | 'given'; problem?: 'mistyped' | 'wrong' | 'over' | undefined }
  | { at: 'locked' }
  /** Levels 1 and 2: by the link of the mail. */
  | { at: 'link' }
  | (ClaimStep & { at: 'open' })
  | { at: 'gone'; why: Gone | 'dropped' | 'distrusted' | 'changed'; since?: number | undefined; seconds?: number | undefined };

export interface ReceivedView {
  readonly step: ReceivedStep;
  readonly letter: ReceivedLetter | undefined;
  readonly busy: boolean;
  enterCode(code: string): void;
  unlock(): void;
  save(id: string): void;
  saveAll(): void;
  stop(id: string): void;
  stopAll(): void;
  again(): void;
}
