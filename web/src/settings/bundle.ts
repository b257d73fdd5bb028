/**
 * The settings bundle 1.x, read as far as it can be understood. The document itself stays as it came; what is read are views
 * of it. Bound to `crates/settings` by the same golden files.
 */
import { lossOf, lossWhole, type Loss } from './loss.ts';
import { fits, isObject, listOf, type Json, type JsonObject, type Listed, type Shape } from './shape.ts';

export const FORMAT = 'depesche.settings';
export const SUFFIX = '.depesche-settings.json';
export const MEDIA_TYPE = 'application/vnd.depesche.settings+json';

/** What may be absent is null in some bundles. */
type Maybe<T> = T | null | undefined;

export interface Server {
  protocol: string;
  auth: string;
  username?: Maybe<string>;
  host?: Maybe<string>;
  port?: Maybe<number>;
  url?: Maybe<string>;
  security?: Maybe<string>;
  oauth2?: Maybe<{ issuer: string }>;
  password?: Maybe<string>;
}

export interface Account {
  id: string;
  name: string;
  incoming: Server;
  identities: string[];
  options?: Maybe<JsonObject>;
  folders?: Maybe<Record<string, string>>;
}

export interface Outgoing extends Server {
  id: string;
  name?: Maybe<string>;
}

export interface Identity {
  id: string;
  name?: Maybe<string>;
  email: string;
  label?: Maybe<string>;
  replyTo?: Maybe<string>;
  outgoing?: Maybe<string>;
  signature?: Maybe<string>;
  bcc?: string[];
  smime?: Maybe<{ signCertificate?: Maybe<string>; signByDefault?: Maybe<boolean>; encryptCertificate?: Maybe<string>; encryption?: Maybe<string> }>;
}

export interface Signature {
  id: string;
  html?: Maybe<string>;
  text?: Maybe<string>;
}

export interface Template {
  id: string;
  name?: Maybe<string>;
  message: string;
}

export interface QuickText {
  id: string;
  group?: Maybe<string>;
  name: string;
  keyword?: Maybe<string>;
  shortcut?: Maybe<string>;
  subject?: Maybe<string>;
  text?: Maybe<string>;
  html?: Maybe<string>;
  variables?: Maybe<string>;
}

export interface P12 {
  data: string;
  password?: Maybe<string>;
  encryption?: Maybe<string>;
}

export interface Certificate {
  id: string;
  kind: string;
  emails?: string[];
  label?: Maybe<string>;
  der?: Maybe<string>;
  p12?: Maybe<P12>;
}

export interface OpenPgpKey {
  keyId?: Maybe<string>;
  fingerprint?: Maybe<string>;
  secret?: Maybe<boolean>;
  data: string;
  passphrase?: Maybe<string>;
}

export interface Condition {
  field: string;
  op: string;
  value?: Maybe<string>;
}

export interface Action {
  type: string;
  value?: Maybe<string>;
}

export interface Rule {
  id: string;
  name: string;
  account?: Maybe<string>;
  enabled?: Maybe<boolean>;
  when?: string[];
  match?: Maybe<string>;
  conditions?: Json;
  actions: Json;
  native?: Maybe<{ format: string; text: string }>;
}

export interface AddressBook {
  id: string;
  name: string;
  kind: string;
  url?: Maybe<string>;
  username?: Maybe<string>;
  password?: Maybe<string>;
  contacts?: Maybe<string>;
  count?: Maybe<number>;
  lists?: Json;
}

export interface ContactList {
  name: string;
  members: string[];
}

export interface Calendar {
  id: string;
  name: string;
  kind: string;
  url?: Maybe<string>;
  username?: Maybe<string>;
  password?: Maybe<string>;
}

export interface Blob {
  type: string;
  data: Uint8Array<ArrayBuffer>;
}

const SERVER: Shape = {
  protocol: 'string', auth: 'string', 'username?': 'string', 'host?': 'string', 'port?': 'u16', 'url?': 'string', 'security?': 'string',
  'oauth2?': { issuer: 'string', 'scopes*': ['string'] }, 'password?': 'string', 'clientCertificate?': 'string',
};
const CONDITION: Shape = { field: 'string', op: 'string', 'value?': 'string' };
const ACTION: Shape = { type: 'string', 'value?': 'string' };
const CONTACT_LIST: Shape = { name: 'string', members: ['string'] };
const SMIME: Shape = { 'signCertificate?': 'string', 'signByDefault?': 'boolean', 'encryptCertificate?': 'string', 'encryption?': 'string' };

/** Every category that is a list, with the shape of its entries. */
const SHAPES = {
  accounts: { id: 'string', name: 'string', incoming: SERVER, identities: ['string'], 'default?': 'boolean', 'options?': 'object', 'folders?': 'strings' },
  outgoingServers: { ...SERVER, id: 'string', 'name?': 'string' },
  identities: {
    id: 'string', 'name?': 'string', email: 'string', 'organization?': 'string', 'label?': 'string', 'replyTo?': 'string', 'outgoing?': 'string',
    'signature?': 'string', 'bcc*': ['string'], 'smime?': SMIME, 'openpgp?': { 'keyId?': 'string', 'fingerprint?': 'string' }, 'compose?': 'object',
  },
  signatures: { id: 'string', 'name?': 'string', 'html?': 'string', 'text?': 'string' },
  templates: { id: 'string', 'name?': 'string', 'folder?': 'string', 'account?': 'string', message: 'string' },
  quickTexts: {
    id: 'string', 'group?': 'string', name: 'string', 'keyword?': 'string', 'shortcut?': 'string', 'subject?': 'string', 'text?': 'string',
    'html?': 'string', 'variables?': 'string',
  },
  certificates: {
    id: 'string', kind: 'string', 'emails*': ['string'], 'label?': 'string', 'der?': 'string',
    'p12?': { data: 'string', 'password?': 'string', 'encryption?': 'string' },
  },
  openpgpKeys: { 'keyId?': 'string', 'fingerprint?': 'string', 'userIds*': ['string'], 'secret?': 'boolean', data: 'string', 'passphrase?': 'string' },
  tags: { key: 'string', name: 'string', 'color?': 'string', 'order?': 'string' },
  rules: {
    id: 'string', name: 'string', 'account?': 'string', 'enabled?': 'boolean', 'when*': ['string'], 'match?': 'string', 'conditions*': 'any', actions: 'any',
    'native?': { format: 'string', text: 'string' }, 'sieve?': 'string',
  },
  addressBooks: {
    id: 'string', name: 'string', kind: 'string', 'url?': 'string', 'username?': 'string', 'password?': 'string', 'contacts?': 'string', 'count?': 'u64',
    'lists*': 'any',
  },
  calendars: { id: 'string', name: 'string', kind: 'string', 'url?': 'string', 'username?': 'string', 'password?': 'string', 'color?': 'string' },
  losses: { category: 'string', 'item?': 'string', reason: 'string' },
} as const satisfies Record<string, Shape>;

interface Entries {
  accounts: Account;
  outgoingServers: Outgoing;
  identities: Identity;
  signatures: Signature;
  templates: Template;
  quickTexts: QuickText;
  certificates: Certificate;
  openpgpKeys: OpenPgpKey;
  tags: { key: string; name: string };
  rules: Rule;
  addressBooks: AddressBook;
  calendars: Calendar;
  losses: Loss;
}
export type Category = keyof Entries;
const CATEGORIES = Object.keys(SHAPES) as Category[];
const HEAD: Shape = {
  id: 'string', created: 'string', source: { app: 'string', 'appVersion?': 'string', 'os?': 'string', 'collector?': 'string' }, secrets: 'string',
  'preferences*': 'object', 'blobs*': 'object',
};
const KNOWN = new Set<string>([...CATEGORIES, 'format', 'version', 'id', 'created', 'source', 'secrets', 'preferences', 'blobs']);

export type Bundle = { [C in Category]: Entries[C][] } & {
  /** As it came. */
  document: JsonObject;
  id: string;
  created: string;
  source: { app: string; os?: Maybe<string> };
  preferences: JsonObject;
  blobs: Map<string, Blob>;
  /** Names of categories that this version does not know. */
  unknown: string[];
};

export type BundleProblem = 'not-json' | 'other-format' | 'other-version' | 'damaged';

export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly why: BundleProblem;

  constructor(why: BundleProblem) {
    super(why);
    this.why = why;
  }
}

export interface Opened {
  bundle: Bundle;
  /** What stays unused here, though it is kept. */
  notes: Loss[];
}

export const conditionsOf = (rule: Rule): Listed<Condition> => listOf(rule.conditions, CONDITION);
export const actionsOf = (rule: Rule): Listed<Action> => listOf(rule.actions, ACTION);
export const contactListsOf = (book: AddressBook): ContactList[] => listOf<ContactList>(book.lists, CONTACT_LIST).items;

/** The bytes of base64 (RFC 4648 section 4), in its one form; none for anything else. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return toBase64(bytes) === text ? bytes : undefined;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

export async function blobName(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `sha256-${[...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Blobs whose name is the hash of their bytes; the names of all others. */
async function blobsOf(value: Json | undefined): Promise<{ sound: Map<string, Blob>; odd: string[] }> {
  const sound = new Map<string, Blob>();
  const odd: string[] = [];
  // In the order of their names, as a map of the other half is.
  for (const [name, one] of Object.entries(isObject(value) ? value : {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const data = fits(one, { type: 'string', data: 'string' }) ? fromBase64((one as { data: string }).data) : undefined;
    if (data !== undefined && (await blobName(data)) === name) sound.set(name, { type: (one as { type: string }).type, data });
    else odd.push(name);
  }
  return { sound, odd };
}

/** Reads a bundle of any version 1.x. Fails with a BundleError. */
export async function parseBundle(bytes: Uint8Array): Promise<Opened> {
  let document: Json;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
  } catch {
    throw new BundleError('not-json');
  }
  return viewOf(document);
}

/** Reads a document that was parsed already. */
export async function viewOf(document: Json): Promise<Opened> {
  if (!isObject(document) || document.format !== FORMAT) throw new BundleError('other-format');
  const version = typeof document.version === 'string' ? document.version : '';
  if (!/^1\.\d+$/.test(version)) throw new BundleError('other-version');
  if (!fits(document, HEAD)) throw new BundleError('damaged');
  const lists = CATEGORIES.map((name) => [name, listOf(document[name], SHAPES[name])] as const);
  const { sound, odd } = await blobsOf(document.blobs);
  const unknown = Object.keys(document).filter((name) => !KNOWN.has(name)).sort();
  const { id, created, source, preferences = {} } = document as unknown as Pick<Bundle, 'id' | 'created' | 'source'> & { preferences?: JsonObject };
  const items = Object.fromEntries(lists.map(([name, list]) => [name, list.items])) as unknown as { [C in Category]: Entries[C][] };
  const notes = [
    ...(/^1\.0+$/.test(version) ? [] : [lossOf('bundle', version, 'newer-version')]),
    ...unknown.filter((name) => !name.startsWith('x-')).map((name) => lossWhole(name, 'unknown-category')),
    ...lists.flatMap(([name, { unread }]) => (unread > 0 && name !== 'losses' ? [lossOf(name, String(unread), 'not-understood')] : [])),
    ...odd.map((name) => lossOf('blobs', name, 'damaged')),
  ];
  return { bundle: { document, id, created, source, preferences, blobs: sound, unknown, ...items }, notes };
}

/** The document, indented, with a line feed at its end. */
export const bundleText = (document: Json): Uint8Array<ArrayBuffer> => new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
