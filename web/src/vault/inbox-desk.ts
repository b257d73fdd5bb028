/**
 * Opening what was received: the stanza gives the parcel's key, the key the list of contents, and that names a sender whose key is
 * then looked for among the server's records and the pins. Nothing is shown before every signature is right.
 */
import type { ApiInboxDelivery, KeyedApi } from '../api/keyed-port.ts';
import { ApiProblem } from '../api/port.ts';
import { SealError } from '../seal/error.ts';
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import { ownFingerprint, signingKey } from '../seal/keyring.ts';
import { linkAuth, linkAuth2, openRecord, parseRecord } from '../seal/link.ts';
import { parseFragment } from '../seal/link-text.ts';
import type { Manifest } from '../seal/manifest.ts';
import { isSigned, openManifest, parseHeader, parseManifest, verifyHeader, type ParcelHeader, type SealedManifest } from '../seal/parcel.ts';
import { passwordParams, stretch } from '../seal/password.ts';
import { equal, KEY_LEN, random, type Bytes } from '../seal/primitives.ts';
import type { Chain } from '../seal/record.ts';
import {
  acknowledge, checkTag, claimAuth, openInstant, parseCode, parseInstant, registerTag, releaseTag, stretchCode, type Claim, type ClaimMode, type Parties,
} from '../seal/release.ts';
import { openReleased, parseReleased, release, sealStanza, writeReleased, type OpenedStanza, type Released } from '../seal/stanza.ts';
import { findSender, ownSender, type SenderKey } from '../seal/trust.ts';
import { folded } from './folded.ts';
import type { KeyringDesk } from './keyring-desk.ts';
import { bytesOf, chainOf } from './keyed-wire.ts';
import type { KeyCalls, OpenedParcel, Trust } from './keys-protocol.ts';
import { Letter } from './letter.ts';
import { pinFor, withPin, type People } from './people.ts';
import { VaultError } from './problem.ts';

/** Codes that were entered, stretched, until the sender has released: in this browser, under its own key. */
export interface ClaimStore {
  get(account: string, parcel: string): Promise<Bytes | undefined>;
  set(account: string, parcel: string, key: Bytes): Promise<void>;
}

export interface InboxTools {
  api: Pick<KeyedApi, 'delivery' | 'open' | 'manifest' | 'register' | 'instant' | 'ownStanza' | 'look'>;
  desk: KeyringDesk;
  people: People;
  claims: ClaimStore;
  now: () => number;
  /** The secret that this tab's visit opened a link with. */
  recall: (link: string, tab: string) => Promise<Bytes | undefined>;
}

const distrust = (why: 'foreign' | 'release' | 'sender' | 'weak'): VaultError => new VaultError({ kind: 'distrusted', why });

/** What a stanza for oneself, a claim and a manifest bind. */
interface Bound {
  header: ParcelHeader;
  hash: Bytes;
}

export class InboxDesk {
  readonly #tools: InboxTools;

  /** Which key signed what was opened. */
  readonly #signers = new Map<string, Bytes>();

  constructor(tools: InboxTools) {
    this.#tools = tools;
  }

  /** Fingerprint of the key that signed a delivery; it is opened for that if it was not. */
  async signerOf(parcel: string): Promise<Bytes | undefined> {
    if (!this.#signers.has(parcel)) await this.open({ parcel, token: toText(random(KEY_LEN)) });
    return this.#signers.get(parcel);
  }

  /** M of the delivery that was asked for, and no other. */
  async #manifest(parcel: string, level: number, inline: string | undefined, token: string): Promise<SealedManifest> {
    const sealed = await parseManifest(inline === undefined ? await this.#tools.api.manifest(token) : bytesOf(inline));
    if (toText(sealed.header.id) !== parcel || sealed.header.level !== level) throw distrust('foreign');
    return sealed;
  }

  async open({ parcel, token }: KeyCalls['openParcel']['ask']): Promise<{ letter: Letter; opened: OpenedParcel }> {
    const { api, desk } = this.#tools;
    desk.use();
    const delivery = await api.delivery(parcel);
    const { manifest: inline } = await api.open(parcel, token);
    if (delivery.stanza === undefined) throw new ApiProblem({ code: 'waits_release', status: 409 });
    const sealed = await this.#manifest(parcel, delivery.level, inline, token);
    const released = parseReleased(bytesOf(delivery.stanza));
    const half = await openReleased(released, desk.ownKeys(released.fingerprint), sealed);
    // Where nobody but oneself has signed anything, no records are needed.
    const signed = isSigned(sealed.header) || released.by === 'sender';
    const sender = signed ? await this.#sender(half.sender, delivery) : undefined;
    if (sender) this.#signers.set(parcel, sender.key.fingerprint);
    const opened = await half.check(sender?.key);
    const trust = await this.#trust(delivery, released, sealed, opened, sender);
    return { letter: new Letter(opened.manifest), opened: this.#shown(delivery, opened, trust) };
  }

  /** The key of the sender that the contents name; none where they name none. */
  async #sender(stated: Manifest['sender'], delivery: ApiInboxDelivery): Promise<{ key: SenderKey; chain: Chain } | undefined> {
    const { desk, people } = this.#tools;
    const { keyring, chain: own } = desk.use();
    if (folded(stated.address) !== folded(delivery.sender.email)) throw distrust('sender');
    if (stated.account === undefined || stated.fingerprint === undefined) return undefined;
    if (equal(stated.account, desk.owner.account)) return { key: ownSender(own, stated, ownFingerprint(keyring)), chain: own };
    const chain = await chainOf(delivery.sender_records, stated.account);
    people.learn(chain);
    try {
      return { key: findSender(chain, stated, pinFor(keyring, stated.address, stated.account)), chain };
    } catch (error) {
      if (error instanceof SealError && error.code === 'sender_key_changed') throw new VaultError({ kind: 'key', why: 'changed', email: stated.address });
      throw error;
    }
  }

  /** How far the sender is proven; what is learned is pinned. */
  async #trust(
    delivery: ApiInboxDelivery, released: Released, sealed: SealedManifest, opened: OpenedStanza, sender: { key: SenderKey; chain: Chain } | undefined,
  ): Promise<Trust | 'unsigned'> {
    const { origin } = opened;
    if (origin.kind === 'own') return 'verified';
    if (origin.kind === 'outside' || origin.kind === 'unsigned' || sender === undefined) return 'unsigned';
    const byCode = await this.#checkTagA(delivery, released, sealed, sender.key);
    const { address } = opened.manifest.sender;
    const pin = pinFor(this.#tools.desk.use().keyring, address, sender.key.account);
    const record = sender.chain.find(sender.key.fingerprint);
    // A pin is made once; what is older than the pinned key does not take its place.
    if (record !== undefined && (pin === undefined || (byCode && origin.kind === 'pinned'))) {
      await this.#tools.desk.update((keyring) => withPin(keyring, address, record, byCode ? 'code' : 'no', this.#tools.now()));
    }
    if (byCode || (origin.kind === 'pinned' && origin.verified !== 'no')) return 'verified';
    return pin === undefined || origin.kind === 'not-verified' ? 'new' : 'seen';
  }

  /** Whether the sender has proven that he knows the claim code. A tag that does not fit is no accident. */
  async #checkTagA(delivery: ApiInboxDelivery, released: Released, sealed: SealedManifest, sender: SenderKey): Promise<boolean> {
    const key = await this.#tools.claims.get(this.#tools.desk.owner.text, delivery.id);
    if (key === undefined || delivery.tag_a === undefined || released.by !== 'sender') return false;
    const parties = { sender: sender.fingerprint, recipient: released.fingerprint };
    try {
      checkTag(await releaseTag({ parcel: sealed.header.id, key }, parties, sealed, released), fromText(delivery.tag_a, KEY_LEN));
    } catch (error) {
      throw error instanceof SealError ? distrust('release') : error;
    }
    return true;
  }

  #shown(delivery: ApiInboxDelivery, { manifest, by }: OpenedStanza, trust: Trust | 'unsigned'): OpenedParcel {
    const letter = new Letter(manifest);
    const { sender, inReplyTo } = manifest;
    const sealedText = delivery.level === 4;
    return {
      parcel: delivery.id, level: delivery.level,
      subject: (sealedText ? manifest.subject : delivery.subject) ?? '', message: (sealedText ? manifest.body : delivery.message) ?? '',
      sender: {
        email: sender.address, name: delivery.sender.name === '' ? undefined : delivery.sender.name,
        fingerprint: sender.fingerprint && toText(sender.fingerprint), trust,
      },
      by: by === 'opener' ? 'self' : by,
      inReplyTo: inReplyTo && { parcel: toText(inReplyTo.parcel), level: inReplyTo.level },
      files: letter.list(), objects: letter.objects(),
    };
  }

  async enterClaimCode({ parcel, code }: KeyCalls['enterClaimCode']['ask']): Promise<KeyCalls['enterClaimCode']['answer']> {
    const { api, desk, people, claims } = this.#tools;
    const { keyring } = desk.use();
    const delivery = await api.delivery(parcel);
    const standing = delivery.claim_code;
    if (standing === undefined) throw new ApiProblem({ code: 'not_found', status: 404 });
    const mode: ClaimMode = standing.mode === 'instant' ? 'instant' : 'confirm';
    const chain = await this.#chainOfSender(delivery);
    people.learn(chain);
    const claim = await this.#stretch(code, mode, chain, parcel);
    const parties = { sender: chain.current.fingerprint, recipient: ownFingerprint(keyring) };
    if (mode === 'confirm') {
      await api.register(parcel, toText(await registerTag(claim, parties)));
      await claims.set(desk.owner.text, parcel, claim.key);
      return { state: 'waits' };
    }
    await this.#claimAtOnce(delivery, claim, parties);
    await desk.update((ring) => withPin(ring, delivery.sender.email, chain.current, 'code', this.#tools.now()));
    return { state: 'ready' };
  }

  async #chainOfSender({ sender, sender_records: records }: ApiInboxDelivery): Promise<Chain> {
    const first = records[0];
    if (first === undefined) throw distrust('sender');
    // The account stands in the record itself; a pin of that address or account must not be somebody else's.
    const account = bytesOf(first).slice(6, 6 + ID_LEN);
    const chain = await chainOf(records, account);
    const pin = pinFor(this.#tools.desk.use().keyring, sender.email, account);
    if (pin !== undefined && chain.position(pin.fingerprint) < 0) throw new VaultError({ kind: 'key', why: 'changed', email: sender.email });
    return chain;
  }

  async #stretch(code: string, mode: ClaimMode, chain: Chain, parcel: string): Promise<Claim> {
    try {
      return await stretchCode(await parseCode(code, mode, chain.current.list), fromText(parcel, ID_LEN));
    } catch (error) {
      if (error instanceof SealError && error.code.startsWith('words_')) throw new VaultError({ kind: 'claim-code', why: 'mistyped' });
      throw error;
    }
  }

  /** The instant code opens the record, and the recipient makes a stanza of his own. */
  async #claimAtOnce(delivery: ApiInboxDelivery, claim: Claim, parties: Parties): Promise<void> {
    const { api } = this.#tools;
    const id = fromText(delivery.claim_code?.id ?? '', ID_LEN);
    let record: string;
    try {
      ({ record } = await api.instant(delivery.id, toText(await claimAuth(claim, id))));
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'wrong_code') throw new VaultError({ kind: 'claim-code', why: 'wrong' });
      throw error;
    }
    const bound = boundOf(delivery);
    const key = await openInstant(parseInstant(bytesOf(record)), claim, bound, parties.sender);
    await verifyHeader(bound.header, key);
    const stanza = await this.#stanzaForMyself(key, bound);
    await api.ownStanza(delivery.id, toText(writeReleased(stanza)), toText(await acknowledge(claim, key, parties, bound, stanza)));
  }

  async #stanzaForMyself(key: Bytes, bound: Bound): Promise<Released> {
    const { keyring, chain } = this.#tools.desk.use();
    return release(await sealStanza(key, chain.current, bound), 'opener', await signingKey(keyring), bound);
  }

  /** Level 2: from the link to a stanza of one's own. */
  async keepForGood({ parcel, token, link }: KeyCalls['keepForGood']['ask']): Promise<Record<string, never>> {
    const { api, desk, recall } = this.#tools;
    desk.use();
    const secret = link.fragment !== undefined ? parseFragment(link.fragment) : link.tab === undefined ? undefined : await recall(link.id, link.tab);
    if (secret === undefined) throw new VaultError({ kind: 'keys-elsewhere' });
    const id = fromText(link.id, ID_LEN, 'link_form');
    const auth = toText(await linkAuth(secret, id));
    let look = await api.look(link.id, { auth });
    let pw: Bytes | undefined;
    if (look.password !== undefined) {
      const { m, t, p, salt } = look.password;
      pw = await stretch(passwordParams(m, t, p, bytesOf(salt)), link.password ?? '');
      look = await api.look(link.id, { auth, auth2: toText(await linkAuth2(secret, pw, id)) });
    }
    const sealed = await this.#manifest(parcel, 2, look.manifest, token);
    const key = await openRecord(parseRecord(bytesOf(look.record ?? '')), secret, pw, sealed);
    await openManifest(sealed, key);
    const stanza = await this.#stanzaForMyself(key, sealed);
    await api.ownStanza(parcel, toText(writeReleased(stanza)));
    return {};
  }
}

function boundOf({ id, header, manifest_hash: hash }: ApiInboxDelivery): Bound {
  const bound = { header: parseHeader(bytesOf(header ?? '')), hash: fromText(hash ?? '', KEY_LEN) };
  if (toText(bound.header.id) !== id) throw distrust('foreign');
  return bound;
}
