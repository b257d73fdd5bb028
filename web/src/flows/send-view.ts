/** What the compose page shows of a delivery in the making; `SendFlow` keeps it true. Sizes in bytes. */
import type { FileState } from '../ui/file-state.ts';
import type { Level } from '../ui/level.ts';

export type MailLanguage = 'de' | 'en' | 'cs';

export interface Addressee {
  address: string;
  name?: string | undefined;
  invalid?: boolean;
}

export interface Attachment {
  id: string;
  /** With the folders it lies in, `/` between them. */
  name: string;
  size: number;
  state: FileState;
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
}

export type SendProblem = 'to-missing' | 'to-invalid' | 'nothing' | 'days' | 'limit' | 'too-large' | 'offline' | 'refused';

export type SendStep =
  | { at: 'writing'; problem?: SendProblem | undefined }
  | { at: 'sending'; done: number; total: number; perSecond?: number | undefined; secondsLeft?: number | undefined; waiting?: boolean }
  | { at: 'sent'; id: string; mailed: string[]; links: { address: string; url: string }[] };

export interface SendView {
  readonly people: Addressee[];
  subject: string;
  message: string;
  level: Level;
  readonly files: Attachment[];
  readonly options: SendOptions;
  readonly step: SendStep;
  /** From the server's settings. */
  readonly offered: { lowest: Level; highest: Level; built: Level };
  readonly mostDays: number;
  readonly mostBytes: number;
  /** A draft that an earlier visit left unfinished. */
  readonly unfinished: { subject: string; done: number; total: number } | undefined;
  readonly elsewhere: boolean;
  addPeople(text: string): void;
  removePerson(index: number): void;
  addFiles(files: File[]): void;
  removeFile(id: string): void;
  retry(id: string): void;
  send(): void;
  stop(): void;
  discard(): void;
  another(): void;
}
