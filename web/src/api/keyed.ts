/** Keyrings, releases and the inbox, over HTTP. */
import { bytesAt, callAt, sendBytes } from './call.ts';
import type { ApiDraftSummary, ApiPerson, KeyedApi } from './keyed-port.ts';

export const keyed: KeyedApi = {
  keyring: () => callAt('get', '/keyring', {}),
  putKeyring: (body) => callAt('put', '/keyring', { body }),
  addLock: (lock) => callAt('post', '/keyring/locks', { body: { lock } }),
  removeLock: (id) => callAt('delete', '/keyring/locks/{id}', { at: { id } }),
  putBody: (body) => callAt('post', '/keyring/bodies', { body }),
  keys: async (emails) => (await callAt<{ people: ApiPerson[] }>('post', '/keys', { body: { emails } })).people,
  contacts: async () => (await callAt<{ people: ApiPerson[] }>('get', '/contacts', {})).people,

  waiting: () => callAt('get', '/waiting', {}),
  release: (releases) => callAt('post', '/releases', { body: { releases } }),
  wrongTag: (id, email, tagB) => callAt('post', '/parcels/{id}/claim-code/wrong', { at: { id }, body: { email, tag_b: tagB } }),
  setCode: (id, email, code) => callAt('post', '/parcels/{id}/claim-code', { at: { id }, body: { email, claim_code: code } }),

  delivery: (id) => callAt('get', '/inbox/{id}', { at: { id } }),
  open: (id, token) => callAt('post', '/inbox/{id}/open', { at: { id }, body: { token } }),
  manifest: (claim) => bytesAt('/claims/manifest', { claim }),
  register: (id, tagB) => callAt('post', '/inbox/{id}/register', { at: { id }, body: { tag_b: tagB } }),
  instant: (id, auth) => callAt('post', '/inbox/{id}/instant', { at: { id }, body: { auth } }),
  ownStanza: (id, stanza, ack) => callAt('post', '/inbox/{id}/stanza', { at: { id }, body: { stanza, ...(ack !== undefined && { ack }) } }),
  look: (id, body) => callAt('post', '/links/{id}/look', { at: { id }, body }),

  senderStanza: (id) => callAt('get', '/parcels/{id}/stanza', { at: { id } }),
  sent: (id) => callAt('get', '/parcels/{id}', { at: { id } }),
  sentManifest: (id) => bytesAt('/parcels/{id}/manifest', { at: { id } }),

  drafts: async () => (await callAt<{ drafts: ApiDraftSummary[] }>('get', '/drafts', {})).drafts,
  goingOn: (id) => bytesAt('/parcels/{id}/going-on', { at: { id } }),
  putGoingOn: (id, body) => sendBytes('/parcels/{id}/going-on', id, body),
};
