/** The API as the vault knows it, in memory and honest; evil.test.ts makes it lie. Rules are those that the vault relies on. */
import type {
  ApiInboxDelivery, ApiKeyRecord, ApiKeyring, ApiLock, ApiPerson, ApiRelease, ApiReleased, ApiWaiting, KeyedApi,
} from '../../../src/api/keyed-port.ts';
import { ApiProblem } from '../../../src/api/port.ts';
import { toText } from '../../../src/seal/format.ts';
import { sha256, random, type Bytes } from '../../../src/seal/primitives.ts';
import { bytesOf } from '../../../src/vault/keyed-wire.ts';

interface Account {
  id: string;
  email: string;
  name: string;
  records: ApiKeyRecord[];
  locks: ApiLock[];
  bodies: { generation: number; body: string }[];
  live: boolean;
}

export interface Recipient {
  email: string;
  stanza?: string;
  tag_a?: string;
  tag_b?: string;
  ack?: string;
  verified?: string;
  code?: { mode: string; number: number; record?: string; auth?: string; tries: number; wrong: boolean };
}

export interface Parcel {
  id: string;
  level: number;
  sender: string;
  subject: string;
  message: string;
  header: string;
  hash: string;
  manifest: Bytes;
  own?: string;
  withdrawn?: boolean;
  recipients: Recipient[];
}

const refuse = (code: string, status = 409): never => { throw new ApiProblem({ code, status }); };
export const lower = (text: string): string => text.toLowerCase();

export class FakeServer {
  readonly accounts = new Map<string, Account>();
  readonly parcels = new Map<string, Parcel>();
  readonly drafts = new Map<string, { owner: string; level: number; bytes: Bytes }>();
  readonly passwords = new Map<string, string>();
  /** Every call, as it came. */
  readonly log: { who: string; call: string; ask: unknown[] }[] = [];

  register(email: string, password: string, name = ''): Account {
    const account = { id: toText(random(16)), email, name, records: [], locks: [], bodies: [], live: false };
    this.accounts.set(lower(email), account);
    this.passwords.set(lower(email), password);
    return account;
  }

  account(email: string): Account {
    return this.accounts.get(lower(email)) ?? refuse('not_found', 404);
  }

  parcel(id: string): Parcel {
    return this.parcels.get(id) ?? refuse('not_found', 404);
  }

  person(email: string): ApiPerson {
    const account = this.accounts.get(lower(email));
    if (account === undefined) return { email, name: '', sealpass: false, records: [] };
    return { email, name: account.name, account: account.id, sealpass: account.live, records: structuredClone(account.records) };
  }

  /** What an administrator's reset leaves. */
  reset(email: string): void {
    const account = this.account(email);
    account.live = false;
    account.locks = [];
    account.bodies = [];
    for (const { recipients } of this.parcels.values()) for (const one of recipients) if (lower(one.email) === lower(email)) delete one.stanza;
  }

  /** The API as somebody who is logged in has it. */
  as(email: string): KeyedApi {
    const calls: KeyedApi = { ...this.#ring(email), ...this.#releases(email), ...this.#inbox(email), ...this.#own(email) };
    const logged = Object.entries(calls).map(([call, deed]) => [call, (...ask: unknown[]) => {
      this.log.push({ who: email, call, ask });
      return (deed as (...ask: unknown[]) => unknown)(...ask);
    }]);
    return Object.fromEntries(logged) as KeyedApi;
  }

  #ring(email: string): Pick<KeyedApi, 'keyring' | 'putKeyring' | 'addLock' | 'removeLock' | 'putBody' | 'keys' | 'contacts'> {
    const own = (): Account => this.account(email);
    const lockOf = async (bytes: string): Promise<ApiLock> =>
      ({ id: toText((await sha256(bytesOf(bytes))).slice(0, 16)), kind: bytesOf(bytes)[0] ?? 0, bytes });
    return {
      keyring: () => Promise.resolve().then((): ApiKeyring => {
        const { id, records, locks, bodies, live } = own();
        const newest = bodies.at(-1);
        if (!live || newest === undefined) return refuse('no_sealpass', 404);
        return structuredClone({ account: id, records, locks, ...newest });
      }),
      async putKeyring({ record, locks, generation, body }) {
        const account = own();
        if (account.live) refuse('sealpass_exists');
        account.records.push(record);
        account.locks = await Promise.all(locks.map(lockOf));
        account.bodies = [{ generation, body }];
        account.live = true;
      },
      async addLock(lock) {
        const made = await lockOf(lock);
        own().locks.push(made);
        return { id: made.id };
      },
      removeLock: (id) => Promise.resolve().then(() => {
        const left = own().locks.filter((lock) => lock.id !== id);
        if (left.length === own().locks.length) refuse('not_found', 404);
        if (!left.some(({ kind }) => kind === 1)) refuse('last_lock');
        own().locks = left;
      }),
      async putBody({ generation, body, locks }) {
        const { bodies } = own();
        if (generation !== (bodies.at(-1)?.generation ?? 0) + 1) refuse('stale');
        const fresh = locks && (await Promise.all(locks.map(lockOf)));
        bodies.push({ generation, body });
        if (fresh) own().locks = fresh;
      },
      keys: (emails) => Promise.resolve(emails.map((one) => this.person(one))),
      contacts: () => Promise.resolve([...this.accounts.keys()].filter((one) => one !== lower(email)).map((one) => this.person(one))),
    };
  }

  #waiting(email: string): ApiWaiting {
    const mine = [...this.parcels.values()].filter(({ sender, level, withdrawn }) => lower(sender) === lower(email) && level >= 3 && !withdrawn);
    const waiting = mine.flatMap(({ id, recipients }) => recipients
      .filter((one) => this.accounts.get(lower(one.email))?.live && (one.stanza === undefined || one.ack !== undefined))
      .map(({ email: to, stanza, ack, tag_b: tagB, code }) => ({
        parcel: id, email: to, since: 0,
        ...(code && { claim_code: { mode: code.mode, number: code.number, tries_left: code.tries, registered: tagB !== undefined, wrong: code.wrong } }),
        ...(tagB && { tag_b: tagB }), ...(ack && stanza && { stanza, ack }),
      })));
    const parcels = mine.filter(({ id }) => waiting.some(({ parcel }) => parcel === id)).map(({ id, level, subject, header, hash, own }) =>
      ({ id, level, subject, posted: 0, expires: 1e15, header, manifest_hash: hash, ...(own && { stanza: own }) }));
    return { waiting, parcels, people: [...new Set(waiting.map(({ email: to }) => lower(to)))].map((one) => this.person(one)) };
  }

  #releaseOne({ parcel, email, stanza, tag_a: tagA, verified }: ApiRelease, out: ApiReleased): void {
    const { level, recipients } = this.parcel(parcel);
    const one = recipients.find((recipient) => lower(recipient.email) === lower(email));
    const code = one === undefined ? 'not_a_recipient' : level === 4 && verified === 'no' ? 'not_verified' : undefined;
    if (one === undefined || code !== undefined) {
      out.refused.push({ parcel, email, code: code ?? 'invalid', detail: '' });
      return;
    }
    delete one.ack;
    delete one.tag_b;
    Object.assign(one, { stanza, verified, ...(tagA && { tag_a: tagA }) });
    out.released.push({ parcel, email, fingerprint: '' });
  }

  #releases(email: string): Pick<KeyedApi, 'waiting' | 'release' | 'wrongTag' | 'setCode'> {
    return {
      waiting: () => Promise.resolve(this.#waiting(email)),
      release: (releases) => Promise.resolve().then(() => {
        const out: ApiReleased = { released: [], refused: [] };
        for (const one of releases) this.#releaseOne(one, out);
        return out;
      }),
      setCode: (parcel, to, code) => Promise.resolve().then(() => {
        const one = this.parcel(parcel).recipients.find((recipient) => lower(recipient.email) === lower(to));
        if (one) one.code = { ...code, tries: code.mode === 'instant' ? 10 : 3, wrong: false };
      }),
      wrongTag: (parcel, to, tag) => Promise.resolve().then(() => {
        const one = this.parcel(parcel).recipients.find((recipient) => lower(recipient.email) === lower(to));
        if (one?.tag_b !== tag) refuse('no_code', 404);
        if (one?.code) one.code = { ...one.code, tries: one.code.tries - 1, wrong: true };
        if (one) delete one.tag_b;
      }),
    };
  }

  mine(email: string, id: string): Recipient {
    return this.parcel(id).recipients.find((one) => lower(one.email) === lower(email)) ?? refuse('not_found', 404);
  }

  #delivery(email: string, id: string): ApiInboxDelivery {
    const [parcel, one] = [this.parcel(id), this.mine(email, id)];
    const sender = this.account(parcel.sender);
    const { code } = one;
    return {
      id, level: parcel.level, sender: { name: sender.name, email: sender.email }, subject: parcel.subject, message: parcel.message,
      header: parcel.header, manifest_hash: parcel.hash, sender_records: structuredClone(sender.records),
      ...(one.stanza && { stanza: one.stanza }), ...(one.tag_a && { tag_a: one.tag_a }),
      ...(code && {
        claim_code: {
          mode: code.mode, number: code.number, tries_left: code.tries, registered: one.tag_b !== undefined, wrong: code.wrong,
          ...(code.record && { id: toText(bytesOf(code.record).slice(21, 37)) }),
        },
      }),
    };
  }

  #inbox(email: string): Pick<KeyedApi, 'delivery' | 'open' | 'manifest' | 'register' | 'instant' | 'ownStanza' | 'look'> {
    return {
      delivery: (id) => Promise.resolve().then(() => this.#delivery(email, id)),
      open: (id) => Promise.resolve().then(() => {
        if (this.mine(email, id).stanza === undefined) refuse('waits_release');
        return { manifest: toText(this.parcel(id).manifest) };
      }),
      manifest: () => Promise.reject(new Error('it came inline')),
      register: (id, tagB) => Promise.resolve().then(() => {
        const one = this.mine(email, id);
        if (one.code?.tries === 0) refuse('code_dead');
        one.tag_b = tagB;
      }),
      instant: async (id, auth) => {
        const one = this.#code(this.mine(email, id));
        if (toText(await sha256(bytesOf(auth))) !== one.auth) refuse('wrong_code', 403);
        return { record: one.record ?? '' };
      },
      ownStanza: (id, stanza, ack) => Promise.resolve().then(() => {
        const one = this.mine(email, id);
        Object.assign(one, { stanza, ...(ack && { ack }) });
        if (one.code) delete one.code.record;
      }),
      look: (id) => Promise.resolve().then(() => ({ record: this.links.get(id)?.record ?? '', manifest: toText(this.parcel(this.links.get(id)?.parcel ?? '').manifest) })),
    };
  }

  readonly links = new Map<string, { parcel: string; record: string }>();

  #code(one: Recipient): NonNullable<Recipient['code']> {
    return one.code?.record === undefined ? refuse('code_dead') : one.code;
  }

  #own(email: string): Pick<KeyedApi, 'senderStanza' | 'sent' | 'sentManifest' | 'drafts' | 'goingOn' | 'putGoingOn'> {
    return {
      senderStanza: (id) => Promise.resolve().then(() => {
        const { own, header, hash } = this.parcel(id);
        return { header, manifest_hash: hash, ...(own && { stanza: own }) };
      }),
      sent: (id) => Promise.resolve().then(() => {
        const { withdrawn, recipients } = this.parcel(id);
        return {
          state: withdrawn ? 'closed' : 'posted',
          recipients: recipients.map(({ email: to, stanza }) => ({ email: to, state: stanza ? 'released' : this.accounts.get(lower(to))?.live ? 'waits_release' : 'waits_sealpass' })),
        };
      }),
      sentManifest: (id) => Promise.resolve().then(() => this.parcel(id).manifest),
      drafts: () => Promise.resolve([...this.drafts].filter(([, { owner }]) => owner === email).map(([id, { level }]) => ({ id, level, created: 0, going_on: true }))),
      goingOn: (id) => Promise.resolve().then(() => this.drafts.get(id)?.bytes ?? refuse('not_found', 404)),
      putGoingOn: (id, bytes) => Promise.resolve().then(() => { this.drafts.set(id, { owner: email, level: 3, bytes }); }),
    };
  }
}
