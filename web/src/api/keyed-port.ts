/**
 * What the vault asks of the server about keyrings, releases and the inbox: the shapes of crates/api. `keyed.ts` does it over HTTP;
 * a test hands in another. Byte strings as base64url.
 */

/** A signed key record. */
export type ApiKeyRecord = string;

export interface ApiLock {
  id: string;
  kind: number;
  bytes: string;
}

export interface ApiKeyring {
  account: string;
  records: ApiKeyRecord[];
  locks: ApiLock[];
  generation: number;
  body: string;
  reset_due?: number;
}

export interface ApiPerson {
  email: string;
  name: string;
  account?: string;
  sealpass: boolean;
  records: ApiKeyRecord[];
}

export interface ApiCodeStanding {
  mode: string;
  number: number;
  tries_left: number;
  registered: boolean;
  wrong: boolean;
  /** `instant`: of the record. */
  id?: string;
}

export interface ApiNewCode {
  mode: string;
  number: number;
  record?: string;
  /** SHA-256 of auth. */
  auth?: string;
}

export interface ApiWaiting {
  waiting: {
    parcel: string; email: string; since: number; claim_code?: ApiCodeStanding; tag_b?: string; stanza?: string; ack?: string; lost?: number;
  }[];
  parcels: { id: string; level: number; subject: string; posted: number; expires: number; stanza?: string; header: string; manifest_hash: string }[];
  people: ApiPerson[];
}

export interface ApiRelease {
  parcel: string;
  email: string;
  stanza: string;
  tag_a?: string;
  verified: string;
}

export interface ApiReleased {
  released: { parcel: string; email: string; fingerprint: string }[];
  refused: { parcel: string; email: string; code: string; detail: string }[];
}

export interface ApiInboxDelivery {
  id: string;
  level: number;
  sender: { name: string; email: string };
  subject: string;
  message: string;
  header?: string;
  manifest_hash?: string;
  stanza?: string;
  tag_a?: string;
  sender_records: ApiKeyRecord[];
  claim_code?: ApiCodeStanding;
}

export interface ApiSenderStanza {
  stanza?: string;
  header: string;
  manifest_hash: string;
}

/** What became of it. */
export interface ApiSent {
  state: string;
  recipients: { email: string; state: string }[];
}

export interface ApiDraftSummary {
  id: string;
  level: number;
  created: number;
  going_on: boolean;
}

export interface KeyedApi {
  /** Refused with `no_sealpass` where there is none. */
  keyring(): Promise<ApiKeyring>;
  putKeyring(ask: { record: ApiKeyRecord; locks: string[]; generation: number; body: string }): Promise<unknown>;
  addLock(lock: string): Promise<{ id: string }>;
  removeLock(id: string): Promise<unknown>;
  /** `locks` take the place of all others in the same step. */
  putBody(ask: { generation: number; body: string; locks?: string[] }): Promise<unknown>;
  keys(emails: string[]): Promise<ApiPerson[]>;
  contacts(): Promise<ApiPerson[]>;

  waiting(): Promise<ApiWaiting>;
  release(releases: ApiRelease[]): Promise<ApiReleased>;
  wrongTag(parcel: string, email: string, tagB: string): Promise<unknown>;
  /** A code for somebody who waits, in the place of the one before. */
  setCode(parcel: string, email: string, code: ApiNewCode): Promise<unknown>;

  delivery(parcel: string): Promise<ApiInboxDelivery>;
  open(parcel: string, token: string): Promise<{ manifest?: string }>;
  /** M, once it is opened. */
  manifest(token: string): Promise<Uint8Array<ArrayBuffer>>;
  register(parcel: string, tagB: string): Promise<unknown>;
  instant(parcel: string, auth: string): Promise<{ record: string }>;
  ownStanza(parcel: string, stanza: string, ack?: string): Promise<unknown>;
  /** What a level-2 link opens. */
  look(link: string, proof: { auth: string; auth2?: string }): Promise<{ password?: { m: number; t: number; p: number; salt: string }; record?: string; manifest?: string }>;

  /** Of a delivery that the caller sent. */
  senderStanza(parcel: string): Promise<ApiSenderStanza>;
  sent(parcel: string): Promise<ApiSent>;
  sentManifest(parcel: string): Promise<Uint8Array<ArrayBuffer>>;

  drafts(): Promise<ApiDraftSummary[]>;
  goingOn(parcel: string): Promise<Uint8Array<ArrayBuffer>>;
  putGoingOn(parcel: string, bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
}
