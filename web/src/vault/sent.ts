/**
 * What a sender does with posted parcels by the keys that this browser kept: names, links, more recipients, the mail again.
 * Another device cannot.
 */
import { drafts } from '../api/members.ts';
import { info } from '../api/client.ts';
import { toText } from '../seal/format.ts';
import type { Manifest } from '../seal/manifest.ts';
import { openManifest, parseManifest, type SealedManifest } from '../seal/parcel.ts';
import { makeLink, type DraftRecord } from './draft-record.ts';
import type { LinkOfPerson, MemberCalls, NewPeople } from './member-protocol.ts';
import { newRecipient, noticeFor, stretched, urlsOf } from './post.ts';
import { VaultError } from './problem.ts';
import { getRecord, putRecord, removeRecord } from './shelf.ts';

interface Opened {
  record: DraftRecord;
  sealed: SealedManifest;
  manifest: Manifest;
}

async function recordOf(parcel: string): Promise<DraftRecord | undefined> {
  const record = await getRecord(parcel).catch(() => undefined);
  return record?.expires === undefined ? undefined : record;
}

async function open(parcel: string): Promise<Opened> {
  const record = await recordOf(parcel);
  if (record === undefined) throw new VaultError({ kind: 'keys-elsewhere' });
  const sealed = await parseManifest(await drafts.manifest(parcel));
  return { record, sealed, manifest: await openManifest(sealed, record.key) };
}

const filesOf = (manifest: Manifest): Manifest['files'] => manifest.files.filter(({ contents }) => contents.kind !== 'folder');

export async function namesOf(parcel: string): Promise<MemberCalls['namesOf']['answer']> {
  if ((await recordOf(parcel)) === undefined) return undefined;
  const [{ record, manifest }, { public_url: base }] = await Promise.all([open(parcel), info()]);
  const files = filesOf(manifest).map(({ name, size, contents }) => {
    const object = contents.kind === 'own' ? contents.object : contents.kind === 'packed' ? manifest.packs[contents.pack] : undefined;
    return { name, size, object: object && toText(object.id) };
  });
  return { files, links: urlsOf(record.links, base) };
}

export async function addRecipients(parcel: string, people: NewPeople): Promise<LinkOfPerson[]> {
  const [{ record, sealed, manifest }, { public_url: base }] = await Promise.all([open(parcel), info()]);
  const guard = { password: await stretched(people.password), mailedCode: people.mailedCode, limit: people.limit };
  const links = people.addresses.map(makeLink);
  const { language } = people;
  const recipients = links.map((link) =>
    newRecipient(link, guard, sealed, record.key, language && noticeFor(link, filesOf(manifest), language)));
  await drafts.addRecipients(parcel, await Promise.all(recipients));
  // Afterwards: an address that is a recipient already must keep the link it has.
  const added = new Set(people.addresses);
  record.links = [...record.links.filter(({ address }) => !added.has(address)), ...links];
  await putRecord(record);
  return urlsOf(links, base);
}

export async function resend(parcel: string, addresses: string[], language: string): Promise<void> {
  const { record, manifest } = await open(parcel);
  const notices = addresses.map((email) => {
    const link = record.links.find(({ address }) => address.toLowerCase() === email.toLowerCase());
    if (link === undefined) throw new VaultError({ kind: 'keys-elsewhere' });
    return { email, notice: noticeFor(link, filesOf(manifest), language) };
  });
  await drafts.resend(parcel, notices);
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
