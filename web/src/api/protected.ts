/** Protected mail over HTTP: the password of its PDFs, and the reply to one. Times in ms, byte strings as base64url. */
import { callAt } from './call.ts';
import type { ApiDraft } from './members.ts';

export interface ApiPasswordLink {
  email: string;
  purpose: 'invite' | 'change' | 'reset';
  language: 'de' | 'en' | 'cs';
  /** Who wrote first. */
  sender?: { name: string; email: string };
  /** Messages that wait for a password. */
  held: number;
  expires: number;
}

export interface ApiCredential {
  user: string;
  key: string;
}

export const pdfPasswords = {
  look: (token: string) => callAt<ApiPasswordLink>('post', '/pdf-passwords/look', { body: { token } }),
  /** All of one password. The same again after a lost answer is answered alike. */
  set: (token: string, sets: ApiCredential[]) => callAt<{ email: string; held: number; changed: boolean }>('post', '/pdf-passwords/set', { body: { token, sets } }),
  /** Has a new link mailed, if that address ever was written to by protected mail. */
  ask: (to: { token: string } | { email: string }, language: string) => callAt<undefined>('post', '/pdf-passwords/ask', { body: { ...to, language } }),
};

export interface ApiReplyLook {
  to: { name: string; email: string };
  /** Whose PDF it is. */
  email: string;
  language: 'de' | 'en' | 'cs';
  quote: string;
  /** The gateway's signed key records, the oldest first. */
  records: string[];
  expires: number;
  /** Bytes of all files. */
  largest: number;
}

/** What proves a reply link, as a header. */
export const replyAuthorization = (auth: string): string => `Reply ${auth}`;

export const replies = {
  look: (token: string, auth: string) => callAt<ApiReplyLook>('post', '/replies/{token}/look', { at: { token }, body: { auth } }),
  announce: (token: string, reply: string, id: string, level: number, files: { id: string; size: number }[]) =>
    callAt<ApiDraft>('put', '/replies/{token}/parcels/{id}', { at: { token, id }, reply, body: { level, files } }),
  removeFile: (token: string, reply: string, id: string, file: string) =>
    callAt<undefined>('delete', '/replies/{token}/parcels/{id}/files/{file}', { at: { token, id, file }, reply }),
  abandon: (token: string, reply: string, id: string) => callAt<undefined>('delete', '/replies/{token}/parcels/{id}/draft', { at: { token, id }, reply }),
  post: (token: string, reply: string, id: string, stanza: string) =>
    callAt<{ id: string; sent: number }>('post', '/replies/{token}/parcels/{id}/post', { at: { token, id }, reply, body: { stanza } }),
};
