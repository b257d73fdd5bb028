/** What the compose page shows of a delivery in the making; `SendFlow` keeps it true. Sizes in bytes. */
import type { FileState } from '../ui/file-state.ts';
import type { Level } from '../ui/level.ts';
import type { ClaimCode, CodeMode, Trust, UpTo } from '../vault/keys-protocol.ts';

export type { ClaimCode, CodeMode };

export type MailLanguage = 'de' | 'en' | 'cs';

export interface Addressee {
  address: string;
  name?: string | undefined;
  invalid?: boolean;
}

export type AttachmentState =
  | FileState
  /** An earlier visit sent some of it: the file must be chosen or allowed again. */
  | { kind: 'asked'; done: number }
  /** It is not any more what was chosen. */
  | { kind: 'changed' }
  | { kind: 'unreadable' };

export interface Attachment {
  id: string;
  /** With the folders it lies in, `/` between them; an empty folder's ends in one. */
  name: string;
  size: number;
  state: AttachmentState;
}

/** What somebody dropped or chose. */
export interface Given {
  /** `at`: number of the root it lies below, and the way from there on. */
  files: { file: File; name: string; at?: { root: number; path: string[] } | undefined }[];
  /** Empty folders. */
  folders: string[];
  /** By which the browser finds the files again, where it can. */
  roots: FileSystemHandle[];
}

export interface SendOptions {
  /** As typed; a page checks, the flow sends what is right. */
  days: string;
  limit: string;
  password: string;
  mailedCode: boolean;
  notify: boolean;
  /** The sender passes the link on; no mail. */
  passOn: boolean;
  language: MailLanguage;
  /** Levels 3 and 4: for everybody whose key is not known yet. */
  claimCode?: CodeMode | undefined;
}

/** What is known of a recipient's key: none yet, or how far it is trusted. Not there while it is asked for. */
export type KeyOf = { key: false } | { key: true; trust: Trust; upTo: UpTo };

/** The delivery that is answered. */
export interface ReplyTo {
  parcel: string;
  name: string;
  level: Level;
  subject: string;
}

export type SendProblem = 'to-missing' | 'to-invalid' | 'nothing' | 'files' | 'days' | 'limit' | 'too-large' | 'offline' | 'refused' | 'key-changed' | 'level';

export type SendStep =
  | { at: 'writing'; problem?: SendProblem | undefined }
  | {
      at: 'sending'; done: number; total: number; perSecond?: number | undefined; secondsLeft?: number | undefined;
      /** Nothing gets through for now: no connection, or the server's disk is full. */
      waiting?: 'offline' | 'full' | undefined;
    }
  | {
      at: 'sent'; id: string; mailed: string[]; links: { address: string; url: string }[];
      /** To be told by another way; this page shows them first. */
      codes: ClaimCode[];
      /** Whose release is to come. */
      waiting: string[];
    };

/** A draft that an earlier visit left, some of whose files are needed again. */
export interface Unfinished {
  subject: string;
  done: number;
  total: number;
  /** One click allows this page to read them; else they are chosen again. */
  byClick: boolean;
}

export interface Away {
  locked: boolean;
  drafts: { parcel: string; subject: string; begun: number }[];
}

export interface SendView {
  readonly people: Addressee[];
  subject: string;
  message: string;
  level: Level;
  readonly files: Attachment[];
  readonly options: SendOptions;
  readonly step: SendStep;
  /** From the server's settings. */
  readonly offered: { lowest: Level; highest: Level };
  /** By address in small letters, at levels 3 and 4. */
  readonly keys: Record<string, KeyOf>;
  /** This account has no SealPass yet. */
  readonly noSealPass: boolean;
  readonly replyTo: ReplyTo | undefined;
  readonly mostDays: number;
  readonly mostBytes: number;
  readonly unfinished: Unfinished | undefined;
  /** A draft waits that only the unlocked SealPass can read. */
  readonly lockedDraft: boolean;
  unlockDraft(): void;
  /** Another tab has a draft open. */
  readonly elsewhere: boolean;
  /** Begun on another device, while nothing is written here. `locked`: the SealPass shows which. */
  readonly away: Away;
  unlockAway(): void;
  takeAway(parcel: string): void;
  /** Names that cannot be sent. */
  readonly refusedNames: string[];
  /** The session ended; nothing is lost, it goes on after a login. */
  readonly loggedOut: boolean;
  addPeople(text: string): void;
  removePerson(index: number): void;
  addFiles(given: Given): void;
  removeFile(id: string): void;
  allow(): void;
  send(): void;
  stop(): void;
  discard(): void;
  another(): void;
}
