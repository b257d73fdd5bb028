/** What members ask of the server; the session is a cookie. */
import { bytes, call } from './call.ts';
import type { ApiNewCode } from './keyed-port.ts';
import type { Shape } from './port.ts';

export type ApiAccount = Shape<'Account'>;
export type ApiSession = Shape<'SessionInfo'>;
export type ApiDraft = Shape<'Draft'>;
export type ApiNotice = Shape<'Notice'>;
export type ApiNewRecipient = Omit<Shape<'NewRecipient'>, 'link'> & {
  link?: Shape<'NewRecipient'>['link']; stanza?: string; verified?: string; limit?: number;
  claim_code?: ApiNewCode;
};
export type ApiPost = Omit<Shape<'PostRequest'>, 'recipients'> & { recipients: ApiNewRecipient[]; own_stanza?: string };
export type ApiParcel = Shape<'Parcel'>;
export type ApiPosted = Pick<ApiParcel, 'id' | 'expires'>;

/** What somebody logs in with: its name in the list of sessions, and its language, which the mails to the person will have. */
export type Device = Required<Pick<Shape<'LoginFinish'>, 'label'>> & { language: 'de' | 'en' | 'cs' };

/** OPAQUE (RFC 9807): the messages of login and registration as base64url. */
export const opaque = {
  loginStart: (email: string, request: string) => call('post', '/login/start', { body: { email, request } }),
  loginFinish: (login: string, finalization: string, device: Device) =>
    call('post', '/login/finish', { body: { login, finalization, ...device, cookie: true } }),
  firstStart: (code: string, email: string, name: string, request: string) =>
    call('post', '/first/start', { body: { code, email, name, request } }),
  firstFinish: (code: string, upload: string) => call('post', '/first/finish', { body: { code, upload } }),
};

export const sessions = {
  me: () => call('get', '/me', {}),
  list: async () => (await call('get', '/sessions', {})).sessions,
  end: (id: string) => call('delete', '/sessions/{id}', { at: { id } }),
  logout: () => call('post', '/logout', {}),
  logoutEverywhere: () => call('post', '/logout/everywhere', {}),
};

/** A draft on its way, and what is done to a posted parcel with its keys. Parts and manifest go by `vault/put.ts`. */
export const drafts = {
  announce: (id: string, level: number, files: Shape<'NewFile'>[], inReplyTo: string | undefined) =>
    call('put', '/parcels/{id}', { at: { id }, body: { level, files, ...(inReplyTo !== undefined && { in_reply_to: { parcel: inReplyTo } }) } }),
  removeFile: (id: string, file: string) => call('delete', '/parcels/{id}/files/{file}', { at: { id, file } }),
  abandon: (id: string) => call('delete', '/parcels/{id}/draft', { at: { id } }),
  post: (id: string, body: ApiPost) => call('post', '/parcels/{id}/post', { at: { id }, body: body as Shape<'PostRequest'> }),
  details: (id: string) => call('get', '/parcels/{id}', { at: { id } }),
  manifest: (id: string) => bytes('/parcels/{id}/manifest', { at: { id } }),
  addRecipients: (id: string, recipients: ApiNewRecipient[]) => call('post', '/parcels/{id}/recipients', { at: { id }, body: { recipients: recipients as Shape<'NewRecipient'>[] } }),
  resend: (id: string, notices: Shape<'ResendNotice'>[]) => call('post', '/parcels/{id}/resend', { at: { id }, body: { notices } }),
};

/** What became of deliveries, and what their sender can still do without their keys. */
export const sent = {
  list: (query: { after?: string; limit?: number }) => call('get', '/parcels', { query }),
  details: (id: string) => call('get', '/parcels/{id}', { at: { id } }),
  withdraw: (id: string) => call('post', '/parcels/{id}/withdraw', { at: { id } }),
  extend: (id: string, expires: number) => call('post', '/parcels/{id}/extend', { at: { id }, body: { expires } }),
  drop: (id: string, email: string) => call('post', '/parcels/{id}/recipients/drop', { at: { id }, body: { email } }),
};
