/**
 * What the members' pages and their vault say to each other; as protocol.ts, use cases and not primitives. Keys are made
 * here and stay here; what goes out is what a person passes on: a link, and names of files.
 */
import type { ApiAccount, Device } from '../api/members.ts';
import type { SealCode } from '../seal/error.ts';
import type { ClaimCode, CodeMode, KeyCalls, KeyReport } from './keys-protocol.ts';
import type { FromLine, RequestOf } from './line.ts';

/** What somebody has written and chosen so far. */
export interface Form {
  people: { address: string; name?: string | undefined }[];
  subject: string;
  message: string;
  level: number;
  options: FormOptions;
  /** A reply: it goes to the sender of that delivery alone, at its level or higher. */
  inReplyTo?: { parcel: string; level: number } | undefined;
}

export interface FormOptions {
  /** As typed. */
  days: string;
  limit: string;
  password: string;
  mailedCode: boolean;
  notify: boolean;
  /** The sender passes the link on; no mail. */
  passOn: boolean;
  language: 'de' | 'en' | 'cs';
  /** Levels 3 and 4: a code for every recipient whose key is not known yet. */
  claimCode?: CodeMode | undefined;
}

/** A file that somebody chose. */
export interface GivenFile {
  file: File;
  /** With its folders, `/` between them. */
  name: string;
  /** Where to find it again: number of a root, and the way from there on. */
  at?: { root: number; path: string[] } | undefined;
}

export type UploadState =
  | { kind: 'waiting' }
  | { kind: 'running'; done: number }
  | { kind: 'done' }
  /** What an earlier visit left: the file must be chosen again. */
  | { kind: 'asked'; done: number }
  | { kind: 'changed' }
  | { kind: 'unreadable' };

/** A file of the draft; an empty folder's name ends in a slash. */
export interface DraftEntry {
  id: string;
  name: string;
  size: number;
  state: UploadState;
}

export interface OpenedDraft {
  form: Form;
  entries: DraftEntry[];
  /** What the person let us read before, and must allow again by a click. */
  handles: FileSystemHandle[];
}

/** What shall be posted. Checked by whoever asks. */
export interface Order {
  form: Form;
  /** How long it is ready, ms. */
  life: number;
  limit: number | undefined;
}

export interface LinkOfPerson {
  address: string;
  url: string;
}

/** What the server has not: level 4. */
export interface Letter {
  subject: string;
  message: string;
}

export interface NewPeople {
  addresses: string[];
  password: string;
  mailedCode: boolean;
  limit: number | undefined;
  /** None = the sender passes the links on. */
  language: Form['options']['language'] | undefined;
  claimCode?: CodeMode | undefined;
}

/** What was posted. Links at levels 1 and 2; codes where they were wanted; addresses whose release is to come. */
export interface Posted {
  parcel: string;
  links: LinkOfPerson[];
  codes: ClaimCode[];
  waiting: string[];
}

export interface MemberCalls extends KeyCalls {
  /** The password stays in the vault; the server learns only that it was right. */
  login: { ask: { email: string; password: string; device: Device }; answer: { account: ApiAccount } };
  /** The first account of a new server, logged in at once. */
  first: { ask: { code: string; email: string; name: string; password: string; device: Device }; answer: { account: ApiAccount } };
  /** The account of an invitation, logged in at once. */
  register: { ask: { token: string; email: string; name: string; password: string; device: Device }; answer: { account: ApiAccount } };

  /** The draft that an earlier visit left, if no other tab has it; `elsewhere`: one is open in another tab. `locked`: one waits that
   * only the open keyring can read: unlock, and ask again. */
  openDraft: { ask: { account: string; email: string; form: Form }; answer: { draft: OpenedDraft | undefined; elsewhere: boolean; locked: boolean } };
  keepForm: { ask: { form: Form }; answer: Record<string, never> };
  /** Adds files and begins to seal and send them. A file that the draft asks for takes its place there. */
  addFiles: {
    ask: { files: GivenFile[]; folders: string[]; roots: FileSystemHandle[] };
    answer: { entries: DraftEntry[]; refused: { name: string; code: SealCode }[] };
  };
  removeFiles: { ask: { ids: string[] }; answer: Record<string, never> };
  /** Reads again what was allowed again. */
  reopen: { ask: Record<string, never>; answer: Record<string, never> };
  /**
   * Ends when the delivery is posted. Levels 3 and 4 need the open keyring, else the problem is `locked` or `no-keyring` and
   * nothing is lost. A level below the answered one is refused.
   */
  post: { ask: Order; answer: Posted };
  /** Takes back the wish to post; what is uploaded stays. */
  stop: { ask: Record<string, never>; answer: Record<string, never> };
  discard: { ask: Record<string, never>; answer: Record<string, never> };

  /** What is known of a delivery that was sent: from this browser, or by the open keyring on any device. */
  namesOf: {
    ask: { parcel: string };
    answer: { files: { name: string; size: number; object: string | undefined }[]; links: LinkOfPerson[]; letter?: Letter | undefined } | undefined;
  };
  addRecipients: { ask: { parcel: string; people: NewPeople }; answer: { links: LinkOfPerson[]; codes: ClaimCode[] } };
  resend: { ask: { parcel: string; addresses: string[]; language: Form['options']['language'] }; answer: Record<string, never> };
  /** The server's answer to extending, dropping, withdrawing: what is kept here follows. */
  follow: { ask: { parcel: string; expires?: number; dropped?: string; over?: boolean }; answer: Record<string, never> };
}

/** What the vault says while it uploads. */
export type MemberReport =
  | { kind: 'file'; id: string; state: UploadState }
  /** Nothing gets through for now. */
  | { kind: 'waiting'; why: 'offline' | 'full' | undefined }
  /** The session has ended: nothing is lost, it goes on after a login. */
  | { kind: 'session' }
  /** The server refuses what was to be uploaded. */
  | { kind: 'refused'; code: string }
  /** An earlier visit got as far as posting. */
  | { kind: 'posted'; parcel: string; links: LinkOfPerson[] }
  | KeyReport;

export type MemberRequest = RequestOf<MemberCalls>;
export type MemberMessage = FromLine<MemberCalls, MemberReport>;
