/** What everybody with a login asks of the server, guests too: invitations, the inbox, counts. Keys are the vault's. */
import { call } from './call.ts';
import type { Shape } from './port.ts';

export type ApiDelivery = Shape<'InboxDelivery'>;
export type ApiReceived = Shape<'InboxSummary'>;
export type ApiInvitation = Shape<'Invitation'>;

export interface InboxQuery {
  after?: string | undefined;
  limit?: number | undefined;
  /** In the subject. */
  q?: string | undefined;
  /** In address or name of the sender. */
  person?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
  min_size?: number | undefined;
  max_size?: number | undefined;
  state?: string | undefined;
  unread?: boolean | undefined;
}

const given = <T extends object>(query: T) => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

export const inbox = {
  list: (query: InboxQuery) => call('get', '/inbox', { query: given(query) }),
  delivery: (id: string) => call('get', '/inbox/{id}', { at: { id } }),
  read: async (id: string) => { await call('post', '/inbox/{id}/read', { at: { id }, body: { read: true } }); },
  counts: () => call('get', '/counts', {}),
};

/** Stops a reset of the own SealPass that an administrator has begun. */
export const stopReset = async (): Promise<void> => { await call('delete', '/keyring/reset', {}); };

export const invitations = {
  look: (token: string) => call('post', '/invitations/look', { body: { token } }),
  start: (token: string, request: string) => call('post', '/invitations/start', { body: { token, request } }),
  finish: async (token: string, name: string, upload: string) => { await call('post', '/invitations/finish', { body: { token, name, upload } }); },
};
