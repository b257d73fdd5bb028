/** Protected mail over HTTP: the password of its PDFs, and the reply to one. Times in ms, byte strings as base64url. */
import { call } from './call.ts';
import type { Shape } from './port.ts';

export type ApiPasswordLink = Shape<'PasswordLink'>;
export type ApiPasswordIsSet = Shape<'PasswordIsSet'>;
export type ApiCredential = Shape<'PasswordSet'>;
export type ApiReplyLook = Shape<'ReplyLook'>;

export const pdfPasswords = {
  look: (token: string) => call('post', '/pdf-passwords/look', { body: { token } }),
  /** All of one password. The same again after a lost answer is answered alike. */
  set: (token: string, sets: ApiCredential[]) => call('post', '/pdf-passwords/set', { body: { token, sets } }),
  /** Has a new link mailed, if that address ever was written to by protected mail. */
  ask: (to: { token: string } | { email: string }, language: string) => call('post', '/pdf-passwords/ask', { body: { ...to, language } }),
};

/** What proves a reply link, as a header. */
export const replyAuthorization = (auth: string): string => `Reply ${auth}`;

export const replies = {
  look: (token: string, auth: string) => call('post', '/replies/{token}/look', { at: { token }, body: { auth } }),
  announce: (token: string, reply: string, id: string, level: number, files: Shape<'NewFile'>[]) =>
    call('put', '/replies/{token}/parcels/{id}', { at: { token, id }, reply, body: { level, files } }),
  removeFile: (token: string, reply: string, id: string, file: string) =>
    call('delete', '/replies/{token}/parcels/{id}/files/{file}', { at: { token, id, file }, reply }),
  abandon: (token: string, reply: string, id: string) => call('delete', '/replies/{token}/parcels/{id}/draft', { at: { token, id }, reply }),
  post: (token: string, reply: string, id: string, stanza: string) =>
    call('post', '/replies/{token}/parcels/{id}/post', { at: { token, id }, reply, body: { stanza } }),
};
