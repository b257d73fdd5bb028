/**
 * What the vault keeps between two loads of a visitor's page: sealed under a key that the browser holds and never shows, in
 * IndexedDB. Without storage (private mode, blocked) nothing is kept, and nothing fails.
 */
import type { Bytes } from '../seal/primitives.ts';
import { Database, done } from './database.ts';

interface Kept {
  /** When it is to be forgotten, ms. */
  until: number;
  sealed: Bytes;
}

const database = new Database('depesche-vault', ['kept']);

export async function keep(name: string, bytes: Bytes, until: number): Promise<void> {
  try {
    const sealed = await database.seal(name, bytes);
    await database.write('kept', (store) => store.put({ until, sealed } satisfies Kept, name));
  } catch {
    // no storage: it is asked for again
  }
}

export async function recall(name: string, now: number): Promise<Bytes | undefined> {
  try {
    const kept = (await done((await database.read('kept')).get(name))) as Kept | undefined;
    if (kept === undefined) return undefined;
    if (kept.until > now) return await database.open(name, kept.sealed);
    await database.write('kept', (store) => store.delete(name));
    return undefined;
  } catch {
    return undefined;
  }
}
