/** A delivery in the making: its record, and the hashes of what was sealed. This tab alone writes it. */
import { toText } from '../seal/format.ts';
import { equal, random, KEY_LEN, type Bytes } from '../seal/primitives.ts';
import { KEYED, makeParcelId, partsOf, renewed, type DraftObject, type DraftRecord } from './draft-record.ts';
import type { Shared, Sharing } from './going-on.ts';
import type { Form } from './member-protocol.ts';
import { VaultError } from './problem.ts';
import * as shelf from './shelf.ts';

/** Whether a part is what it was when it was sealed before. */
export type Seen = 'new' | 'same' | 'different';

export class Draft {
  readonly record: DraftRecord;
  readonly #hashes: Map<string, Map<number, Bytes>>;
  #letGo: () => void;
  /** Without storage (private mode, blocked) nothing is kept, so nothing is gone on with. */
  #stored = true;
  #saving: Promise<void> = Promise.resolve();
  readonly #goingOn: Sharing;
  #sharing: 'no' | 'yes' | 'again' = 'no';

  private constructor(record: DraftRecord, hashes: Map<string, Map<number, Bytes>>, goingOn: Sharing, letGo: () => void) {
    this.record = record;
    this.#goingOn = goingOn;
    this.#hashes = hashes;
    this.#letGo = letGo;
  }

  static async begin(account: string, form: Form, goingOn: Sharing): Promise<Draft> {
    const record: DraftRecord = {
      parcel: makeParcelId(), key: random(KEY_LEN), account, level: form.level, created: Date.now(), form, files: [], objects: [], links: [],
    };
    return new Draft(record, new Map(), goingOn, (await shelf.takeLock(record.parcel)) ?? (() => undefined));
  }

  /** The newest draft of an account that no other tab has. */
  static async find(account: string, goingOn: Sharing): Promise<{ draft: Draft | undefined; elsewhere: boolean; locked: boolean }> {
    let [elsewhere, locked] = [false, false];
    try {
      const unposted = await shelf.unposted(account, Date.now(), goingOn);
      ({ locked } = unposted);
      for (const { parcel } of unposted.found) {
        const letGo = await shelf.takeLock(parcel);
        // Behind the lock it may have been written anew, or posted.
        const record = letGo && (await shelf.getRecord(parcel, goingOn));
        if (letGo === undefined) elsewhere = true;
        else if (record !== undefined && record.expires === undefined) return { draft: new Draft(record, await shelf.getHashes(parcel), goingOn, letGo), elsewhere, locked: false };
        else letGo();
      }
    } catch {
      // no storage: nothing was kept
    }
    return { draft: undefined, elsewhere, locked };
  }

  /** Ends when the record as it is now is on the disk. */
  save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      if (!this.#stored) return;
      try {
        await this.#keep();
      } catch {
        await this.#unstore();
      }
    });
    this.#share();
    return this.#saving;
  }

  /** From level 3 on to the keyring alone; while that is closed nothing is kept, and so nothing is gone on with. */
  async #keep(): Promise<void> {
    if (this.record.level < KEYED) {
      await shelf.putRecord(this.record);
      return;
    }
    const sealed = await this.#goingOn.seal(this.#shared());
    if (sealed !== undefined) await shelf.putKeyed(this.record, sealed);
  }

  #shared(): Shared {
    const finished = this.record.objects.flatMap((object): [string, Bytes[]][] => {
      const hashes = this.hashes(object);
      return hashes === undefined ? [] : [[toText(object.id), hashes]];
    });
    return { record: this.record, hashes: new Map(finished) };
  }

  /** For the other devices; the newest state goes, and a failure is made good by the next one. */
  #share(): void {
    if (this.#sharing !== 'no') {
      this.#sharing = 'again';
      return;
    }
    this.#sharing = 'yes';
    void (async () => {
      const sealed = this.record.expires === undefined ? await this.#goingOn.seal(this.#shared()) : undefined;
      if (sealed !== undefined) await this.#goingOn.put(this.record.parcel, sealed);
    })().catch(() => undefined).finally(() => {
      const again = this.#sharing === 'again';
      this.#sharing = 'no';
      if (again) this.#share();
    });
  }

  /** Storage fails: an older record must not be gone on with. */
  async #unstore(): Promise<void> {
    this.#stored = false;
    await shelf.removeRecord(this.record.parcel).catch(() => undefined);
    const left = await shelf.getRecord(this.record.parcel, this.#goingOn).catch(() => undefined);
    if (left !== undefined) throw new VaultError({ kind: 'disk-full' });
  }

  #of(object: DraftObject): Map<number, Bytes> {
    const id = toText(object.id);
    const known = this.#hashes.get(id) ?? new Map<number, Bytes>();
    this.#hashes.set(id, known);
    return known;
  }

  isKnown(object: DraftObject, part: number): boolean {
    return this.#of(object).has(part);
  }

  /** The hashes of all parts, if all are known. */
  hashes(object: DraftObject): Bytes[] | undefined {
    const known = this.#of(object);
    const parts = Array.from({ length: partsOf(object) }, (_, index) => known.get(index));
    return parts.every((part) => part !== undefined) ? parts : undefined;
  }

  /** Compares with what is known of the part; puts it on the disk if nothing is. */
  async note(object: DraftObject, part: number, hash: Bytes): Promise<Seen> {
    const known = this.#of(object).get(part);
    if (known !== undefined) return equal(known, hash) ? 'same' : 'different';
    if (this.#stored) await shelf.putHash(this.record.parcel, object, part, hash).catch(() => this.#unstore());
    this.#of(object).set(part, hash);
    if (this.hashes(object) !== undefined) this.#share();
    return 'new';
  }

  async #forget(object: DraftObject): Promise<void> {
    this.#hashes.delete(toText(object.id));
    if (this.#stored) await shelf.removeHashes(this.record.parcel, object).catch(() => undefined);
  }

  async addObject(object: DraftObject): Promise<void> {
    this.record.objects.push(object);
    await this.save();
  }

  async removeObject(object: DraftObject): Promise<void> {
    this.record.objects = this.record.objects.filter((one) => one !== object);
    await this.save();
    await this.#forget(object);
  }

  /** Gives a file object whose source has changed a new id, key and header, and forgets its parts. */
  async renew(object: DraftObject): Promise<DraftObject> {
    const fresh = renewed(object);
    this.record.objects = this.record.objects.map((one) => (one === object ? fresh : one));
    await this.save();
    await this.#forget(object);
    return fresh;
  }

  /** The same contents as another parcel: this one cannot be posted any more, or has another level. */
  async restart(level: number): Promise<void> {
    const [old, roots] = [this.record.parcel, await this.roots()];
    this.record.parcel = makeParcelId();
    this.record.key = random(KEY_LEN);
    this.record.level = level;
    this.record.objects = this.record.objects.map(renewed);
    this.record.links = [];
    this.#hashes.clear();
    const letGo = await shelf.takeLock(this.record.parcel);
    await this.save();
    for (const [root, handle] of roots) await this.addRoot(root, handle);
    await shelf.removeRecord(old).catch(() => undefined);
    this.#letGo();
    this.#letGo = letGo ?? (() => undefined);
  }

  async addRoot(root: string, handle: FileSystemHandle): Promise<void> {
    // A handle that cannot be kept is a file to be chosen again.
    if (this.#stored) await shelf.putRoot(this.record.parcel, root, handle).catch(() => undefined);
  }

  roots(): Promise<Map<string, FileSystemHandle>> {
    return shelf.getRoots(this.record.parcel).catch(() => new Map<string, FileSystemHandle>());
  }

  /** It is posted: what only the uploading needed goes; key and links stay until it is over. */
  async setPosted(expires: number): Promise<void> {
    this.record.expires = expires;
    this.record.objects = [];
    this.record.files = [];
    this.record.form = { ...this.record.form, message: '', options: { ...this.record.form.options, password: '' } };
    this.#goingOn.forget(this.record.parcel);
    if (this.record.level < KEYED) {
      await this.save();
      if (this.#stored) await shelf.clearWork(this.record.parcel).catch(() => undefined);
    } else {
      await this.#saving;
      // What opens it from now on is the sender's own stanza.
      await shelf.removeRecord(this.record.parcel).catch(() => undefined);
    }
    this.#letGo();
  }

  /** Another tab may have it now. */
  close(): void {
    this.#letGo();
  }

  async discard(): Promise<void> {
    await this.#saving;
    this.#stored = false;
    await shelf.removeRecord(this.record.parcel).catch(() => undefined);
    this.#letGo();
  }
}

