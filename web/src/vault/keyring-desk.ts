/**
 * The keyring in the vault: it alone holds UMK, the secret keys and the pins, in this Worker's memory, while somebody uses them.
 *
 * The server serves locks, bodies and records, and may be evil; so
 *
 * | it could | then |
 * |-|-|
 * | offer weak or heavy parameters, to have the SealPass guessed or the device exhausted | the lock is refused before anything is derived |
 * | serve an older body, or another one of the same number | refused by what this browser saw last |
 * | put other records in the place of one's own | the chain must end at the keyring's own key |
 * | say that there is none, though there was | without the old records no new one is made |
 * | lose a lock that is being changed | a new lock is read back and opened before the old one goes |
 */
import type { ApiKeyring, KeyedApi } from '../api/keyed-port.ts';
import { ApiProblem } from '../api/port.ts';
import { SealError } from '../seal/error.ts';
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import * as keyrings from '../seal/keyring.ts';
import { KIT_ID_LEN, KIT_LEN, kitIdText, kitText, parseKit } from '../seal/kit.ts';
import * as locks from '../seal/lock.ts';
import { equal, KEY_LEN, NONCE_LEN, random, type Bytes } from '../seal/primitives.ts';
import type { Chain, SignedRecord } from '../seal/record.ts';
import type { WordList } from '../seal/words.ts';
import { bytesOf, chainOf, recordToWire } from './keyed-wire.ts';
import type { KeyCalls, KeyringState, KeyReport } from './keys-protocol.ts';
import { VaultError } from './problem.ts';
import type { VaultProblem } from './protocol.ts';

/** Nobody used it for so long: it is locked, ms. */
export const IDLE = 600_000;
/** Fewest characters of a SealPass. The page asks for more than length. */
const SHORTEST = 12;
/** While one is changed there are two; more are not tried. */
const MOST_SEALPASS_LOCKS = 4;
const SALT_LEN = 16;
/** After a reset versions go on from epoch times this, so that the new one is never older than one that was seen. */
const AFTER_RESET = 2 ** 32;
/** How often a change is made anew because another device was quicker. */
const ROUNDS = 8;

/** What was seen of an account's keyring, kept where the server cannot reach it. */
export interface SeenStore {
  get(account: string): Promise<keyrings.Seen | undefined>;
  set(account: string, seen: keyrings.Seen): Promise<void>;
}

export interface KeyringTools {
  api: Pick<KeyedApi, 'keyring' | 'putKeyring' | 'addLock' | 'removeLock' | 'putBody' | 'keys'>;
  seen: SeenStore;
  now: () => number;
  say: (report: KeyReport) => void;
  isLoginPassword: (email: string, password: string) => Promise<boolean>;
}

/** An open keyring. */
export interface Open {
  umk: Bytes;
  keyring: keyrings.Keyring;
  chain: Chain;
  generation: number;
}

interface Served {
  wire: ApiKeyring;
  chain: Chain;
  body: keyrings.Body;
  locks: { id: string; bytes: Bytes; lock: locks.Lock }[];
}

interface Owner {
  text: string;
  account: Bytes;
  email: string;
}

const distrust = (why: Extract<VaultProblem, { kind: 'distrusted' }>['why']): VaultError => new VaultError({ kind: 'distrusted', why });
const codeOf = (error: unknown): string | undefined => (error instanceof SealError || error instanceof ApiProblem ? error.code : undefined);

/** A lock is refused for what it asks of the client; a kind that nobody here knows is passed over. */
function readLock(id: string, text: string): Served['locks'] {
  const bytes = bytesOf(text);
  try {
    return [{ id, bytes, lock: locks.parseLock(bytes) }];
  } catch (error) {
    const code = codeOf(error);
    if (code === 'password_weak' || code === 'password_heavy') throw distrust('weak');
    if (code === 'lock_kind') return [];
    throw error;
  }
}

export class KeyringDesk {
  readonly #tools: KeyringTools;
  #owner: Owner | undefined;
  #open: Open | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(tools: KeyringTools) {
    this.#tools = tools;
  }

  get owner(): Owner {
    if (this.#owner === undefined) throw new Error('keyring comes first');
    return this.#owner;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Whose keyring it is; another account's is locked. */
  async take(account: string, email: string): Promise<KeyringState> {
    if (this.#owner?.text !== account) this.#close();
    this.#owner = { text: account, account: fromText(account, ID_LEN), email };
    return this.state();
  }

  async state(): Promise<KeyringState> {
    const served = await this.#load();
    if (served === undefined) {
      this.#close();
      return { state: 'none', fingerprint: undefined, version: 0, kit: false, resetDue: undefined, reset: await this.#wasReset() };
    }
    await this.#follow(served);
    const kit = served.locks.some(({ lock }) => lock.kind.kind === 'kit');
    const { generation: version, reset_due: resetDue } = served.wire;
    const { fingerprint, reset } = served.chain.current;
    return { state: this.#open ? 'open' : 'locked', fingerprint: toText(fingerprint), version, kit, resetDue, reset };
  }

  /** There was a keyring: this browser knows it, or the server has its records still. */
  async #wasReset(): Promise<boolean> {
    if ((await this.#tools.seen.get(this.owner.text)) !== undefined) return true;
    const [own] = await this.#tools.api.keys([this.owner.email]);
    return own !== undefined && own.records.length > 0;
  }

  /** Takes in what another device has changed; under another master key the SealPass is asked for again. */
  async #follow(served: Served): Promise<void> {
    if (this.#open === undefined || served.body.generation <= this.#open.generation) return;
    try {
      await this.#enter(served, this.#open.umk);
    } catch (error) {
      this.#close();
      if (codeOf(error) !== 'authentication') throw error;
    }
  }

  /** The open keyring; whoever calls uses it. */
  use(): Open {
    if (this.#open === undefined) throw new VaultError({ kind: 'locked' });
    this.#touch();
    return this.#open;
  }

  lock(): void {
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#idle);
    // Let go and not wiped: something that is under way must not seal under zeros.
    this.#open = undefined;
  }

  #touch(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#close();
      this.#tools.say({ kind: 'locked' });
    }, IDLE);
  }

  /** What the server has, as far as it can be believed without a secret; none before the set-up. */
  async #load(): Promise<Served | undefined> {
    let wire: ApiKeyring;
    try {
      wire = await this.#tools.api.keyring();
    } catch (error) {
      if (codeOf(error) === 'no_sealpass') return undefined;
      throw error;
    }
    const { account, text } = this.owner;
    if (wire.account !== text) throw distrust('foreign');
    const body = keyrings.parseBody(bytesOf(wire.body));
    if (!equal(body.account, account) || body.generation !== wire.generation) throw distrust('foreign');
    const chain = await chainOf(wire.records, account).catch((error: unknown) => {
      throw error instanceof SealError ? distrust('chain') : error;
    });
    return { wire, chain, body, locks: wire.locks.flatMap(({ id, bytes }) => readLock(id, bytes)) };
  }

  async #there(): Promise<Served> {
    const served = await this.#load();
    if (served === undefined) throw new VaultError({ kind: 'no-keyring' });
    return served;
  }

  /** Opens what was served, checks it against what was seen, and keeps it open. */
  async #enter(served: Served, umk: Bytes): Promise<Open> {
    const { account, text } = this.owner;
    const seen = await keyrings.checkSeen(await this.#tools.seen.get(text), served.body).catch((error: unknown) => {
      throw codeOf(error) === 'keyring_older' || codeOf(error) === 'keyring_forked' ? distrust('older') : error;
    });
    const keyring = await keyrings.openBody(served.body, umk, account);
    if (!(await keyrings.isOf(keyring, served.chain.current))) throw distrust('chain');
    await this.#tools.seen.set(text, seen);
    this.#open = { umk, keyring, chain: served.chain, generation: served.body.generation };
    this.#touch();
    return this.#open;
  }

  /** The first of some locks that opens. */
  async #try(served: Served, kind: 'sealpass' | 'kit', open: (lock: locks.Lock) => Promise<Bytes>): Promise<Bytes | undefined> {
    const some = served.locks.filter(({ lock }) => lock.kind.kind === kind).slice(-MOST_SEALPASS_LOCKS).reverse();
    for (const { lock } of some) {
      try {
        return await open(lock);
      } catch (error) {
        if (codeOf(error) !== 'commitment') throw error;
      }
    }
    return undefined;
  }

  async #bySealPass(served: Served, sealPass: string): Promise<Bytes> {
    if (sealPass.normalize('NFKC') === '') throw new VaultError({ kind: 'sealpass', why: 'wrong' });
    const umk = await this.#try(served, 'sealpass', (lock) => locks.openWithSealPass(lock, this.owner.account, sealPass));
    if (umk === undefined) throw new VaultError({ kind: 'sealpass', why: 'wrong' });
    return umk;
  }

  async unlock(sealPass: string): Promise<Open> {
    const served = await this.#there();
    return this.#enter(served, await this.#bySealPass(served, sealPass));
  }

  /** What no SealPass may be. */
  async #check(sealPass: string): Promise<void> {
    if ([...sealPass.normalize('NFKC')].length < SHORTEST) throw new VaultError({ kind: 'sealpass', why: 'short' });
    if (await this.#tools.isLoginPassword(this.owner.email, sealPass)) throw new VaultError({ kind: 'sealpass', why: 'login-password' });
  }

  async #sealPassLock(sealPass: string, umk: Bytes): Promise<{ bytes: Bytes; master: Bytes }> {
    const kind: locks.LockKind = { kind: 'sealpass', params: locks.sealPassParams(random(SALT_LEN)) };
    const master = await locks.sealPassMaster(kind, sealPass);
    return { bytes: locks.writeLock(await locks.sealLock(kind, this.owner.account, master, random(NONCE_LEN), umk)), master };
  }

  /** Refuses to go on unless the server has exactly this lock and it opens. */
  async #readBack(lock: Bytes, master: Bytes, umk: Bytes): Promise<Served> {
    const served = await this.#there();
    const found = served.locks.find(({ bytes }) => equal(bytes, lock));
    if (found === undefined) throw distrust('foreign');
    if (!equal(await locks.openLock(found.lock, this.owner.account, master), umk)) throw distrust('foreign');
    return served;
  }

  /** The records of an account whose keyring was reset. */
  async #before(): Promise<SignedRecord | undefined> {
    const [own] = await this.#tools.api.keys([this.owner.email]);
    if (own === undefined || own.records.length === 0) return undefined;
    return (await chainOf(own.records, this.owner.account)).current;
  }

  async setUp(sealPass: string, list: WordList): Promise<Open> {
    if ((await this.#load()) !== undefined) throw new ApiProblem({ code: 'sealpass_exists', status: 409 });
    await this.#check(sealPass);
    const { account, text } = this.owner;
    const [before, seen] = await Promise.all([this.#before(), this.#tools.seen.get(text)]);
    // There was one: after a reset its records stay, so that whoever trusted it is told.
    if (seen !== undefined && before === undefined) throw distrust('older');
    const fresh = { signatureSeed: random(KEY_LEN), kemSeed: random(KEY_LEN), claimSeed: random(KEY_LEN) };
    const now = this.#tools.now();
    const { keyring, record } = before
      ? await keyrings.makeAfterReset(fresh, before, now, list)
      : await keyrings.makeKeyring(fresh, account, now, list);
    const umk = random(KEY_LEN);
    const { bytes: lock, master } = await this.#sealPassLock(sealPass, umk);
    const generation = before ? Math.max((seen?.generation ?? 0) + 1, record.epoch * AFTER_RESET) : 1;
    const body = await keyrings.sealBody(keyring, umk, account, generation, random(NONCE_LEN));
    await this.#tools.api.putKeyring({
      record: recordToWire(record), locks: [toText(lock)], generation, body: toText(keyrings.writeBody(body)),
    });
    return this.#enter(await this.#readBack(lock, master, umk), umk);
  }

  /** Adds a lock; when it is read back and opens, those that it replaces go. One that another device added meanwhile stays. */
  async #replaceLock(lock: Bytes, master: Bytes, umk: Bytes, replaced: Served['locks']): Promise<void> {
    await this.#tools.api.addLock(toText(lock));
    await this.#readBack(lock, master, umk);
    for (const { id } of replaced) {
      await this.#tools.api.removeLock(id).catch((error: unknown) => {
        // Another device was quicker.
        if (codeOf(error) !== 'not_found') throw error;
      });
    }
  }

  /** Every lock that this SealPass opens: after a change that stopped half-way there may be two. */
  async #openedBy(served: Served, sealPass: string): Promise<Served['locks']> {
    const found: Served['locks'] = [];
    for (const one of served.locks.filter(({ lock }) => lock.kind.kind === 'sealpass')) {
      if ((await this.#try({ ...served, locks: [one] }, 'sealpass', (lock) => locks.openWithSealPass(lock, this.owner.account, sealPass))) !== undefined) found.push(one);
    }
    return found;
  }

  async changeSealPass(old: string, sealPass: string, known: boolean): Promise<void> {
    const served = await this.#there();
    const umk = await this.#bySealPass(served, old);
    await this.#check(sealPass);
    const open = await this.#enter(served, umk);
    if (!known) {
      const replaced = await this.#openedBy(served, old);
      const { bytes, master } = await this.#sealPassLock(sealPass, umk);
      await this.#replaceLock(bytes, master, umk, replaced);
      return;
    }
    const fresh = random(KEY_LEN);
    const { bytes, master } = await this.#sealPassLock(sealPass, fresh);
    const generation = open.generation + 1;
    const body = await keyrings.sealBody(open.keyring, fresh, this.owner.account, generation, random(NONCE_LEN));
    // One step: whoever knows the old one finds neither its lock nor a body that it opens.
    await this.#tools.api.putBody({ generation, body: toText(keyrings.writeBody(body)), locks: [toText(bytes)] });
    await this.#enter(await this.#readBack(bytes, master, fresh), fresh);
  }

  async makeKit(): Promise<KeyCalls['makeKit']['answer']> {
    const { umk, keyring } = this.use();
    const served = await this.#there();
    const numbers = served.locks.map(({ lock }) => (lock.kind.kind === 'kit' ? lock.kind.number : 0));
    const [secret, id, number] = [random(KIT_LEN), random(KIT_ID_LEN), Math.max(0, ...numbers) + 1];
    const lock = locks.writeLock(await locks.sealLock({ kind: 'kit', number, id }, this.owner.account, secret, random(NONCE_LEN), umk));
    await this.#replaceLock(lock, secret, umk, served.locks.filter(({ lock: { kind } }) => kind.kind === 'kit'));
    return {
      code: kitText(secret), number, id: kitIdText(id), email: this.owner.email,
      fingerprint: toText(keyrings.ownFingerprint(keyring)), made: this.#tools.now(),
    };
  }

  async recover(kit: string, sealPass: string): Promise<void> {
    let secret: Bytes;
    try {
      secret = parseKit(kit);
    } catch (error) {
      if (error instanceof SealError) throw new VaultError({ kind: 'kit', why: 'mistyped' });
      throw error;
    }
    const served = await this.#there();
    const umk = await this.#try(served, 'kit', (lock) => locks.openWithKit(lock, this.owner.account, secret));
    if (umk === undefined) throw new VaultError({ kind: 'kit', why: 'wrong' });
    await this.#check(sealPass);
    await this.#enter(served, umk);
    const { bytes, master } = await this.#sealPassLock(sealPass, umk);
    await this.#replaceLock(bytes, master, umk, served.locks.filter(({ lock }) => lock.kind.kind === 'sealpass'));
  }

  /** Confirms by the SealPass; opens the keyring if it is locked. */
  async confirm(sealPass: string): Promise<Open> {
    if (this.#open === undefined) return this.unlock(sealPass);
    await this.#bySealPass(await this.#there(), sealPass);
    return this.use();
  }

  /** Changes the keyring's contents: one version more. Another device that was quicker is taken in first. */
  update(change: (keyring: keyrings.Keyring) => keyrings.Keyring): Promise<void> {
    const next = this.#changes.then(() => this.#update(change));
    this.#changes = next.catch(() => undefined);
    return next;
  }

  async #update(change: (keyring: keyrings.Keyring) => keyrings.Keyring): Promise<void> {
    const { account, text } = this.owner;
    for (let round = 0; ; round += 1) {
      const open = this.use();
      const keyring = change(open.keyring);
      if (keyring === open.keyring) return;
      const body = await keyrings.sealBody(keyring, open.umk, account, open.generation + 1, random(NONCE_LEN));
      try {
        await this.#tools.api.putBody({ generation: body.generation, body: toText(keyrings.writeBody(body)) });
      } catch (error) {
        if (codeOf(error) !== 'stale' || round === ROUNDS) throw error;
        await this.#enter(await this.#there(), open.umk);
        continue;
      }
      await this.#tools.seen.set(text, await keyrings.checkSeen(undefined, body));
      if (this.#open === open) this.#open = { ...open, keyring, generation: body.generation };
      return;
    }
  }

  /** The keys that a stanza for one of one's own records needs. */
  ownKeys(fingerprint: Bytes): { account: Bytes; fingerprint: Bytes; verifying: Bytes; kemSeed: Bytes } {
    const { keyring, chain } = this.use();
    const [kemSeed, record] = [keyrings.kemSeedOf(keyring, fingerprint), chain.find(fingerprint)];
    if (kemSeed === undefined || record === undefined) throw new SealError('stanza_not_mine');
    return { account: this.owner.account, fingerprint, verifying: record.verifying, kemSeed };
  }
}

