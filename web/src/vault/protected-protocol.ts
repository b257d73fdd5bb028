/**
 * What the pages of protected mail and their vault say to each other. A password goes in and never comes out; what comes out of it
 * is what the server builds PDFs with. RS of a reply link goes in and stays.
 */
import type { PasswordCode } from '../pdfkey/password.ts';
import type { MemberCalls, MemberReport } from './member-protocol.ts';

export type { PasswordCode };

type Nothing = Record<string, never>;

/** What is answered. Times in ms. */
export interface Answered {
  subject: string;
  from: { name: string; email: string };
  date: number;
  text: string;
}

/** A reply that an earlier visit left. */
export interface LeftReply {
  subject: string;
  message: string;
  entries: MemberCalls['addFiles']['answer']['entries'];
  /** What the person let us read before, and must allow again by a click. */
  handles: FileSystemHandle[];
}

export interface ProtectedCalls {
  /** Why this is no PDF password; and how many bytes it has. */
  checkPassword: { ask: { password: string }; answer: { refused: PasswordCode | undefined; bytes: number } };
  /** So many credentials of one password. */
  credentials: { ask: { password: string; count: number }; answer: { sets: { user: string; key: string }[] } };

  /** The part behind the `#`, or the same tab's after a reload. Gives nothing where there is none. */
  takeReply: { ask: { token: string; fragment: string | undefined; tab: string }; answer: { auth: string | undefined } };
  /** Opens what is answered, and finds the key that the answer is sealed to among the records. */
  openQuote: { ask: { quote: string; records: string[] }; answer: Answered };
  /** What an earlier visit left. `address`: who replies. */
  openReply: { ask: { address: string }; answer: { left: LeftReply | undefined; elsewhere: boolean } };
  keepReply: { ask: { subject: string; message: string }; answer: Nothing };
  addFiles: MemberCalls['addFiles'];
  removeFiles: MemberCalls['removeFiles'];
  /** Reads again what was allowed again. */
  reopen: { ask: Nothing; answer: Nothing };
  /** Ends when the reply is on its way. `body`: what is sent, `message`: what was typed. */
  send: { ask: { subject: string; message: string; body: string }; answer: { sent: number } };
  /** Takes back the wish to send; what is uploaded stays. */
  stop: { ask: Nothing; answer: Nothing };
  discard: { ask: Nothing; answer: Nothing };
}

/** What the vault says while it uploads. */
export type ProtectedReport = Extract<MemberReport, { kind: 'file' | 'waiting' | 'refused' | 'session' }> | { kind: 'sent' };
