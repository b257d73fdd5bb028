/**
 * The desk of a reply to a protected mail: a parcel from outside at level 1, whose key goes to the gateway alone. Its list of
 * contents holds subject and text as well.
 */
import { replies, replyAuthorization } from '../api/protected.ts';
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import { sealManifest } from '../seal/parcel.ts';
import { random } from '../seal/primitives.ts';
import type { SignedRecord } from '../seal/record.ts';
import { releaseFromOutside, sealStanza, writeReleased } from '../seal/stanza.ts';
import { makeHeader } from '../seal/stream.ts';
import { arrive, listed, OVER, ROUNDS } from './arrive.ts';
import type { Draft } from './draft.ts';
import { DraftDesk, type Posting } from './draft-desk.ts';
import type { DraftServer } from './draft-server.ts';
import type { Sharing } from './going-on.ts';
import type { Form, MemberReport } from './member-protocol.ts';
import type { ProtectedReport } from './protected-protocol.ts';
import { VaultError } from './problem.ts';
import { patiently, putBytes, refusal } from './put.ts';

const LEVEL = 1;

export interface ReplyLink {
  token: string;
  auth: string;
  /** Who replies. */
  address: string;
  /** The gateway's key. */
  to: SignedRecord;
}

/** Without an account there is no other device. */
const ALONE: Sharing = { seal: () => Promise.resolve(undefined), open: () => Promise.resolve(undefined), put: () => Promise.resolve(), forget: () => undefined };

export const formOf = (subject: string, message: string): Form => ({
  people: [], subject, message, level: LEVEL,
  options: { days: '', limit: '', password: '', mailedCode: false, notify: false, passOn: false, language: 'en' },
});

function serverOf({ token, auth }: ReplyLink): DraftServer {
  return {
    announce: (id, level, files) => replies.announce(token, auth, id, level, files),
    removeFile: (id, file) => replies.removeFile(token, auth, id, file),
    abandon: (id) => replies.abandon(token, auth, id),
    place: (id, rest) => ({ path: `/replies/${token}/parcels/${id}/${rest}`, authorization: replyAuthorization(auth) }),
  };
}

/** The link does not hold any more: nobody can log in here. */
const noSession = (): Promise<never> => Promise.reject(new VaultError({ kind: 'server', code: 'link_wrong_key', status: 401 }));

export class ReplyDesk extends DraftDesk {
  readonly #link: ReplyLink;

  constructor(link: ReplyLink, say: (report: ProtectedReport) => void) {
    super({
      owner: `reply ${link.token}`, server: serverOf(link), goingOn: ALONE, empty: formOf('', ''), session: noSession,
      say: (report) => { if (report.kind === 'file' || report.kind === 'waiting' || report.kind === 'refused') say(report); else if (report.kind === 'posted') say({ kind: 'sent' }); },
    });
    this.#link = link;
  }

  protected override async wasPosted(draft: Draft): Promise<MemberReport> {
    await draft.discard();
    return { kind: 'posted', parcel: draft.record.parcel, links: [] };
  }

  /** Ends when it is on its way. `body`: what is sent, with what is quoted. */
  async send(form: Form, body: string): Promise<number> {
    const posting = await this.posting(form);
    const { draft, signal } = posting;
    let { upload } = posting;
    for (let round = 0; ; round += 1) {
      try {
        // An earlier try got as far as that: nobody knows when, but it is on its way.
        const before = await arrive(draft, upload, signal);
        const sent = before ? Date.now() : await this.#hand({ ...posting, upload }, form.subject, body);
        await draft.discard();
        this.end();
        return sent;
      } catch (error) {
        const code = refusal(error) ?? '';
        // Incomplete: a server that crashed in between asks for its last parts again.
        if (round === ROUNDS || !(code === 'incomplete' || code === 'already_posted' || OVER.has(code))) throw error;
        if (OVER.has(code)) {
          await draft.restart(LEVEL);
          upload = posting.renew();
        }
      }
    }
  }

  /** Seals the list of contents and its key; gives when it was taken. */
  async #hand({ draft, upload, signal }: Posting, subject: string, body: string): Promise<number> {
    const { record } = draft;
    const patience = upload.patience(signal);
    const { token, auth, address, to } = this.#link;
    const manifest = { created: Date.now(), sender: { address }, subject, body, ...listed(record, (object) => draft.hashes(object)) };
    const sealed = await sealManifest(record.key, fromText(record.parcel, ID_LEN), { level: LEVEL, outside: true }, makeHeader(random), manifest);
    const stanza = releaseFromOutside(await sealStanza(record.key, to, sealed));
    const { path, authorization } = serverOf(this.#link).place(record.parcel, 'manifest');
    await putBytes({ path, authorization }, sealed.bytes, patience, () => undefined);
    return (await patiently(() => replies.post(token, auth, record.parcel, toText(writeReleased(stanza))), patience)).sent;
  }
}
