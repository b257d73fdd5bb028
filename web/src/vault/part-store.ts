/**
 * Sealed parts of large files, kept on the device from their arrival until the file is saved: after a reload or a crash
 * saving begins anew with what is there. A part is used only if it still has its hash. What was not fetched goes within a
 * day. Where there is no private folder, or little room, nothing is kept and nothing fails.
 */
import type { Bytes } from '../seal/primitives.ts';
import { fileOf, held, syncAccess } from './held.ts';

const FOLDER = 'parts';
const DAY = 86_400_000;
/** Most that is kept of all deliveries together, bytes; and which share of the browser's room at most. */
const MOST = 8e9;
const SHARE = 0.4;

async function open(): Promise<{ folder: FileSystemDirectoryHandle; room: number } | undefined> {
  try {
    const folder = await held(await navigator.storage.getDirectory(), (root) => root.getDirectoryHandle(FOLDER, { create: true }));
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    let used = 0;
    for await (const [name, handle] of folder as unknown as AsyncIterable<[string, FileSystemFileHandle]>) {
      const file = await fileOf(handle);
      if (file.lastModified < Date.now() - DAY) await folder.removeEntry(name);
      else used += file.size;
    }
    return { folder, room: Math.min(MOST - used, quota * SHARE - usage) };
  } catch {
    return undefined;
  }
}
let opening: ReturnType<typeof open> | undefined;

const nameOf = (object: string, part: number): string => `${object}.${part}`;

export async function keptPart(object: string, part: number): Promise<Bytes | undefined> {
  try {
    const store = await (opening ??= open());
    const handle = await store?.folder.getFileHandle(nameOf(object, part));
    return handle && new Uint8Array(await (await fileOf(handle)).arrayBuffer());
  } catch {
    return undefined; // not there
  }
}

export async function keepPart(object: string, part: number, bytes: Bytes): Promise<void> {
  try {
    const store = await (opening ??= open());
    if (store === undefined || store.room < bytes.length) return;
    store.room -= bytes.length;
    const access = await syncAccess(await store.folder.getFileHandle(nameOf(object, part), { create: true }));
    try {
      access.truncate(0);
      access.write(bytes, { at: 0 });
    } finally {
      access.close();
    }
  } catch {
    // another tab is at it, or the disk is full
  }
}

export async function dropParts(object: string, parts: number): Promise<void> {
  const store = await (opening ??= open());
  if (store === undefined) return;
  for (let part = 0; part < parts; part += 1) {
    await store.folder.removeEntry(nameOf(object, part)).catch(() => undefined);
  }
}
