/** What members ask of the server; the session is a cookie. Shapes of crates/api. */
import { json, send } from './client.ts';

export interface ApiAccount {
  id: string;
  email: string;
  name: string;
  role: string;
  sealpass: boolean;
}

export interface ApiSession {
  id: string;
  label: string;
  created: number;
  used: number;
  current: boolean;
}

export interface ApiDraft {
  id: string;
  level: number;
  files: { id: string; size: number; missing: { from: number; to: number }[] }[];
  manifest: boolean;
  posted: boolean;
}

export interface ApiNotice {
  key: string;
  files: { name: string; size: number }[];
  file_count: number;
  language: string;
}

export interface ApiNewRecipient {
  email: string;
  link: { id: string; record: string; auth: string; auth2?: string; limit?: number };
  notice?: ApiNotice;
}

export interface ApiPost {
  recipients: ApiNewRecipient[];
  expires?: number;
  subject: string;
  message: string;
  notify: boolean;
}

/** What of a posted parcel its sender's device needs to know. */
export interface ApiPosted {
  id: string;
  expires: number;
}

/** OPAQUE (RFC 9807): the messages of login and registration as base64url. */
export const opaque = {
  loginStart: (email: string, request: string) =>
    json<{ login: string; account: string; host: string; response: string }>('/login/start', { body: { email, request } }),
  loginFinish: (login: string, finalization: string, label: string) =>
    json<{ account: ApiAccount }>('/login/finish', { body: { login, finalization, label, cookie: true } }),
  firstStart: (code: string, email: string, name: string, request: string) =>
    json<{ account: string; host: string; response: string }>('/first/start', { body: { code, email, name, request } }),
  async firstFinish(code: string, upload: string): Promise<void> {
    await send('/first/finish', { body: { code, upload } });
  },
};

export const sessions = {
  me: () => json<ApiAccount>('/me', { method: 'GET' }),
  async list(): Promise<ApiSession[]> {
    return (await json<{ sessions: ApiSession[] }>('/sessions', { method: 'GET' })).sessions;
  },
  async end(id: string): Promise<void> {
    await send(`/sessions/${id}`, { method: 'DELETE' });
  },
  async logout(): Promise<void> {
    await send('/logout', {});
  },
  async logoutEverywhere(): Promise<void> {
    await send('/logout/everywhere', {});
  },
};

const parcel = (id: string): string => `/parcels/${id}`;

/** A draft on its way, and what is done to a posted parcel with its keys. Parts and manifest go by `vault/put.ts`. */
export const drafts = {
  announce: (id: string, level: number, files: { id: string; size: number }[]) =>
    json<ApiDraft>(parcel(id), { method: 'PUT', body: { level, files } }),
  async removeFile(id: string, file: string): Promise<void> {
    await send(`${parcel(id)}/files/${file}`, { method: 'DELETE' });
  },
  async abandon(id: string): Promise<void> {
    await send(`${parcel(id)}/draft`, { method: 'DELETE' });
  },
  post: (id: string, order: ApiPost) => json<ApiPosted>(`${parcel(id)}/post`, { body: order }),
  details: (id: string) => json<ApiPosted>(parcel(id), { method: 'GET' }),
  async manifest(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await (await send(`${parcel(id)}/manifest`, { method: 'GET' })).arrayBuffer());
  },
  addRecipients: (id: string, recipients: ApiNewRecipient[]) => json<ApiPosted>(`${parcel(id)}/recipients`, { body: { recipients } }),
  resend: (id: string, notices: { email: string; notice: ApiNotice }[]) => json<ApiPosted>(`${parcel(id)}/resend`, { body: { notices } }),
};
