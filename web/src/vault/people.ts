/**
 * Other people's keys: what the server says, held against the pins. A pin is found by the account and by the address, so that an
 * address which suddenly belongs to another account is an alarm too.
 */
import type { ApiPerson, KeyedApi } from '../api/keyed-port.ts';
import { SealError } from '../seal/error.ts';
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import { setPin, type Keyring } from '../seal/keyring.ts';
import { equal, KEY_LEN, type Bytes } from '../seal/primitives.ts';
import type { Chain, SignedRecord } from '../seal/record.ts';
import { standing, type Pin, type PinVerified, type Standing } from '../seal/trust.ts';
import { wordsOfKey, type WordList } from '../seal/words.ts';
import { folded } from './folded.ts';
import type { KeyringDesk } from './keyring-desk.ts';
import { chainOf } from './keyed-wire.ts';
import type { Contact, KeyReport, PersonKey, Trust, UpTo } from './keys-protocol.ts';
import { VaultError } from './problem.ts';

/** Somebody with a key. */
export interface Known {
  email: string;
  name: string | undefined;
  /** Of somebody with a SealPass. */
  account: string | undefined;
  /** Ends in the person's key; none where the server's records do not even follow one another. */
  chain: Chain | undefined;
  pin: Pin | undefined;
  trust: Trust;
  upTo: UpTo;
}

const TRUST: Record<Standing, Trust> = { unknown: 'new', pinned: 'seen', succeeded: 'renewed', reset: 'reset', foreign: 'changed' };

/** The pin that is about this address or this account. */
export function pinFor(keyring: Keyring, email: string, account: Bytes | undefined): Pin | undefined {
  const address = folded(email);
  const byAccount = keyring.pins.find((pin) => account !== undefined && equal(pin.account, account));
  return byAccount ?? keyring.pins.find((pin) => folded(pin.address) === address);
}

function judge(chain: Chain | undefined, pin: Pin | undefined): { trust: Trust; upTo: UpTo } {
  if (chain === undefined) return { trust: 'changed', upTo: 2 };
  const trust = TRUST[standing(chain, pin)];
  if (pin === undefined || (trust !== 'seen' && trust !== 'renewed')) return { trust, upTo: 2 };
  if (pin.verified === 'no') return { trust, upTo: 3 };
  return { trust: trust === 'seen' ? 'verified' : trust, upTo: 4 };
}

/** A pin of what is now the person's key. Others of that address go: they were another account's. */
export function withPin(keyring: Keyring, email: string, record: SignedRecord, verified: PinVerified, now: number): Keyring {
  const address = folded(email);
  const old = pinFor(keyring, email, record.account);
  const same = old !== undefined && equal(old.fingerprint, record.fingerprint) && equal(old.account, record.account);
  // What was verified once stays so for the same key.
  if (same && (old.verified === verified || verified === 'no')) return keyring;
  const rest = keyring.pins.filter((pin) => equal(pin.account, record.account) || folded(pin.address) !== address);
  const pin = { account: record.account, address: email, fingerprint: record.fingerprint, verified, at: now };
  return setPin({ ...keyring, pins: rest }, pin);
}

/** The pinned key itself named its follower: the pin moves on, as verified as it was. */
const moved = (keyring: Keyring, pin: Pin, record: SignedRecord, now: number): Keyring =>
  setPin(keyring, { ...pin, fingerprint: record.fingerprint, at: now });

export interface PeopleTools {
  api: Pick<KeyedApi, 'keys' | 'contacts'>;
  desk: KeyringDesk;
  now: () => number;
  say: (report: KeyReport) => void;
}

export class People {
  readonly #tools: PeopleTools;
  /** Every record that was seen, for words. */
  readonly #lists = new Map<string, WordList>();
  readonly #words = new Map<string, Promise<string[]>>();
  readonly #told = new Set<string>();

  constructor(tools: PeopleTools) {
    this.#tools = tools;
  }

  learn(chain: Chain): void {
    for (const { fingerprint, list } of chain.records) this.#lists.set(toText(fingerprint), list);
  }

  async know(person: ApiPerson): Promise<Known> {
    const { email, account, records, sealpass } = person;
    const base = { email, name: person.name === '' ? undefined : person.name };
    const none = { ...base, account: undefined, chain: undefined, pin: undefined, trust: 'new', upTo: 2 } as const;
    if (account === undefined || !sealpass) return none;
    const id = fromText(account, ID_LEN);
    const chain = await chainOf(records, id).catch((error: unknown) => {
      if (error instanceof SealError) return undefined;
      throw error;
    });
    if (chain !== undefined) this.learn(chain);
    const { desk } = this.#tools;
    if (!desk.isOpen) return { ...base, account, chain, pin: undefined, trust: 'locked', upTo: 2 };
    const pin = pinFor(desk.use().keyring, email, id);
    const known = { ...base, account, chain, pin, ...judge(chain, pin) };
    await this.#tell(known);
    return known;
  }

  /** The alarm; once for each key. */
  async #tell({ email, trust, chain, pin }: Known): Promise<void> {
    if (trust !== 'renewed' && trust !== 'reset' && trust !== 'changed') return;
    const once = `${folded(email)} ${trust} ${chain ? toText(chain.current.fingerprint) : ''}`;
    if (this.#told.has(once)) return;
    this.#told.add(once);
    this.#tools.say({ kind: 'key-changed', email, trust });
    if (trust !== 'renewed' || chain === undefined || pin === undefined) return;
    await this.#tools.desk.update((keyring) => moved(keyring, pin, chain.current, this.#tools.now()));
  }

  shown({ email, name, account, chain, trust, upTo }: Known): PersonKey {
    if (account === undefined) return { email, name, key: undefined };
    const fingerprint = chain ? toText(chain.current.fingerprint) : '';
    return { email, name, key: { account, fingerprint, epoch: chain?.current.epoch ?? 0, trust, upTo } };
  }

  /** In the order asked for. */
  async find(emails: string[]): Promise<Known[]> {
    const people = emails.length === 0 ? [] : await this.#tools.api.keys(emails);
    // Under the address that was asked for: what the answer calls them is the server's affair.
    return Promise.all(emails.map((email, at) => this.know({ ...(people[at] ?? { name: '', sealpass: false, records: [] }), email })));
  }

  async keysOf(emails: string[]): Promise<PersonKey[]> {
    return (await this.find(emails)).map((known) => this.shown(known));
  }

  async contacts(): Promise<Contact[]> {
    const people = await this.#tools.api.contacts();
    return Promise.all(people.map(async (person) => {
      const known = await this.know(person);
      return { ...this.shown(known), since: known.pin?.at };
    }));
  }

  /** Of keys that were shown before, and of the own one. */
  async wordsOf(fingerprints: string[]): Promise<Record<string, string[]>> {
    if (this.#tools.desk.isOpen) this.learn(this.#tools.desk.use().chain);
    const out: Record<string, string[]> = {};
    // One after the other: each takes 64 MiB.
    for (const fingerprint of fingerprints) {
      const list = this.#lists.get(fingerprint);
      if (list === undefined) continue;
      const words = this.#words.get(fingerprint) ?? wordsOfKey(fromText(fingerprint, KEY_LEN), list);
      this.#words.set(fingerprint, words);
      out[fingerprint] = await words;
    }
    return out;
  }

  /** Words were compared, or the new key is taken without; an alarm ends by words alone. */
  async trust(email: string, fingerprint: string, verified: 'words' | 'no'): Promise<PersonKey> {
    const { desk, now } = this.#tools;
    desk.use();
    const [known] = await this.find([email]);
    const current = known?.chain?.current;
    const alarm = known?.trust === 'changed' && verified === 'no';
    if (current === undefined || alarm || toText(current.fingerprint) !== fingerprint) throw new VaultError({ kind: 'key', why: 'changed', email });
    await desk.update((keyring) => withPin(keyring, email, current, verified, now()));
    const [after] = await this.find([email]);
    return this.shown(after ?? { email, name: undefined, account: undefined, chain: undefined, pin: undefined, trust: 'new', upTo: 2 });
  }
}
