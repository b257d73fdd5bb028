/** IndexedDB, and in it a key of this browser's own: AES-GCM, which it uses and never shows. */
import { aeadOpen, aeadSeal, NONCE_LEN, random, type Aead, type Bytes } from '../seal/primitives.ts';

const KEYS = 'keys';

export function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => { resolve(request.result); };
    request.onerror = () => { reject(request.error ?? new Error('storage')); };
  });
}

export class Database {
  readonly #name: string;
  readonly #stores: readonly string[];
  #opened: Promise<IDBDatabase> | undefined;
  #key: Aead | undefined;

  constructor(name: string, stores: readonly string[]) {
    this.#name = name;
    this.#stores = [KEYS, ...stores];
  }

  async #transaction(store: string, mode: IDBTransactionMode): Promise<IDBTransaction> {
    if (this.#opened === undefined) {
      const opening = indexedDB.open(this.#name, 1);
      opening.onupgradeneeded = () => { for (const name of this.#stores) opening.result.createObjectStore(name); };
      this.#opened = done(opening);
    }
    // Strict: what is said to be written is on the disk (docs/format.md, "Going on").
    return (await this.#opened).transaction(store, mode, { durability: 'strict' });
  }

  async read(store: string): Promise<IDBObjectStore> {
    return (await this.#transaction(store, 'readonly')).objectStore(store);
  }

  /** Ends when everything that `step` asks for is on the disk. */
  async write(store: string, step: (store: IDBObjectStore) => void): Promise<void> {
    const transaction = await this.#transaction(store, 'readwrite');
    const whole = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => { resolve(); };
      transaction.onabort = () => { reject(transaction.error ?? new Error('storage')); };
    });
    step(transaction.objectStore(store));
    await whole;
  }

  async #ownKey(): Promise<Aead> {
    if (this.#key !== undefined) return this.#key;
    const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    // Another tab may have been quicker: whose key is in the store is the one that holds.
    await this.write(KEYS, (store) => {
      const asked = store.get('own');
      asked.onsuccess = () => { if (asked.result === undefined) store.put(fresh, 'own'); };
    });
    this.#key = (await done((await this.read(KEYS)).get('own'))) as Aead;
    return this.#key;
  }

  /** Sealed under the own key, bound to `name`. */
  async seal(name: string, bytes: Bytes): Promise<Bytes> {
    const nonce = random(NONCE_LEN);
    const text = await aeadSeal(await this.#ownKey(), nonce, new TextEncoder().encode(name), bytes);
    const sealed = new Uint8Array(NONCE_LEN + text.length);
    sealed.set(nonce);
    sealed.set(text, NONCE_LEN);
    return sealed;
  }

  /** None if it is not what was sealed under this name. */
  async open(name: string, sealed: Bytes): Promise<Bytes | undefined> {
    return aeadOpen(await this.#ownKey(), sealed.slice(0, NONCE_LEN), new TextEncoder().encode(name), sealed.subarray(NONCE_LEN));
  }
}
