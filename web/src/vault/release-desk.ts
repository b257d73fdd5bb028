/**
 * Releasing: one more stanza for a key that was made after the delivery was sent, with the sender's signature. Whose key it is
 * the server says; so it is compared: by words, by the claim code, by a pin. Without one of these level 4 releases nothing.
 */
import type { ApiPerson, ApiSent, ApiWaiting, KeyedApi } from '../api/keyed-port.ts';
import { ApiProblem } from '../api/port.ts';
import { SealError } from '../seal/error.ts';
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import { ownFingerprint, signingKey } from '../seal/keyring.ts';
import { parseHeader, type ParcelHeader } from '../seal/parcel.ts';
import { equal, KEY_LEN, type Bytes, type Signer } from '../seal/primitives.ts';
import type { SignedRecord } from '../seal/record.ts';
import { acknowledge, checkTag, deriveCode, registerTag, releaseTag, stretchCode, type Claim, type ClaimMode, type Parties } from '../seal/release.ts';
import { openOwn, parseReleased, release as sign, sealStanza, verifyRelease, writeReleased } from '../seal/stanza.ts';
import type { PinVerified } from '../seal/trust.ts';
import { folded } from './folded.ts';
import type { KeyringDesk } from './keyring-desk.ts';
import { bytesOf } from './keyed-wire.ts';
import type { KeyCalls, KeyReport, NotReleased, Releasing, WaitingPerson } from './keys-protocol.ts';
import { withPin, type Known, type People } from './people.ts';

type Entry = ApiWaiting['waiting'][number];
type Parcel = ApiWaiting['parcels'][number];

/** An opened delivery of one's own: enough for one more stanza. */
export interface OwnParcel {
  key: Bytes;
  bound: { header: ParcelHeader; hash: Bytes };
}

export interface ReleaseTools {
  api: Pick<KeyedApi, 'waiting' | 'release' | 'wrongTag' | 'sent'>;
  desk: KeyringDesk;
  people: People;
  now: () => number;
  say: (report: KeyReport) => void;
}

const MODES: readonly string[] = ['confirm', 'instant'] satisfies ClaimMode[];
/** Between two reports. */
const STEP = 25;
const PROBLEMS: Partial<Record<string, NotReleased>> = {
  not_verified: 'unverified', key_changed: 'changed', account_disabled: 'disabled', not_a_recipient: 'gone', not_found: 'gone', withdrawn: 'closed', expired: 'closed', spent: 'closed', waits_sealpass: 'changed', waits_registration: 'changed',
};

const nameOf = ({ parcel, email }: { parcel: string; email: string }): string => `${parcel} ${folded(email)}`;

/** Why one of many is not released. */
class Refused extends Error {
  readonly why: NotReleased;

  constructor(why: NotReleased) {
    super(why);
    this.why = why;
  }
}

/** Opens a stanza that this account made for itself. */
export async function openOwnParcel(desk: KeyringDesk, wire: { stanza?: string; header: string; manifest_hash: string }): Promise<OwnParcel | undefined> {
  if (wire.stanza === undefined) return undefined;
  const released = parseReleased(bytesOf(wire.stanza));
  const bound = { header: parseHeader(bytesOf(wire.header)), hash: fromText(wire.manifest_hash, KEY_LEN) };
  return { key: await openOwn(released, desk.ownKeys(released.fingerprint), bound), bound };
}

/** What a release under way knows. */
interface Batch {
  signer: Signer;
  own: Bytes;
  /** By parcel and address. */
  entries: Map<string, Entry>;
  parcels: Map<string, Parcel>;
  people: Map<string, Known>;
  opened: Map<string, Promise<OwnParcel>>;
  sent: Map<string, Promise<ApiSent>>;
}

export class ReleaseDesk {
  readonly #tools: ReleaseTools;
  /** Tags that were checked, by what was checked. */
  readonly #checked = new Map<string, boolean>();

  constructor(tools: ReleaseTools) {
    this.#tools = tools;
  }

  async waiting(): Promise<WaitingPerson[]> {
    const { api, people, desk } = this.#tools;
    const { waiting, parcels, people: wire } = await api.waiting();
    const known = await this.#known(wire);
    const claimed: Releasing[] = [];
    const byId = new Map(parcels.map((parcel) => [parcel.id, parcel]));
    const out: WaitingPerson[] = [];
    for (const entry of waiting) {
      const [person, parcel] = [known.get(folded(entry.email)), byId.get(entry.parcel)];
      const key = person && people.shown(person).key;
      if (parcel === undefined || key === undefined) continue;
      const code = await this.#code(entry, parcel, person?.chain?.current);
      if (entry.ack !== undefined && code.state === 'right') claimed.push({ parcel: entry.parcel, email: entry.email, fingerprint: key.fingerprint, verified: 'code' });
      out.push({
        parcel: entry.parcel, level: parcel.level, subject: parcel.subject === '' ? undefined : parcel.subject, email: entry.email,
        name: person?.name, since: entry.since, fingerprint: key.fingerprint, trust: key.trust,
        code, lost: entry.lost, releasable: parcel.stanza !== undefined,
      });
    }
    if (claimed.length === 0 || !desk.isOpen) return out;
    const { released } = await this.#releaseAll(claimed);
    const done = new Set(released.map(nameOf));
    return out.filter((one) => !done.has(nameOf(one)));
  }

  async #known(wire: ApiPerson[]): Promise<Map<string, Known>> {
    const all = await Promise.all(wire.map((person) => this.#tools.people.know(person)));
    return new Map(all.map((person) => [folded(person.email), person]));
  }

  async #code(entry: Entry, parcel: Parcel, record: SignedRecord | undefined): Promise<WaitingPerson['code']> {
    const triesLeft = entry.claim_code?.tries_left;
    if (entry.claim_code === undefined) return { state: 'none', triesLeft };
    if (!this.#tools.desk.isOpen) return { state: 'locked', triesLeft };
    if ((entry.tag_b === undefined && entry.ack === undefined) || record === undefined) return { state: 'none', triesLeft };
    const right = await this.#isRight(entry, parcel, record);
    if (right || entry.tag_b === undefined) return { state: right ? 'right' : 'wrong', triesLeft };
    await this.#tools.api.wrongTag(entry.parcel, entry.email, entry.tag_b).catch((error: unknown) => {
      // The server takes each entry as one try: another look, or another device, was quicker.
      if (!(error instanceof ApiProblem) || error.code !== 'no_code') throw error;
    });
    return { state: 'wrong', triesLeft: Math.max(0, (triesLeft ?? 1) - 1) };
  }

  /** The code of this recipient, stretched. */
  async #claim(entry: Entry): Promise<Claim | undefined> {
    const { mode = '', number = 0 } = entry.claim_code ?? {};
    if (!MODES.includes(mode)) return undefined;
    const { keyring, chain } = this.#tools.desk.use();
    const parcel = fromText(entry.parcel, ID_LEN);
    return stretchCode(await deriveCode(keyring.claimSeed, parcel, folded(entry.email), number, mode as ClaimMode, chain.current.list), parcel);
  }

  /** Whether the recipient of this key knew the code: by tag_B, or by the acknowledgement of an instant claim. */
  async #isRight(entry: Entry, parcel: Parcel, record: SignedRecord): Promise<boolean> {
    const tag = entry.tag_b ?? entry.ack ?? '';
    const name = `${entry.parcel} ${folded(entry.email)} ${toText(record.fingerprint)} ${tag}`;
    const known = this.#checked.get(name);
    if (known !== undefined) return known;
    const right = await this.#compare(entry, parcel, record).catch((error: unknown) => {
      if (error instanceof SealError) return false;
      throw error;
    });
    this.#checked.set(name, right);
    return right;
  }

  async #compare(entry: Entry, parcel: Parcel, record: SignedRecord): Promise<boolean> {
    const { desk } = this.#tools;
    const claim = await this.#claim(entry);
    if (claim === undefined) return false;
    const parties: Parties = { sender: ownFingerprint(desk.use().keyring), recipient: record.fingerprint };
    if (entry.ack !== undefined && entry.stanza !== undefined) {
      const [own, stanza] = [await openOwnParcel(desk, parcel), parseReleased(bytesOf(entry.stanza))];
      if (own === undefined || stanza.by !== 'opener' || !equal(stanza.fingerprint, record.fingerprint)) return false;
      await verifyRelease(stanza, record.verifying, own.bound);
      checkTag(await acknowledge(claim, own.key, parties, own.bound, stanza), fromText(entry.ack, KEY_LEN));
      return true;
    }
    checkTag(await registerTag(claim, parties), fromText(entry.tag_b ?? '', KEY_LEN));
    return true;
  }

  /** One SealPass entry, one batch. */
  async release({ sealPass, releases }: KeyCalls['release']['ask']): Promise<KeyCalls['release']['answer']> {
    await this.#tools.desk.confirm(sealPass);
    return this.#releaseAll(releases);
  }

  async #releaseAll(releases: readonly Releasing[]): Promise<KeyCalls['release']['answer']> {
    const { desk, api, say } = this.#tools;
    const { keyring } = desk.use();
    const waiting = await api.waiting();
    const batch: Batch = {
      signer: await signingKey(keyring), own: ownFingerprint(keyring), people: await this.#known(waiting.people), opened: new Map(), sent: new Map(),
      entries: new Map(waiting.waiting.map((entry) => [nameOf(entry), entry])), parcels: new Map(waiting.parcels.map((parcel) => [parcel.id, parcel])),
    };
    const [ready, refused]: [Made[], KeyCalls['release']['answer']['refused']] = [[], []];
    for (const [at, asked] of releases.entries()) {
      if (at % STEP === 0) say({ kind: 'releasing', done: at, of: releases.length });
      try {
        ready.push(await this.#make(asked, batch));
      } catch (error) {
        if (!(error instanceof Refused) && !(error instanceof SealError)) throw error;
        refused.push({ ...asked, why: error instanceof Refused ? error.why : 'refused' });
      }
    }
    const answer = ready.length === 0 ? { released: [], refused: [] } : await api.release(ready.map(({ wire }) => wire));
    say({ kind: 'releasing', done: releases.length, of: releases.length });
    return this.#settle(ready, answer, refused);
  }

  /** Makes stanza and release for the key that was shown, and no other. */
  async #make(asked: Releasing, batch: Batch): Promise<Made> {
    const entry = batch.entries.get(nameOf(asked));
    const parcel = batch.parcels.get(asked.parcel);
    const person = batch.people.get(folded(asked.email));
    const record = person?.chain?.current;
    if (entry === undefined || parcel === undefined) throw new Refused(await this.#since(asked, batch));
    if (person === undefined || record === undefined || toText(record.fingerprint) !== asked.fingerprint) throw new Refused('changed');
    const opening = batch.opened.get(parcel.id) ?? this.#openParcel(parcel);
    batch.opened.set(parcel.id, opening);
    const { key, bound } = await opening;
    // The header says it, and the parcel's key vouches for the header; the server may say anything.
    const verified = await this.#verified(asked, person, { entry, parcel, record, level: bound.header.level });
    const stanza = await sealStanza(key, record, bound);
    const tag = verified === 'code' && entry.tag_b !== undefined ? await this.#tagA(entry, { sender: batch.own, recipient: record.fingerprint }, bound, stanza) : undefined;
    const released = await sign(stanza, 'sender', batch.signer, bound);
    return {
      asked, record, verified,
      wire: { parcel: asked.parcel, email: entry.email, stanza: toText(writeReleased(released)), verified, ...(tag && { tag_a: toText(tag) }) },
    };
  }

  /** What became of somebody who waited when the page was made, and waits no more. */
  async #since({ parcel, email }: Releasing, { sent }: Batch): Promise<NotReleased> {
    const looking = sent.get(parcel) ?? this.#tools.api.sent(parcel);
    sent.set(parcel, looking);
    const { state, recipients } = await looking;
    if (state !== 'posted') return 'closed';
    const one = recipients.find((recipient) => folded(recipient.email) === folded(email));
    if (one === undefined || one.state === 'dropped') return 'gone';
    return one.state.startsWith('waits_') ? 'changed' : 'done';
  }

  async #openParcel(parcel: Parcel): Promise<OwnParcel> {
    const own = await openOwnParcel(this.#tools.desk, parcel);
    if (own === undefined || toText(own.bound.header.id) !== parcel.id) throw new Refused('refused');
    return own;
  }

  async #tagA(entry: Entry, parties: Parties, bound: OwnParcel['bound'], stanza: { bytes: Bytes }): Promise<Bytes | undefined> {
    const claim = await this.#claim(entry);
    return claim && releaseTag(claim, parties, bound, stanza);
  }

  /** How this key is verified, by what is known here and not by what was asked. */
  async #verified(
    { verified }: Releasing, person: Known, { entry, parcel, record, level }: { entry: Entry; parcel: Parcel; record: SignedRecord; level: number },
  ): Promise<Releasing['verified']> {
    if (verified === 'words') return 'words';
    if (verified === 'code') {
      if (await this.#isRight(entry, parcel, record)) return 'code';
      throw new Refused('code-wrong');
    }
    if (person.trust === 'changed') throw new Refused('changed');
    if (person.upTo === 4) return 'pinned';
    if (level >= 4) throw new Refused('unverified');
    return person.upTo === 3 && verified === 'pinned' ? 'pinned' : 'no';
  }

  async #settle(
    ready: Made[], answer: Awaited<ReturnType<KeyedApi['release']>>, refused: KeyCalls['release']['answer']['refused'],
  ): Promise<KeyCalls['release']['answer']> {
    const { desk, now } = this.#tools;
    const reasons = new Map(answer.refused.map((one) => [nameOf(one), one.code]));
    const released = new Set(answer.released.map(nameOf));
    const done = ready.filter(({ asked }) => released.has(nameOf(asked)));
    for (const { asked } of ready) {
      if (!released.has(nameOf(asked))) refused.push({ ...asked, why: PROBLEMS[reasons.get(nameOf(asked)) ?? ''] ?? 'refused' });
    }
    // A key that words or a code have verified is pinned; one that was released to without is kept as seen.
    await desk.update((keyring) => done.reduce((ring, { asked, record, verified }) => {
      const how: PinVerified | undefined = verified === 'pinned' ? undefined : verified;
      return how === undefined ? ring : withPin(ring, asked.email, record, how, now());
    }, keyring));
    return { released: done.map(({ asked, verified }) => ({ ...asked, verified })), refused };
  }
}

interface Made {
  asked: Releasing;
  record: SignedRecord;
  verified: Releasing['verified'];
  wire: Parameters<KeyedApi['release']>[0][number];
}
