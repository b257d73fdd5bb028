/**
 * What every draft's way to its end has in common: all bytes arrive, then the list of contents can be written.
 */
import { PACK_BELOW } from '../seal/file.ts';
import { FOLDER_TYPE, type Contents, type Entry, type Manifest, type SealedObject } from '../seal/manifest.ts';
import type { Bytes } from '../seal/primitives.ts';
import { makeObject, type DraftFile, type DraftObject, type DraftRecord } from './draft-record.ts';
import type { Draft } from './draft.ts';
import { VaultError } from './problem.ts';
import type { Upload } from './upload.ts';

/** The type given to every file: the one shown comes from the content. */
const FILE_TYPE = 'application/octet-stream';
/** After so many rounds in which parts went missing again the server is not to be trusted with them. */
export const ROUNDS = 20;
/** Nothing can be made of this draft any more: withdrawn, expired, or its id is somebody else's. */
export const OVER = new Set(['conflict', 'withdrawn', 'expired', 'spent']);

export const isFolder = (file: { name: string }): boolean => file.name.endsWith('/');
const isSmall = (file: DraftFile): boolean => file.size < PACK_BELOW && !isFolder(file);

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, at) => one === b[at]);

/** One pack of all small files as they are now; an older one is given up. */
async function pack(draft: Draft, upload: Upload): Promise<void> {
  const small = draft.record.files.filter(isSmall);
  const old = draft.record.objects.find((object) => object.pack);
  const size = small.reduce((sum, file) => sum + file.size, 0);
  if (old?.size === size && same(old.files, small.map(({ id }) => id))) return;
  if (old) await upload.remove(old);
  if (small.length > 0) await draft.addObject(makeObject(small, true));
}

/** Ends when all bytes have arrived; true if the parcel was posted before. */
export async function arrive(draft: Draft, upload: Upload, signal: AbortSignal): Promise<boolean> {
  await pack(draft, upload);
  for (let round = 0; round < ROUNDS; round += 1) {
    await upload.settled(signal);
    const { posted, left } = await upload.sync();
    if (posted) return true;
    if (left > 0) continue;
    if (upload.lacks) throw new VaultError({ kind: 'files' });
    return false;
  }
  throw new VaultError({ kind: 'server', code: 'parts_lost', status: 0 });
}

export function listed(record: DraftRecord, hashes: (object: DraftObject) => Bytes[] | undefined): Pick<Manifest, 'files' | 'packs'> {
  const packs: SealedObject[] = [];
  const contents = new Map<string, Contents>();
  const sizes = new Map(record.files.map((file) => [file.id, file.size]));
  for (const object of record.objects) {
    const parts = hashes(object);
    if (parts === undefined) throw new VaultError({ kind: 'files' });
    const sealed = { id: object.id, key: object.key, size: object.size, parts };
    let offset = 0;
    for (const id of object.files) {
      contents.set(id, object.pack ? { kind: 'packed', pack: packs.length, offset } : { kind: 'own', object: sealed });
      offset += sizes.get(id) ?? 0;
    }
    if (object.pack) packs.push(sealed);
  }
  const files = record.files.map((file): Entry => {
    if (isFolder(file)) return { name: file.name.slice(0, -1), type: FOLDER_TYPE, size: 0, contents: { kind: 'folder' } };
    const place = contents.get(file.id);
    if (place === undefined) throw new VaultError({ kind: 'files' });
    return { name: file.name, type: FILE_TYPE, mtime: file.mtime, size: file.size, contents: place };
  });
  return { files, packs };
}
