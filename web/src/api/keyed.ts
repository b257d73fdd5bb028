/** Keyrings, releases and the inbox, over HTTP. */
import { bytes, call, sendBytes } from './call.ts';
import type { KeyedApi } from './keyed-port.ts';

export const keyed: KeyedApi = {
  keyring: () => call('get', '/keyring', {}),
  putKeyring: (body) => call('put', '/keyring', { body }),
  addLock: (lock) => call('post', '/keyring/locks', { body: { lock } }),
  removeLock: (id) => call('delete', '/keyring/locks/{id}', { at: { id } }),
  putBody: (body) => call('post', '/keyring/bodies', { body }),
  keys: async (emails) => (await call('post', '/keys', { body: { emails } })).people,
  contacts: async () => (await call('get', '/contacts', {})).people,

  waiting: () => call('get', '/waiting', {}),
  release: (releases) => call('post', '/releases', { body: { releases } }),
  wrongTag: (id, email, tagB) => call('post', '/parcels/{id}/claim-code/wrong', { at: { id }, body: { email, tag_b: tagB } }),
  setCode: (id, email, code) => call('post', '/parcels/{id}/claim-code', { at: { id }, body: { email, claim_code: code } }),

  delivery: (id) => call('get', '/inbox/{id}', { at: { id } }),
  open: (id, token) => call('post', '/inbox/{id}/open', { at: { id }, body: { token } }),
  manifest: (claim) => bytes('/claims/manifest', { claim }),
  register: (id, tagB) => call('post', '/inbox/{id}/register', { at: { id }, body: { tag_b: tagB } }),
  instant: (id, auth) => call('post', '/inbox/{id}/instant', { at: { id }, body: { auth } }),
  ownStanza: (id, stanza, ack) => call('post', '/inbox/{id}/stanza', { at: { id }, body: { stanza, ...(ack !== undefined && { ack }) } }),
  look: (id, body) => call('post', '/links/{id}/look', { at: { id }, body }),

  senderStanza: (id) => call('get', '/parcels/{id}/stanza', { at: { id } }),
  sentManifest: (id) => bytes('/parcels/{id}/manifest', { at: { id } }),

  drafts: async () => (await call('get', '/drafts', {})).drafts,
  goingOn: (id) => bytes('/parcels/{id}/going-on', { at: { id } }),
  putGoingOn: (id, body) => sendBytes('/parcels/{id}/going-on', id, body),
};
