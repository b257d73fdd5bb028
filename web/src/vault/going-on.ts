/**
 * Drafts sealed to the own keyring: from level 3 on the only form in which a draft's keys are kept, here and on the server; below
 * that a second one, for the person's other devices. The key of one draft outlives a lock of the keyring, so that its upload goes on.
 */
import type { KeyedApi } from '../api/keyed-port.ts';
import { SealError } from '../seal/error.ts';
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import { goingOnKey, openGoingOn, sealGoingOn } from '../seal/going-on.ts';
import { random, type Bytes } from '../seal/primitives.ts';
import { makeHeader } from '../seal/stream.ts';
import { recordFromText, recordToText, renewed, type DraftRecord } from './draft-record.ts';
import type { KeyringDesk } from './keyring-desk.ts';

/** Who wrote the record: another program's is not for us to read. */
const CLIENT = 'web';

/** A draft, and the hashes of its finished file objects by their ids. */
export interface Shared {
  record: DraftRecord;
  hashes: Map<string, Bytes[]>;
}

/** What a draft needs of it. */
export type Sharing = Pick<GoingOn, 'seal' | 'put' | 'open' | 'forget'>;

export class GoingOn {
  readonly #desk: KeyringDesk;
  readonly #api: Pick<KeyedApi, 'drafts' | 'goingOn' | 'putGoingOn'>;
  readonly #keys = new Map<string, Promise<Bytes>>();

  constructor(desk: KeyringDesk, api: Pick<KeyedApi, 'drafts' | 'goingOn' | 'putGoingOn'>) {
    this.#desk = desk;
    this.#api = api;
  }

  /** None while the keyring is closed and was not open since this draft was begun. */
  #key(parcel: string): Promise<Bytes> | undefined {
    const known = this.#keys.get(parcel) ?? (this.#desk.isOpen ? goingOnKey(this.#desk.use().umk, fromText(parcel, ID_LEN)) : undefined);
    if (known) this.#keys.set(parcel, known);
    return known;
  }

  async seal({ record, hashes }: Shared): Promise<Bytes | undefined> {
    const key = await this.#key(record.parcel);
    if (key === undefined) return undefined;
    const known = Object.fromEntries([...hashes].map(([id, parts]) => [id, parts.map(toText)]));
    const text = JSON.stringify({ client: CLIENT, record: recordToText(record), hashes: known });
    return sealGoingOn(key, fromText(record.parcel, ID_LEN), makeHeader(random), new TextEncoder().encode(text));
  }

  /** None while the keyring is closed, and of another program's record. */
  async open(parcel: string, sealed: Bytes): Promise<Shared | undefined> {
    const key = await this.#key(parcel);
    if (key === undefined) return undefined;
    const text = new TextDecoder().decode(await openGoingOn(key, fromText(parcel, ID_LEN), sealed));
    const { client, record, hashes } = JSON.parse(text) as { client?: string; record: string; hashes: Record<string, string[]> };
    if (client !== CLIENT) return undefined;
    const known = Object.entries(hashes).map(([id, parts]): [string, Bytes[]] => [id, parts.map((part) => fromText(part, 32))]);
    return { record: recordFromText(record), hashes: new Map(known) };
  }

  put(parcel: string, sealed: Bytes): Promise<unknown> {
    return this.#api.putGoingOn(parcel, sealed);
  }

  forget(parcel: string): void {
    this.#keys.delete(parcel);
  }

  /** What other devices of this account began. Needs the open keyring. */
  async elsewhere(here: ReadonlySet<string>): Promise<Shared[]> {
    this.#desk.use();
    const found: Shared[] = [];
    for (const id of await this.away(here)) {
      const shared = await this.open(id, await this.#api.goingOn(id)).catch((error: unknown) => {
        // Sealed before the keyring was sealed anew: nobody opens it any more.
        if (error instanceof SealError) return undefined;
        throw error;
      });
      if (shared !== undefined) found.push(shared);
    }
    return found;
  }

  /** Drafts of this account that are not of this device, opened or not. */
  async away(here: ReadonlySet<string>): Promise<string[]> {
    return (await this.#api.drafts()).filter(({ id, going_on: kept }) => kept && !here.has(id)).map(({ id }) => id);
  }

  /** One of them for this device: what is finished stays; what is not begins anew, since nobody here knows which parts have left. */
  async take(parcel: string): Promise<Shared | undefined> {
    this.#desk.use();
    const shared = await this.open(parcel, await this.#api.goingOn(parcel));
    if (shared === undefined) return undefined;
    const { record, hashes } = shared;
    return {
      hashes,
      record: {
        ...record,
        // Handles of files are the other device's.
        files: record.files.map((file) => ({ ...file, at: undefined })),
        objects: record.objects.map((object) => (hashes.has(toText(object.id)) ? object : renewed(object))),
      },
    };
  }
}
