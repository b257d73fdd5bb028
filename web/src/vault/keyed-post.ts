/**
 * Posting at levels 3 and 4: who signs, whose stanza is made at once, who waits and with which claim code. Nothing goes to a key
 * that is not as known as its level asks for.
 */
import type { ApiNewCode } from '../api/keyed-port.ts';
import type { ApiNewRecipient, ApiNotice } from '../api/members.ts';
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import { ownFingerprint, signingKey } from '../seal/keyring.ts';
import type { Manifest } from '../seal/manifest.ts';
import { isSigned, sealManifest, type ParcelHeader, type SealedManifest } from '../seal/parcel.ts';
import { NONCE_LEN, random, sha256, type Bytes } from '../seal/primitives.ts';
import type { SignedRecord } from '../seal/record.ts';
import { claimAuth, deriveCode, sealInstant, stretchCode, writeInstant } from '../seal/release.ts';
import { sealSigned } from '../seal/signed.ts';
import { release, sealStanza, writeReleased } from '../seal/stanza.ts';
import { makeHeader } from '../seal/stream.ts';
import { KEYED } from './draft-record.ts';
import { folded } from './folded.ts';
import type { GoingOn } from './going-on.ts';
import type { InboxDesk } from './inbox-desk.ts';
import type { KeyringDesk } from './keyring-desk.ts';
import type { ClaimCode, CodeMode } from './keys-protocol.ts';
import type { Form, Order } from './member-protocol.ts';
import type { Known, People } from './people.ts';
import { VaultError } from './problem.ts';

/** What sending needs of the keyring. */
export interface Keyed {
  desk: KeyringDesk;
  people: People;
  inbox: Pick<InboxDesk, 'signerOf'>;
  goingOn: GoingOn;
}

/** The first claim code of a recipient. */
export const FIRST_CODE = 0;

/** An opened parcel of the sender's. */
interface Sealed {
  key: Bytes;
  sealed: { header: ParcelHeader; hash: Bytes };
}

/** Refuses what could not be posted anyway, before hours of upload. */
export function checkOrder({ form }: Order, { desk }: Keyed): void {
  if (form.inReplyTo !== undefined && form.level < form.inReplyTo.level) throw new VaultError({ kind: 'server', code: 'level_too_low', status: 422 });
  if (form.level >= KEYED) desk.use();
}

/** Seals the list of contents: signed from level 3 on, with subject and message in it at level 4. */
export async function sealContents(
  parcel: { id: string; key: Bytes }, form: Form, sender: { account: string; address: string }, contents: Pick<Manifest, 'files' | 'packs'>, keyed: Keyed,
): Promise<SealedManifest> {
  const flags = { level: form.level, outside: false };
  const open = form.level >= KEYED || keyed.desk.isOpen ? keyed.desk.use() : undefined;
  const fingerprint = open && ownFingerprint(open.keyring);
  const account = fromText(sender.account, ID_LEN);
  const { inReplyTo } = form;
  const manifest: Manifest = {
    created: Date.now(),
    sender: { account, address: sender.address, fingerprint },
    inReplyTo: inReplyTo && { parcel: fromText(inReplyTo.parcel, ID_LEN), level: inReplyTo.level },
    ...(form.level >= 4 && { subject: form.subject, body: form.message }),
    ...contents,
  };
  const id = fromText(parcel.id, ID_LEN);
  if (!isSigned(flags)) return sealManifest(parcel.key, id, flags, makeHeader(random), manifest);
  if (open === undefined || fingerprint === undefined) throw new VaultError({ kind: 'locked' });
  return sealSigned(parcel.key, id, flags, makeHeader(random), manifest, { signer: await signingKey(open.keyring), account, fingerprint });
}

async function stanzaFor(record: SignedRecord, { key, sealed }: Sealed, { desk }: Keyed): Promise<string> {
  const stanza = await sealStanza(key, record, sealed);
  return toText(writeReleased(await release(stanza, 'sender', await signingKey(desk.use().keyring), sealed)));
}

/** What opens it for the sender later, on any device; none while the keyring is closed at levels 1 and 2. */
export async function ownStanza(sealed: Sealed, keyed: Keyed): Promise<string | undefined> {
  return keyed.desk.isOpen ? stanzaFor(keyed.desk.use().chain.current, sealed, keyed) : undefined;
}

/** How a recipient's key stands for this delivery; none: it waits. An alarm stops everything. */
function verifiedFor({ email, chain, trust, upTo, pin }: Known, level: number, answered: Bytes | undefined): string | undefined {
  if (chain === undefined && trust !== 'changed') return undefined;
  if (trust === 'changed') throw new VaultError({ kind: 'key', why: 'changed', email });
  if (upTo >= level) return pin?.verified === 'no' ? 'no' : 'pinned';
  // A reply may go to the key that signed what it answers, or to one that this key named.
  const last = (chain?.records.length ?? 0) - 1;
  const linked = answered !== undefined && chain?.linked(chain.position(answered), last);
  return linked ? 'reply' : undefined;
}

export const claimCodeOf = (keyed: Keyed, parcel: string, address: string, number: number, mode: CodeMode): Promise<string> => {
  const { keyring, chain } = keyed.desk.use();
  return deriveCode(keyring.claimSeed, fromText(parcel, ID_LEN), folded(address), number, mode, chain.current.list);
};

/** A claim code for one recipient, and what the server is given of it. */
export async function makeCode(
  address: string, mode: CodeMode, number: number, { key, sealed }: Sealed, keyed: Keyed,
): Promise<{ wire: ApiNewCode; words: string }> {
  const words = await claimCodeOf(keyed, toText(sealed.header.id), address, number, mode);
  if (mode === 'confirm') return { wire: { mode, number }, words };
  const claim = await stretchCode(words, sealed.header.id);
  const id = random(ID_LEN);
  const record = await sealInstant(key, claim, id, random(NONCE_LEN), sealed, ownFingerprint(keyed.desk.use().keyring));
  const auth = toText(await sha256(await claimAuth(claim, id)));
  return { wire: { mode, number, record: toText(writeInstant(record)), auth }, words };
}

export interface KeyedRecipients {
  recipients: ApiNewRecipient[];
  codes: ClaimCode[];
  waiting: string[];
}

export interface KeyedOrder {
  addresses: string[];
  limit: number | undefined;
  claimCode: CodeMode | undefined;
  inReplyTo: Form['inReplyTo'];
  /** None: no mail. */
  notice: ApiNotice | undefined;
}

/** What the server is given of the recipients at levels 3 and 4. */
export async function keyedRecipients(order: KeyedOrder, sealed: Sealed, keyed: Keyed): Promise<KeyedRecipients> {
  const { level } = sealed.sealed.header;
  const answered = order.inReplyTo && order.inReplyTo.level >= KEYED ? await keyed.inbox.signerOf(order.inReplyTo.parcel) : undefined;
  const out: KeyedRecipients = { recipients: [], codes: [], waiting: [] };
  for (const person of await keyed.people.find(order.addresses)) {
    const { email, chain } = person;
    const verified = verifiedFor(person, level, answered);
    const common = { email, ...(order.limit !== undefined && { limit: order.limit }), ...(order.notice && { notice: order.notice }) };
    if (verified !== undefined && chain !== undefined) {
      out.recipients.push({ ...common, stanza: await stanzaFor(chain.current, sealed, keyed), verified });
      continue;
    }
    out.waiting.push(email);
    const code = order.claimCode && (await makeCode(email, order.claimCode, FIRST_CODE, sealed, keyed));
    out.recipients.push({ ...common, ...(code && { claim_code: code.wire }) });
    if (code && order.claimCode) out.codes.push({ email, words: code.words, mode: order.claimCode });
  }
  return out;
}
