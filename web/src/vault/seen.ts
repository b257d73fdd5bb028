/**
 * What this browser remembers of keyrings, out of the server's reach: the newest version it saw of each account's, so that an older
 * one is noticed; and claim codes that were entered, until the sender has released. Without storage nothing is remembered.
 */
import { fromText, toText } from '../seal/format.ts';
import type { Seen } from '../seal/keyring.ts';
import { KEY_LEN, type Bytes } from '../seal/primitives.ts';
import { Database, done } from './database.ts';
import type { ClaimStore } from './inbox-desk.ts';
import type { SeenStore } from './keyring-desk.ts';

const database = new Database('depesche-keyring', ['seen', 'claims']);
const DAY = 86_400_000;
/** A code is of no use after the longest life of a delivery. */
const CLAIM_LIFE = 400 * DAY;

interface Kept {
  until: number;
  sealed: Bytes;
}

export const seenStore: SeenStore = {
  async get(account) {
    try {
      const kept = (await done((await database.read('seen')).get(account))) as { generation: number; body: string } | undefined;
      return kept && { generation: kept.generation, body: fromText(kept.body, KEY_LEN) };
    } catch {
      return undefined;
    }
  },
  async set(account, { generation, body }: Seen) {
    try {
      // Another tab may have seen a newer one meanwhile: never lower.
      await database.write('seen', (store) => {
        const asked = store.get(account) as IDBRequest<{ generation: number } | undefined>;
        asked.onsuccess = () => {
          if ((asked.result?.generation ?? 0) <= generation) store.put({ generation, body: toText(body) }, account);
        };
      });
    } catch {
      // no storage
    }
  },
};

export const claimStore: ClaimStore = {
  async get(account, parcel) {
    try {
      const kept = (await done((await database.read('claims')).get([account, parcel]))) as Kept | undefined;
      return kept && kept.until > Date.now() ? await database.open(`${account} ${parcel}`, kept.sealed) : undefined;
    } catch {
      return undefined;
    }
  },
  async set(account, parcel, key) {
    try {
      const sealed = await database.seal(`${account} ${parcel}`, key);
      await database.write('claims', (store) => store.put({ until: Date.now() + CLAIM_LIFE, sealed } satisfies Kept, [account, parcel]));
    } catch {
      // no storage: the sender stays unverified here until words are compared
    }
  },
};
