/**
 * What the vault keeps between two loads of a page: sealed under an AES-GCM key that the browser holds and never shows, in
 * IndexedDB. Without storage (private mode, blocked) nothing is kept, and nothing fails.
 */
import { random, type Bytes } from '../seal/primitives.ts';

const DATABASE = 'depesche-vault';
const [KEYS, KEPT] = ['keys', 'kept'] as const;
const NONCE = 12;

interface Kept {
  /** When it is to be forgotten, ms. */
  until: number;
  sealed: Bytes;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => { resolve(request.result); };
    request.onerror = () => { reject(request.error ?? new Error('storage')); };
  });
}

async function store(name: typeof KEYS | typeof KEPT, mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(KEYS);
    opening.result.createObjectStore(KEPT);
  };
  database ??= await done(opening);
  return database.transaction(name, mode).objectStore(name);
}
let database: IDBDatabase | undefined;

async function ownKey(): Promise<CryptoKey> {
  const known = (await done((await store(KEYS, 'readonly')).get('own'))) as CryptoKey | undefined;
  if (known) return known;
  const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  // Another tab may have been quicker: whose key is in the store is the one that holds.
  await done((await store(KEYS, 'readwrite')).add(fresh, 'own')).catch(() => undefined);
  return (await done((await store(KEYS, 'readonly')).get('own'))) as CryptoKey;
}

const params = (nonce: Bytes, name: string): AesGcmParams => ({ name: 'AES-GCM', iv: nonce, additionalData: new TextEncoder().encode(name) });

export async function keep(name: string, bytes: Bytes, until: number): Promise<void> {
  try {
    const nonce = random(NONCE);
    const text = await crypto.subtle.encrypt(params(nonce, name), await ownKey(), bytes);
    const sealed = new Uint8Array(NONCE + text.byteLength);
    sealed.set(nonce);
    sealed.set(new Uint8Array(text), NONCE);
    await done((await store(KEPT, 'readwrite')).put({ until, sealed } satisfies Kept, name));
  } catch {
    // no storage: it is asked for again
  }
}

export async function recall(name: string, now: number): Promise<Bytes | undefined> {
  try {
    const kept = (await done((await store(KEPT, 'readonly')).get(name))) as Kept | undefined;
    if (kept === undefined) return undefined;
    if (kept.until <= now) {
      await forget(name);
      return undefined;
    }
    const text = await crypto.subtle.decrypt(params(kept.sealed.slice(0, NONCE), name), await ownKey(), kept.sealed.subarray(NONCE));
    return new Uint8Array(text);
  } catch {
    return undefined;
  }
}

export async function forget(name: string): Promise<void> {
  await done((await store(KEPT, 'readwrite')).delete(name));
}
