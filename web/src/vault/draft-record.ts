/**
 * What is kept of a delivery in the making, and of one that was sent: keys, links, and what was written. As text for the
 * shelf, which seals it.
 */
import { fromText, toText } from '../seal/format.ts';
import { KEY_LEN, random, type Bytes } from '../seal/primitives.ts';
import { makeHeader, sealedSize } from '../seal/stream.ts';
import { partCount } from '../seal/file.ts';
import { ID_LEN } from '../seal/format.ts';
import { SECRET_LEN } from '../seal/link.ts';
import type { Form } from './member-protocol.ts';

/** From this level on there are stanzas and no links. */
export const KEYED = 3;

/** A file that somebody chose, as it was then. */
export interface DraftFile {
  id: string;
  /** An empty folder's ends in a slash. */
  name: string;
  size: number;
  mtime: number;
  /** Where the browser can find it again: a kept handle, and the way from there on. */
  at?: { root: string; path: string[] } | undefined;
}

/** A file object: one large file, or the pack of the small ones. */
export interface DraftObject {
  id: Bytes;
  key: Bytes;
  header: Bytes;
  /** Bytes of text. */
  size: number;
  /** Whose text it holds, in order. */
  files: string[];
  pack: boolean;
}

export interface DraftLink {
  address: string;
  id: Bytes;
  secret: Bytes;
}

export interface DraftRecord {
  parcel: string;
  key: Bytes;
  account: string;
  level: number;
  /** When it was begun, ms. */
  created: number;
  form: Form;
  files: DraftFile[];
  objects: DraftObject[];
  links: DraftLink[];
  /** Until when the parcel is ready, ms; once posted. */
  expires?: number | undefined;
}

export function makeObject(files: DraftFile[], pack: boolean): DraftObject {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return { id: random(ID_LEN), key: random(KEY_LEN), header: makeHeader(random), size, files: files.map(({ id }) => id), pack };
}

/** The same contents under a new id, key and header: never one nonce for two texts. */
export function renewed(object: DraftObject): DraftObject {
  return { ...object, id: random(ID_LEN), key: random(KEY_LEN), header: makeHeader(random) };
}

export const makeLink = (address: string): DraftLink => ({ address, id: random(ID_LEN), secret: random(SECRET_LEN) });

/** Not one that begins with a hyphen, which a command line takes for an option. */
export function makeParcelId(): string {
  for (;;) {
    const id = toText(random(ID_LEN));
    if (!id.startsWith('-')) return id;
  }
}

export const partsOf = (object: DraftObject): number => partCount(sealedSize(object.size));

interface Wrapped {
  bytes: string;
}
const isWrapped = (value: unknown): value is Wrapped => typeof value === 'object' && value !== null && 'bytes' in value;

export function recordToText(record: DraftRecord): string {
  return JSON.stringify(record, (_, value: unknown) => (value instanceof Uint8Array ? { bytes: toText(value) } : value));
}

export function recordFromText(text: string): DraftRecord {
  return JSON.parse(text, (_, value: unknown) =>
    isWrapped(value) ? fromText(value.bytes, Math.floor((value.bytes.length * 3) / 4)) : value) as DraftRecord;
}
