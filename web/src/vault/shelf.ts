/**
 * The shelf: drafts and sent deliveries of this browser, in IndexedDB.
 *
 * | store | key | value |
 * |-|-|-|
 * | `records` | parcel | the record, sealed under the browser's own key; from level 3 on to the account's keyring |
 * | `parts` | parcel, object, index | h_j: SHA-256 of a sealed part, no secret |
 * | `roots` | parcel, root | handle of a file or folder that somebody chose |
 *
 * **Invariant.** h_j is on the disk before the first byte of part j leaves. Whoever goes on seals the part again and
 * compares; a difference means that the source changed, and then the file object gets a new id, key and header.
 *
 * One writer: whoever works on a draft holds the Web Lock of its parcel for as long as the tab lives.
 */
import { SealError } from '../seal/error.ts';
import { toText } from '../seal/format.ts';
import type { Bytes } from '../seal/primitives.ts';
import { Database, done } from './database.ts';
import { recordFromText, recordToText, type DraftObject, type DraftRecord } from './draft-record.ts';
import type { Sharing } from './going-on.ts';

interface Kept {
  /** When it is to be forgotten, ms. */
  until: number;
  sealed: Bytes;
  /** Sealed to the keyring of this account. */
  keyed?: string;
}

const database = new Database('depesche-drafts', ['records', 'parts', 'roots']);
const DAY = 86_400_000;
/** Unposted, a draft outlives the server's copy of it (seven days) by one. */
const DRAFT_LIFE = 8 * DAY;

const lockName = (parcel: string): string => `depesche draft ${parcel}`;
const all = (parcel: string): IDBKeyRange => IDBKeyRange.bound([parcel], [parcel, []]);

export async function putRecord(record: DraftRecord): Promise<void> {
  const sealed = await database.seal(record.parcel, new TextEncoder().encode(recordToText(record)));
  const until = record.expires ?? Date.now() + DRAFT_LIFE;
  await database.write('records', (store) => store.put({ until, sealed } satisfies Kept, record.parcel));
}

/** From level 3 on: no other form is kept. */
export async function putKeyed(record: DraftRecord, sealed: Bytes): Promise<void> {
  await database.write('records', (store) => store.put({ until: Date.now() + DRAFT_LIFE, sealed, keyed: record.account } satisfies Kept, record.parcel));
}

async function read(parcel: string, kept: Kept, goingOn: Sharing | undefined): Promise<DraftRecord | undefined> {
  if (kept.keyed !== undefined) return (await goingOn?.open(parcel, kept.sealed))?.record;
  const text = await database.open(parcel, kept.sealed);
  return text && recordFromText(new TextDecoder().decode(text));
}

/** Sealed before the keyring was sealed anew: nobody opens it any more. */
function unreadable(error: unknown): 'unreadable' {
  if (error instanceof SealError) return 'unreadable';
  throw error;
}

/** What is sealed to a keyring only with `goingOn`, while that is open. */
export async function getRecord(parcel: string, goingOn?: Sharing): Promise<DraftRecord | undefined> {
  const kept = (await done((await database.read('records')).get(parcel))) as Kept | undefined;
  return kept && read(parcel, kept, goingOn);
}

/** Everything about it, with keys and hashes. */
export async function removeRecord(parcel: string): Promise<void> {
  await clearWork(parcel);
  await database.write('records', (store) => store.delete(parcel));
}

/** What only the uploading needs. */
export async function clearWork(parcel: string): Promise<void> {
  await database.write('parts', (store) => store.delete(all(parcel)));
  await database.write('roots', (store) => store.delete(all(parcel)));
}

/** The unposted drafts of an account, the newest first; what is over is removed. `locked`: some are sealed to its closed keyring. */
export async function unposted(account: string, now: number, goingOn: Sharing): Promise<{ found: DraftRecord[]; locked: boolean }> {
  const store = await database.read('records');
  const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll() as IDBRequest<Kept[]>)]);
  const found: DraftRecord[] = [];
  let locked = false;
  for (const [at, kept] of values.entries()) {
    const parcel = keys[at] as string;
    // Another account's: nobody here can read it.
    if (kept.until > now && kept.keyed !== undefined && kept.keyed !== account) continue;
    const record = kept.until > now ? await read(parcel, kept, goingOn).catch(unreadable) : undefined;
    if (record === 'unreadable') {
      await removeRecord(parcel);
      continue;
    }
    if (record === undefined && kept.until > now && kept.keyed !== undefined) locked = true;
    else if (record === undefined) await removeRecord(parcel);
    else if (record.account === account && record.expires === undefined) found.push(record);
  }
  return { found: found.sort((a, b) => b.created - a.created), locked };
}

/** Every parcel of which something is kept here. */
export async function parcels(): Promise<Set<string>> {
  return new Set((await done((await database.read('records')).getAllKeys())) as string[]);
}

/** Takes the draft's lock until it is let go; none if another tab has it. */
export function takeLock(parcel: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    void navigator.locks.request(lockName(parcel), { ifAvailable: true }, (lock) => {
      if (lock === null) {
        resolve(undefined);
        return undefined;
      }
      return new Promise<void>((letGo) => { resolve(letGo); });
    });
  });
}

const place = (parcel: string, object: DraftObject, index: number): IDBValidKey => [parcel, toText(object.id), index];

export async function putHash(parcel: string, object: DraftObject, index: number, hash: Bytes): Promise<void> {
  await database.write('parts', (store) => store.put(hash, place(parcel, object, index)));
}

/** The hashes known of a parcel, by object and index. */
export async function getHashes(parcel: string): Promise<Map<string, Map<number, Bytes>>> {
  const store = await database.read('parts');
  const [keys, values] = await Promise.all([done(store.getAllKeys(all(parcel))), done(store.getAll(all(parcel)) as IDBRequest<Bytes[]>)]);
  const found = new Map<string, Map<number, Bytes>>();
  for (const [at, key] of (keys as [string, string, number][]).entries()) {
    const [, object, index] = key;
    const of = found.get(object) ?? new Map<number, Bytes>();
    found.set(object, of);
    const hash = values[at];
    if (hash !== undefined) of.set(index, hash);
  }
  return found;
}

export async function removeHashes(parcel: string, object: DraftObject): Promise<void> {
  const id = toText(object.id);
  await database.write('parts', (store) => store.delete(IDBKeyRange.bound([parcel, id], [parcel, id, []])));
}

export async function putRoot(parcel: string, root: string, handle: FileSystemHandle): Promise<void> {
  await database.write('roots', (store) => store.put(handle, [parcel, root]));
}

export async function getRoots(parcel: string): Promise<Map<string, FileSystemHandle>> {
  const store = await database.read('roots');
  const [keys, values] = await Promise.all([done(store.getAllKeys(all(parcel))), done(store.getAll(all(parcel)) as IDBRequest<FileSystemHandle[]>)]);
  return new Map((keys as [string, string][]).flatMap(([, root], at) => (values[at] ? [[root, values[at]] as const] : [])));
}
