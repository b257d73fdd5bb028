/**
 * What a sender does with posted parcels: names, links, more recipients, the mail again. By the keys that this browser kept, or by
 * the stanza that he made for himself, on any of his devices with the open keyring.
 */
import { info } from '../api/client.ts';
import type { ApiCodeStanding, KeyedApi } from '../api/keyed-port.ts';
import { drafts, type ApiNotice } from '../api/members.ts';
import { ApiProblem } from '../api/port.ts';
import { toText } from '../seal/format.ts';
import { ownFingerprint } from '../seal/keyring.ts';
import type { Manifest } from '../seal/manifest.ts';
import { openManifest, parseManifest, type SealedManifest } from '../seal/parcel.ts';
import type { Bytes } from '../seal/primitives.ts';
import { openOwn, parseReleased } from '../seal/stanza.ts';
import { openStated } from '../seal/signed.ts';
import { ownSender } from '../seal/trust.ts';
import { KEYED, makeLink, type DraftRecord } from './draft-record.ts';
import { folded } from './folded.ts';
import { claimCodeOf, FIRST_CODE, keyedRecipients, makeCode, type Keyed } from './keyed-post.ts';
import { bytesOf } from './keyed-wire.ts';
import type { ClaimCode, KeyCalls } from './keys-protocol.ts';
import type { LinkOfPerson, MemberCalls, NewPeople } from './member-protocol.ts';
import { newRecipient, noticeFor, stretched, urlsOf } from './post.ts';
import { VaultError } from './problem.ts';
import { openOwnParcel } from './release-desk.ts';
import { getRecord, putRecord, removeRecord } from './shelf.ts';

export interface SentTools {
  api: Pick<KeyedApi, 'senderStanza' | 'sentManifest' | 'setCode'>;
  keyed: Keyed;
}

interface Opened {
  /** What this browser kept; none on another device, and at levels 3 and 4. */
  record: DraftRecord | undefined;
  key: Bytes;
  sealed: SealedManifest;
  manifest: Manifest;
}

async function recordOf(parcel: string): Promise<DraftRecord | undefined> {
  const record = await getRecord(parcel).catch(() => undefined);
  return record?.expires === undefined ? undefined : record;
}

async function open(parcel: string, { api, keyed }: SentTools): Promise<Opened> {
  const record = await recordOf(parcel);
  if (record !== undefined && record.level < KEYED) {
    const sealed = await parseManifest(await api.sentManifest(parcel));
    return { record, key: record.key, sealed, manifest: await openManifest(sealed, record.key) };
  }
  const { stanza } = await api.senderStanza(parcel);
  if (stanza === undefined) throw new VaultError({ kind: 'keys-elsewhere' });
  const { desk } = keyed;
  const { keyring, chain } = desk.use();
  const sealed = await parseManifest(await api.sentManifest(parcel));
  if (toText(sealed.header.id) !== parcel) throw new VaultError({ kind: 'distrusted', why: 'foreign' });
  const released = parseReleased(bytesOf(stanza));
  const key = await openOwn(released, desk.ownKeys(released.fingerprint), sealed);
  const stated = await openStated(sealed, key);
  const { manifest } = await stated.check(ownSender(chain, stated.sender, ownFingerprint(keyring)));
  return { record, key, sealed, manifest };
}

const filesOf = (manifest: Manifest): Manifest['files'] => manifest.files.filter(({ contents }) => contents.kind !== 'folder');

export async function namesOf(parcel: string, tools: SentTools): Promise<MemberCalls['namesOf']['answer']> {
  let opened: Opened;
  try {
    opened = await open(parcel, tools);
  } catch (error) {
    // Without keys there are no names, and that is no failure.
    if (error instanceof VaultError && (error.problem.kind === 'keys-elsewhere' || error.problem.kind === 'locked')) return undefined;
    throw error;
  }
  const { record, manifest, sealed } = opened;
  const { public_url: base } = await info();
  const files = filesOf(manifest).map(({ name, size, contents }) => {
    const object = contents.kind === 'own' ? contents.object : contents.kind === 'packed' ? manifest.packs[contents.pack] : undefined;
    return { name, size, object: object && toText(object.id) };
  });
  const letter = sealed.header.level >= 4 ? { subject: manifest.subject ?? '', message: manifest.body ?? '' } : undefined;
  return { files, links: urlsOf(record?.links ?? [], base), letter };
}

function keyedNotice(manifest: Manifest, level: number, language: NewPeople['language']): ApiNotice | undefined {
  if (language === undefined) return undefined;
  const files = level === KEYED ? filesOf(manifest) : [];
  return { key: '', files: files.slice(0, 100).map(({ name, size }) => ({ name, size })), file_count: files.length, language };
}

export async function addRecipients(parcel: string, people: NewPeople, tools: SentTools): Promise<{ links: LinkOfPerson[]; codes: ClaimCode[] }> {
  const { record, key, sealed, manifest } = await open(parcel, tools);
  const { level } = sealed.header;
  if (level >= KEYED) {
    const { recipients, codes } = await keyedRecipients({
      addresses: people.addresses, limit: people.limit, claimCode: people.claimCode, inReplyTo: undefined,
      notice: keyedNotice(manifest, level, people.language),
    }, { key, sealed }, tools.keyed);
    await drafts.addRecipients(parcel, recipients);
    return { links: [], codes };
  }
  const { public_url: base } = await info();
  const guard = { password: await stretched(people.password), mailedCode: people.mailedCode, limit: people.limit };
  const links = people.addresses.map(makeLink);
  const { language } = people;
  const recipients = links.map((link) => newRecipient(link, guard, sealed, key, language && noticeFor(link, filesOf(manifest), language)));
  await drafts.addRecipients(parcel, await Promise.all(recipients));
  // Afterwards: an address that is a recipient already must keep the link it has.
  const added = new Set(people.addresses);
  if (record) await putRecord({ ...record, links: [...record.links.filter(({ address }) => !added.has(address)), ...links] });
  return { links: urlsOf(links, base), codes: [] };
}

export async function resend(parcel: string, addresses: string[], language: NonNullable<NewPeople['language']>, tools: SentTools): Promise<void> {
  const { record, sealed, manifest } = await open(parcel, tools);
  const notices = addresses.map((email) => {
    const keyedOne = keyedNotice(manifest, sealed.header.level, language);
    if (sealed.header.level >= KEYED && keyedOne) return { email, notice: keyedOne };
    const link = record?.links.find(({ address }) => address.toLowerCase() === email.toLowerCase());
    if (link === undefined) throw new VaultError({ kind: 'keys-elsewhere' });
    return { email, notice: noticeFor(link, filesOf(manifest), language) };
  });
  await drafts.resend(parcel, notices);
}

/** The claim codes that were set and not used: any device of the sender knows them again. */
export async function codesOf(parcel: string, keyed: Keyed): Promise<ClaimCode[]> {
  keyed.desk.use();
  const { recipients } = await drafts.details(parcel);
  const codes = (recipients as (typeof recipients[number] & { claim_code?: ApiCodeStanding })[]).map(async ({ email, claim_code: code }): Promise<ClaimCode[]> => {
    const mode = code?.mode;
    if (code === undefined || (mode !== 'confirm' && mode !== 'instant')) return [];
    return [{ email, words: await claimCodeOf(keyed, parcel, email, code.number, mode), mode }];
  });
  return (await Promise.all(codes)).flat();
}

const LAST_CODE = 255;

/** A code for somebody who waits, in the place of the one before. */
export async function newCode({ parcel, email, mode }: KeyCalls['newCode']['ask'], { api, keyed }: SentTools): Promise<ClaimCode> {
  const own = await openOwnParcel(keyed.desk, await api.senderStanza(parcel));
  if (own === undefined || toText(own.bound.header.id) !== parcel) throw new VaultError({ kind: 'keys-elsewhere' });
  const { recipients } = await drafts.details(parcel);
  const before = (recipients as (typeof recipients[number] & { claim_code?: ApiCodeStanding })[]).find((one) => folded(one.email) === folded(email))?.claim_code;
  const number = before === undefined ? FIRST_CODE : before.number + 1;
  if (number > LAST_CODE) throw new ApiProblem({ code: 'code_dead', status: 409 });
  const { wire, words } = await makeCode(email, mode, number, { key: own.key, sealed: own.bound }, keyed);
  await api.setCode(parcel, email, wire);
  return { email, words, mode };
}

/** What is kept follows what the server did. */
export async function follow({ parcel, expires, dropped, over }: MemberCalls['follow']['ask']): Promise<void> {
  const record = await recordOf(parcel);
  if (record === undefined) return;
  if (over) {
    await removeRecord(parcel);
    return;
  }
  if (expires !== undefined) record.expires = expires;
  if (dropped !== undefined) record.links = record.links.filter(({ address }) => address.toLowerCase() !== dropped.toLowerCase());
  await putRecord(record);
}
