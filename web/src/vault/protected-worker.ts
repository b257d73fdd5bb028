/** The vault of protected mail: the Worker that derives what PDFs are built with, and seals a reply. */
import { deriveCredentials } from '../pdfkey/credential.ts';
import { bytesOf as passwordBytes, parsePassword, PasswordError } from '../pdfkey/password.ts';
import { SealError } from '../seal/error.ts';
import { toText } from '../seal/format.ts';
import { random, type Bytes } from '../seal/primitives.ts';
import { Chain, parseSigned, type SignedRecord } from '../seal/record.ts';
import { openQuote, parseReplyFragment, parseReplyToken, replyAuth } from '../seal/reply.ts';
import { answerCalls } from './answer.ts';
import { keep, recall } from './keep.ts';
import { bytesOf } from './keyed-wire.ts';
import { VaultError } from './problem.ts';
import { formOf, ReplyDesk } from './reply-desk.ts';
import type { ProtectedCalls, ProtectedReport } from './protected-protocol.ts';

const DAY = 86_400_000;

interface Link {
  token: string;
  secret: Bytes;
  auth: string;
  to?: SignedRecord;
}

let link: Link | undefined;
let desk: ReplyDesk | undefined;

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new VaultError({ kind: 'internal' });
  return value;
}

/** The key whose fingerprint the quote names, among records that follow one from the other. */
async function recordNamed(records: readonly string[], fingerprint: Bytes): Promise<SignedRecord> {
  const all = await Promise.all(records.map((record) => parseSigned(bytesOf(record))));
  const chain = await Chain.verify(all, all[0]?.account ?? new Uint8Array(0));
  const found = chain.find(fingerprint);
  if (found === undefined) throw new SealError('sender_unknown_key');
  return found;
}

const say: (report: ProtectedReport) => void = answerCalls<ProtectedCalls, ProtectedReport>({
  checkPassword({ password }) {
    const { length } = passwordBytes(password);
    try {
      parsePassword(password);
      return { refused: undefined, bytes: length };
    } catch (error) {
      if (!(error instanceof PasswordError)) throw error;
      return { refused: error.code, bytes: length };
    }
  },
  async credentials({ password, count }) {
    const sets = await deriveCredentials(password, count, random);
    return { sets: sets.map(({ user, key }) => ({ user: toText(user), key: toText(key) })) };
  },

  async takeReply({ token, fragment, tab }) {
    const name = `reply ${token} ${tab}`;
    const kept = link?.token === token ? link.secret : undefined;
    const secret = fragment === undefined || fragment === '' ? (kept ?? (await recall(name, Date.now()))) : parseReplyFragment(fragment);
    if (secret === undefined) return { auth: undefined };
    await keep(name, secret, Date.now() + DAY);
    link = { token, secret, auth: toText(await replyAuth(secret, parseReplyToken(token))) };
    return { auth: link.auth };
  },
  async openQuote({ quote, records }) {
    const { secret, token } = there(link);
    const { gateway, ...answered } = await openQuote(secret, parseReplyToken(token), bytesOf(quote));
    there(link).to = await recordNamed(records, gateway);
    return answered;
  },
  async openReply({ address }) {
    const { token, auth, to } = there(link);
    desk?.end();
    desk = new ReplyDesk({ token, auth, address, to: there(to) }, (report) => { say(report); });
    const { draft, elsewhere } = await desk.open();
    return { elsewhere, left: draft && { subject: draft.form.subject, message: draft.form.message, entries: draft.entries, handles: draft.handles } };
  },
  keepReply: ({ subject, message }) => there(desk).keepForm(formOf(subject, message)),
  addFiles: (given) => there(desk).add(given),
  removeFiles: ({ ids }) => there(desk).remove(ids),
  reopen: () => there(desk).reopen(),
  send: async ({ subject, message, body }) => ({ sent: await there(desk).send(formOf(subject, message), body) }),
  stop: () => there(desk).stop(),
  discard: () => there(desk).discard(),
});
