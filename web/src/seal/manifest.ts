/**
 * The manifest: the sealed list of a parcel's contents, and its JSON. Sizes, roots and part counts that follow from
 * something else are computed when written and compared when read.
 */
import { refuse, SealError } from './error.ts';
import { partCount, partsRoot } from './file.ts';
import { fromText, ID_LEN, toText } from './format.ts';
import { Members, parseJson, string, type Json } from './json.ts';
import { checkName, isUnprintable, utf8Length } from './name.ts';
import { equal, KEY_LEN, type Bytes } from './primitives.ts';
import { sealedSize } from './stream.ts';

const VERSION = 1;
/** The type of an entry that is an empty folder. */
export const FOLDER_TYPE = 'inode/directory';
const MAX_ADDRESS = 320;

/** What opens a file object, and what its bytes must be. */
export interface SealedObject {
  id: Bytes;
  key: Bytes;
  /** Bytes of text. */
  size: number;
  /** The hash of every part, in order. */
  parts: Bytes[];
}

export type Contents =
  | { kind: 'own'; object: SealedObject }
  /** `size` bytes from `offset` on in the text of pack number `pack`. */
  | { kind: 'packed'; pack: number; offset: number }
  | { kind: 'folder' };

export interface Entry {
  /** With its folders. */
  name: string;
  /** Media type as the sender's machine has it; the one shown comes from the content. */
  type: string;
  /** Last change: ms since 1970, UTC. */
  mtime?: number | undefined;
  /** Bytes of the file; 0 for a folder. */
  size: number;
  contents: Contents;
}

export interface Manifest {
  /** When it was made, by the sender's clock: ms since 1970, UTC. */
  created: number;
  sender: { account?: Bytes | undefined; address: string; fingerprint?: Bytes | undefined };
  inReplyTo?: { parcel: Bytes; level: number } | undefined;
  /** Level 4 only, as `body`. */
  subject?: string | undefined;
  body?: string | undefined;
  /** In the order they are shown; names are unique. */
  files: Entry[];
  /** File objects that hold several small files each. */
  packs: SealedObject[];
}

/** What a receiver would refuse; in the order of the reference implementation. */
export function checkManifest(manifest: Manifest): void {
  const { address } = manifest.sender;
  if (address === '' || utf8Length(address) > MAX_ADDRESS || isUnprintable(address)) refuse('manifest_address');
  checkTime(manifest.created);
  for (const file of manifest.files) {
    if (file.mtime !== undefined) checkTime(file.mtime);
    if (!/^[!-~]{1,127}$/.test(file.type)) refuse('manifest_type');
    if ((file.contents.kind === 'folder') !== (file.type === FOLDER_TYPE)) refuse('manifest_entry');
  }
  checkNames(manifest.files);
  checkObjects(manifest);
  checkPacks(manifest);
}

function checkTime(time: number): void {
  if (!Number.isSafeInteger(time)) refuse('manifest_number');
}

/** No name twice, none below a file. */
function checkNames(files: readonly Entry[]): void {
  const folder = new Map<string, boolean>();
  for (const { name, contents } of files) {
    if (folder.has(name)) refuse('manifest_name_taken');
    folder.set(name, contents.kind === 'folder');
  }
  for (const { name } of files) {
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
      if (folder.get(name.slice(0, at)) === false) refuse('manifest_name_taken');
    }
  }
}

function checkObjects(manifest: Manifest): void {
  const seen = new Set<string>();
  const own = manifest.files.flatMap(({ contents }) => (contents.kind === 'own' ? [contents.object] : []));
  for (const { id } of [...own, ...manifest.packs]) {
    const text = toText(id);
    if (seen.has(text)) refuse('manifest_object_twice');
    seen.add(text);
  }
}

/** In manifest order the files of a pack follow one another from its first byte to its last. */
function checkPacks(manifest: Manifest): void {
  const ends = new Map<number, number>();
  for (const { size, contents } of manifest.files) {
    if (contents.kind !== 'packed') continue;
    const end = ends.get(contents.pack) ?? 0;
    if (contents.pack >= manifest.packs.length || contents.offset !== end) refuse('manifest_pack');
    ends.set(contents.pack, end + size);
  }
  if (manifest.packs.some((pack, index) => ends.get(index) !== pack.size)) refuse('manifest_pack');
}

async function objectToJson(object: SealedObject): Promise<Record<string, unknown>> {
  const sealed = sealedSize(object.size);
  if (partCount(sealed) !== object.parts.length) refuse('manifest_size');
  return {
    id: toText(object.id),
    key: toText(object.key),
    size: object.size,
    sealed_size: sealed,
    root: toText(await partsRoot(sealed, object.parts)),
    parts: object.parts.map(toText),
  };
}

async function entryToJson(entry: Entry): Promise<Record<string, unknown>> {
  const { contents } = entry;
  const common = { name: entry.name, type: entry.type, mtime: entry.mtime, size: entry.size };
  if (contents.kind === 'own') return { ...common, ...(await objectToJson(contents.object)) };
  return contents.kind === 'packed' ? { ...common, pack: contents.pack, offset: contents.offset } : common;
}

/** Writes the JSON, after the same checks as reading. */
export async function manifestToJson(manifest: Manifest): Promise<string> {
  for (const { name } of manifest.files) checkName(name);
  checkManifest(manifest);
  const { sender, inReplyTo } = manifest;
  return JSON.stringify({
    v: VERSION,
    created: manifest.created,
    sender: {
      account: sender.account && toText(sender.account),
      address: sender.address,
      fingerprint: sender.fingerprint && toText(sender.fingerprint),
    },
    in_reply_to: inReplyTo && { parcel_id: toText(inReplyTo.parcel), level: inReplyTo.level },
    subject: manifest.subject,
    body: manifest.body,
    files: await Promise.all(manifest.files.map(entryToJson)),
    packs: await Promise.all(manifest.packs.map(objectToJson)),
  });
}

async function readObject(members: Members): Promise<SealedObject> {
  const parts = members.list('parts').map((part) => fromText(string(part), KEY_LEN, 'manifest_text'));
  const object = { id: members.bytes('id', ID_LEN), key: members.bytes('key', KEY_LEN), size: members.integer('size'), parts };
  const sealed = fits(object);
  if (sealed !== members.integer('sealed_size')) refuse('manifest_size');
  if (!equal(await partsRoot(sealed, parts), members.bytes('root', KEY_LEN))) refuse('root');
  return object;
}

/** The sealed size, if there are as many hashes as parts. */
export function fits(object: SealedObject): number {
  try {
    const sealed = sealedSize(object.size);
    return partCount(sealed) === object.parts.length ? sealed : refuse('manifest_size');
  } catch (error) {
    if (error instanceof SealError) refuse('manifest_size');
    throw error;
  }
}

const OWN = ['id', 'key', 'sealed_size', 'root', 'parts'];
const PACKED = ['pack', 'offset'];

async function readEntry(value: Json): Promise<Entry> {
  const members = new Members(value);
  const entry = {
    name: members.text('name'),
    type: members.text('type'),
    mtime: members.optionalInteger('mtime', true),
    size: members.integer('size'),
  };
  const has = (names: string[]): number => names.filter((name) => members.get(name) !== undefined).length;
  checkName(entry.name);
  const [own, packed] = [has(OWN), has(PACKED)];
  if (own === OWN.length && packed === 0) return { ...entry, contents: { kind: 'own', object: await readObject(members) } };
  if (own === 0 && packed === PACKED.length) {
    return { ...entry, contents: { kind: 'packed', pack: members.integer('pack'), offset: members.integer('offset') } };
  }
  return own + packed + entry.size === 0 ? { ...entry, contents: { kind: 'folder' } } : refuse('manifest_entry');
}

/** Reads the JSON and checks all of it. */
export async function manifestFromJson(json: string): Promise<Manifest> {
  const members = new Members(parseJson(json));
  // First, so that a newer list is called newer and not damaged.
  if (members.integer('v') !== VERSION) refuse('manifest_version');
  const sender = new Members(members.get('sender'));
  const reply = members.get('in_reply_to');
  const manifest: Manifest = {
    created: members.integer('created', true),
    sender: {
      account: sender.optionalBytes('account', ID_LEN),
      address: sender.text('address'),
      fingerprint: sender.optionalBytes('fingerprint', KEY_LEN),
    },
    inReplyTo: reply === undefined ? undefined : readReply(new Members(reply)),
    subject: members.optionalText('subject'),
    body: members.optionalText('body'),
    files: await Promise.all(members.list('files').map(readEntry)),
    packs: await Promise.all(members.list('packs').map((pack) => readObject(new Members(pack)))),
  };
  checkManifest(manifest);
  return manifest;
}

function readReply(members: Members): { parcel: Bytes; level: number } {
  const level = members.integer('level');
  const parcel = members.bytes('parcel_id', ID_LEN);
  return level >= 1 && level <= 4 ? { parcel, level } : refuse('manifest_level');
}
