/**
 * What page and vault say to each other: use cases, not primitives. Keys go in where a person brings them (a link's secret,
 * a password) and never come out; what comes out may be shown, stored or sent. Every call is answered once; a job also
 * reports while it runs.
 */
import type { SealCode } from '../seal/error.ts';

/** Why a call or a job failed: a refusal of the format, an answer of the server, or the device. */
export type VaultProblem =
  | { kind: 'seal'; code: SealCode }
  | { kind: 'server'; code: string; status: number; retryAfter?: number | undefined }
  | { kind: 'stopped' }
  | { kind: 'disk-full' }
  /** This device did not send that delivery, so it has not the keys. */
  | { kind: 'keys-elsewhere' }
  /** Files are missing or have changed; each says so itself. */
  | { kind: 'files' }
  /** The keyring must be opened first; nothing was done. */
  | { kind: 'locked' }
  | { kind: 'no-keyring' }
  /** `wrong`: it does not open the keyring. The others are said where one is chosen. */
  | { kind: 'sealpass'; why: 'wrong' | 'short' | 'login-password' }
  | { kind: 'kit'; why: 'mistyped' | 'wrong' }
  | { kind: 'claim-code'; why: 'mistyped' | 'wrong' }
  /** A key that level 4 may not go to, or that nobody may release to before words were compared. */
  | { kind: 'key'; why: 'unverified' | 'changed'; email: string }
  /** The server's answer would have weakened or cheated this account; nothing was sent, opened or accepted. */
  | { kind: 'distrusted'; why: 'weak' | 'older' | 'chain' | 'foreign' | 'release' | 'sender' }
  | { kind: 'internal' };

/** A file as the page may know it. */
export interface ListedFile {
  /** Its number in the manifest. */
  index: number;
  name: string;
  size: number;
  /** The file object or pack it lies in. */
  object: string;
}

/** Where opened bytes go. */
export type Sink =
  /** The service worker pulls. */
  | { kind: 'port'; port: MessagePort }
  /** The place somebody chose. */
  | { kind: 'handle'; handle: FileSystemFileHandle }
  /** A temporary file of this origin, given back when it is complete. */
  | { kind: 'private' }
  /** Memory, given back as a Blob. */
  | { kind: 'memory' };

/** The calls: name, what is asked, what is answered. */
export interface Calls {
  /**
   * A visitor's link, by its fragment or its typed code. Gives what the server wants to see. `tab` names the tab, so that a
   * reload finds the secret again, which the address bar has not any more.
   */
  takeLink: { ask: { id: string; fragment?: string | undefined; code?: string | undefined; tab?: string | undefined }; answer: { auth: string } };
  /** The same link in the same tab, after a reload. */
  recallLink: { ask: { id: string; tab: string }; answer: { auth: string | undefined } };
  /** The link's password, stretched as the server says. */
  takePassword: { ask: { m: number; t: number; p: number; salt: string; password: string }; answer: { auth2: string } };
  /** Opens record and manifest. */
  openLetter: { ask: { record: string; manifest: Uint8Array<ArrayBuffer> | string }; answer: { files: ListedFile[]; objects: string[] } };
  /** Saves files, each as it is if it is one, else as one zip. Ends when all is handed on. Reports. */
  save: {
    ask: { job: number; files: number[]; zip: boolean; token: string; sink: Sink };
    answer: { blob: Blob | undefined };
  };
  /** Bytes that saving will give: a file's, or the whole zip's. */
  measure: { ask: { files: number[]; zip: boolean }; answer: { bytes: number } };
  stop: { ask: { job: number }; answer: Record<string, never> };
}

/** What a job says while it runs. */
export interface Report {
  job: number;
  /** Opened bytes of this file, counted when they are handed on. */
  file: number;
  done: number;
  /** All parts came as the sender made them, and were handed on. */
  verified: boolean;
  /** The connection is gone; it is tried again. */
  waiting: boolean;
}

/** What the sink's other end, the service worker, and the vault say on their port. */
export type Pull = { kind: 'pull' } | { kind: 'cancel' };
export type Push = { kind: 'bytes'; bytes: Uint8Array<ArrayBuffer>[] } | { kind: 'end' } | { kind: 'fail' };
