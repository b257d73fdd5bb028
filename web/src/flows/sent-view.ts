/** Sent deliveries as pages show them; times in ms, sizes in bytes. */
import type { Level } from '../ui/level.ts';
import type { ClaimCode, CodeMode } from '../vault/keys-protocol.ts';

export type RecipientState =
  | 'posted' | 'notified' | 'bounced' | 'waits_registration' | 'waits_sealpass' | 'waits_release' | 'released' | 'opened'
  | 'downloaded' | 'withdrawn' | 'expired' | 'spent' | 'dropped';

export type Ended = 'expired' | 'withdrawn' | 'spent';

export interface SentRow {
  id: string;
  level: Level;
  ended: Ended | undefined;
  /** When it ended. */
  closed?: number | undefined;
  subject: string;
  posted: number;
  expires: number;
  size: number;
  /** None where the list does not know. */
  files?: number | undefined;
  recipients: { address: string; name?: string | undefined; state: RecipientState; at?: number | undefined }[];
}

export type SentFilter = 'all' | 'waiting' | 'opened' | 'ended';

export interface SentView {
  readonly rows: SentRow[];
  readonly loading: boolean;
  readonly more: boolean;
  readonly offline: boolean;
  filter: SentFilter;
  search: string;
  showMore(): void;
}

export interface Visit {
  address: string;
  proven: boolean;
  state: 'opened' | 'leased' | 'committed' | 'lapsed';
  opened: number;
  /** How many it has saved whole; none where that cannot be told. */
  files: number | 'all' | undefined;
}

export interface SentRecipient {
  address: string;
  name?: string | undefined;
  state: RecipientState;
  notified?: number | undefined;
  bounced?: number | undefined;
  opened?: number | undefined;
  downloaded?: number | undefined;
  limit?: number | undefined;
  /** Levels 3 and 4: when it was released, and how the key was proven. */
  release?: { at: number; verified: 'code' | 'words' | 'pinned' | 'reply' | 'no' | 'claimed' } | undefined;
  claimCode?: { mode: CodeMode; triesLeft: number; registered: boolean } | undefined;
  /** Since a reset nothing opens it there: it can be provided again. */
  lost?: number | undefined;
  taken: number;
  visits: Visit[];
  /** The link, if this browser made it and still keeps it. */
  url?: string | undefined;
}

export interface SentParcel extends Omit<SentRow, 'recipients'> {
  message: string;
  recipients: SentRecipient[];
  /** The files, where this browser knows them. */
  list?: { name: string; size: number }[] | undefined;
}

/** New recipients of the same contents. */
export interface Addition {
  addresses: string[];
  /** Empty for none. */
  password: string;
  mailedCode: boolean;
  /** Whether they get a mail; else the sender passes the links on. */
  mail: boolean;
  claimCode?: CodeMode | undefined;
}

export type ParcelProblem = 'offline' | 'refused' | 'elsewhere' | 'key-changed';

export interface ParcelView {
  readonly parcel: SentParcel | undefined;
  readonly state: 'loading' | 'there' | 'not-there';
  readonly busy: boolean;
  readonly problem: ParcelProblem | undefined;
  /** To whom the mail was just sent again. */
  readonly resent: string | undefined;
  /** This browser sent it: it has the keys, and can add recipients and mail the links again. */
  readonly known: boolean;
  /** Its contents open with the SealPass, and that is locked. */
  readonly locked: boolean;
  /** Claim codes that were asked for, or just made. */
  readonly codes: ClaimCode[];
  readonly mostDays: number;
  unlock(): void;
  showCodes(): void;
  /** A code for somebody who waits; an old one ends. */
  newCode(address: string, mode: CodeMode): void;
  extend(days: number): void;
  resend(address: string): void;
  add(addition: Addition): void;
  drop(address: string): void;
  withdraw(): void;
  /** Whether the browser let us. */
  copy(url: string): Promise<boolean>;
}
