/**
 * From a draft to a posted parcel: everything that was chosen has arrived, then the list of contents, then the links and what the
 * mails shall say. A server that lost its last writes asks again; one that has posted already says so.
 */
import { drafts, type ApiNewRecipient, type ApiNotice, type ApiPosted } from '../api/members.ts';
import { toText } from '../seal/format.ts';
import { linkAuth, linkAuth2, sealRecord, writeRecord, type LinkHead } from '../seal/link.ts';
import { fragment, linkUrl } from '../seal/link-text.ts';
import type { SealedManifest } from '../seal/parcel.ts';
import { recommendedParams, stretch, type PasswordParams } from '../seal/password.ts';
import { NONCE_LEN, random, sha256, type Bytes } from '../seal/primitives.ts';
import { arrive, isFolder, listed, OVER, ROUNDS } from './arrive.ts';
import { KEYED, makeLink, type DraftLink } from './draft-record.ts';
import type { Draft } from './draft.ts';
import type { Posting } from './draft-desk.ts';
import { memberDrafts } from './draft-server.ts';
import { checkOrder, keyedRecipients, ownStanza, sealContents, type Keyed, type KeyedRecipients } from './keyed-post.ts';
import type { LinkOfPerson, Order } from './member-protocol.ts';
import { patiently, putBytes, refusal, type Patience } from './put.ts';

/** Most names that a notice carries. */
const NOTICE_NAMES = 100;
const SALT_LEN = 16;

/** A password stretched once, for all links of an order. */
interface Stretched {
  params: PasswordParams;
  key: Bytes;
}

export async function stretched(password: string): Promise<Stretched | undefined> {
  if (password === '') return undefined;
  const params = recommendedParams(random(SALT_LEN));
  return { params, key: await stretch(params, password) };
}

export interface Guard {
  password: Stretched | undefined;
  mailedCode: boolean;
  limit: number | undefined;
}

/** What the server is given of a link. */
export async function newRecipient(
  link: DraftLink, guard: Guard, manifest: SealedManifest, key: Bytes, notice: ApiNotice | undefined,
): Promise<ApiNewRecipient> {
  const head: LinkHead = { id: link.id, mailedCode: guard.mailedCode, password: guard.password?.params };
  const sealed = await sealRecord(head, link.secret, guard.password?.key, random(NONCE_LEN), manifest, key);
  const auth = await sha256(await linkAuth(link.secret, link.id));
  const auth2 = guard.password && (await sha256(await linkAuth2(link.secret, guard.password.key, link.id)));
  return {
    email: link.address,
    link: {
      id: toText(link.id), record: toText(writeRecord(sealed)), auth: toText(auth), ...(auth2 && { auth2: toText(auth2) }),
      ...(guard.limit !== undefined && { limit: guard.limit }),
    },
    ...(notice && { notice }),
  };
}

export function noticeFor(link: DraftLink, files: readonly { name: string; size: number }[], language: string): ApiNotice {
  return {
    key: fragment(link.secret),
    files: files.slice(0, NOTICE_NAMES).map(({ name, size }) => ({ name, size })),
    file_count: files.length,
    language,
  };
}

export const urlsOf = (links: readonly DraftLink[], base: string): LinkOfPerson[] =>
  links.map(({ address, id, secret }) => ({ address, url: linkUrl({ base: base.replace(/\/+$/, ''), page: 'd', id, secret }) }));

/** Notices of levels 3 and 4 carry no key, and of level 4 no names. */
function keyedNotice(order: Order, files: readonly { name: string; size: number }[]): ApiNotice | undefined {
  const { options, level } = order.form;
  if (options.passOn) return undefined;
  const shown = level === KEYED ? files : [];
  return { key: '', files: shown.slice(0, NOTICE_NAMES).map(({ name, size }) => ({ name, size })), file_count: shown.length, language: options.language };
}

async function linked(draft: Draft, order: Order, sealed: SealedManifest): Promise<KeyedRecipients> {
  const { record } = draft;
  const { form } = order;
  record.links = form.people.map(({ address }) => record.links.find((link) => link.address === address) ?? makeLink(address));
  const guard = { password: await stretched(form.options.password), mailedCode: form.options.mailedCode, limit: order.limit };
  const files = record.files.filter((file) => !isFolder(file));
  const recipients = await Promise.all(record.links.map((link) =>
    newRecipient(link, guard, sealed, record.key, form.options.passOn ? undefined : noticeFor(link, files, form.options.language))));
  return { recipients, codes: [], waiting: [] };
}

/** Posts, and gives what only the sender knows of it. */
async function hand({ draft, sender, keyed }: Desk, order: Order, patience: Patience): Promise<Handed> {
  const { record } = draft;
  const { form } = order;
  const sealed = await sealContents({ id: record.parcel, key: record.key }, form, sender, listed(record, (object) => draft.hashes(object)), keyed);
  const own = await ownStanza({ key: record.key, sealed }, keyed);
  const made = form.level < KEYED ? await linked(draft, order, sealed) : await keyedRecipients({
    addresses: form.people.map(({ address }) => address), limit: order.limit, claimCode: form.options.claimCode, inReplyTo: form.inReplyTo,
    notice: keyedNotice(order, record.files.filter((file) => !isFolder(file))),
  }, { key: record.key, sealed }, keyed);
  // From here on the links count: their record must outlast a power cut.
  await draft.save();
  await putBytes(memberDrafts.place(record.parcel, 'manifest'), sealed.bytes, patience, () => undefined);
  const text = form.level >= 4 ? { subject: '', message: '' } : { subject: form.subject, message: form.message };
  const posted = await patiently(() => drafts.post(record.parcel, {
    recipients: made.recipients, expires: Date.now() + order.life, ...text, notify: form.options.notify, ...(own && { own_stanza: own }),
  }), patience);
  return { posted, codes: made.codes, waiting: made.waiting };
}

/** What was posted, and what its sender must know. */
interface Handed extends Omit<KeyedRecipients, 'recipients'> {
  posted: ApiPosted;
}

export interface Desk extends Posting {
  sender: { account: string; address: string };
  keyed: Keyed;
}

/** Posts the draft. Ends when the server has everything on its disk. */
export async function post(desk: Desk, order: Order): Promise<Omit<Handed, 'posted'>> {
  const { draft, signal } = desk;
  checkOrder(order, desk.keyed);
  let { upload } = desk;
  const anew = async (): Promise<void> => {
    await draft.restart(order.form.level);
    upload = desk.renew();
  };
  if (order.form.level !== draft.record.level) {
    await patiently(() => drafts.abandon(draft.record.parcel), upload.patience(signal)).catch((error: unknown) => {
      if (refusal(error) !== 'not_found') throw error;
    });
    await anew();
  }
  for (let round = 0; ; round += 1) {
    try {
      const before = await arrive(draft, upload, signal);
      const patience = upload.patience(signal);
      const { parcel } = draft.record;
      const handed = before
        ? { posted: await patiently(() => drafts.details(parcel), patience), codes: [], waiting: [] }
        : await hand(desk, order, patience);
      await draft.setPosted(handed.posted.expires);
      return handed;
    } catch (error) {
      const code = refusal(error) ?? '';
      // Incomplete: a server that crashed in between asks for its last parts again.
      if (round === ROUNDS || !(code === 'incomplete' || code === 'already_posted' || OVER.has(code))) throw error;
      if (OVER.has(code)) await anew();
    }
  }
}
