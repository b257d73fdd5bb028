/** The vault: the Worker that holds keys. It alone opens `seal`, and says only what protocol.ts has words for. */
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import { linkAuth, linkAuth2, openRecord, parseRecord } from '../seal/link.ts';
import { parseCode, parseFragment } from '../seal/link-text.ts';
import { openManifest, parseManifest } from '../seal/parcel.ts';
import { passwordParams, stretch } from '../seal/password.ts';
import type { Bytes } from '../seal/primitives.ts';
import { answerCalls } from './answer.ts';
import { keep, recall } from './keep.ts';
import { Letter } from './letter.ts';
import { VaultError } from './problem.ts';
import type { Calls, Report } from './protocol.ts';
import { measure, save } from './save.ts';

const DAY = 86_400_000;

interface Visit {
  id: Bytes;
  secret: Bytes;
  password?: Bytes;
  letter?: Letter;
}

let visit: Visit | undefined;
const jobs = new Map<number, AbortController>();

const bytesOf = (text: string): Bytes => fromText(text, Math.floor((text.length * 3) / 4));

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new VaultError({ kind: 'internal' });
  return value;
}

const report = answerCalls<Calls, Report>({
  async takeLink({ id, fragment, code, tab }) {
    const secret = code === undefined ? parseFragment(fragment ?? '') : parseCode(code);
    visit = { id: fromText(id, ID_LEN, 'link_form'), secret };
    if (tab !== undefined) await keep(`link ${id} ${tab}`, secret, Date.now() + DAY);
    return { auth: toText(await linkAuth(secret, visit.id)) };
  },
  async recallLink({ id, tab }) {
    const secret = await recall(`link ${id} ${tab}`, Date.now());
    if (secret === undefined) return { auth: undefined };
    visit = { id: fromText(id, ID_LEN, 'link_form'), secret };
    return { auth: toText(await linkAuth(secret, visit.id)) };
  },
  async takePassword({ m, t, p, salt, password }) {
    const { id, secret } = there(visit);
    const pw = await stretch(passwordParams(m, t, p, bytesOf(salt)), password);
    there(visit).password = pw;
    return { auth2: toText(await linkAuth2(secret, pw, id)) };
  },
  async openLetter({ record, manifest }) {
    const { secret, password } = there(visit);
    const sealed = await parseManifest(typeof manifest === 'string' ? bytesOf(manifest) : manifest);
    const link = parseRecord(bytesOf(record));
    const key = await openRecord(link, secret, link.head.password ? password : undefined, sealed);
    const letter = new Letter(await openManifest(sealed, key));
    there(visit).letter = letter;
    return { files: letter.list(), objects: letter.objects() };
  },
  async save({ job, files, zip, token, sink }) {
    const controller = new AbortController();
    jobs.set(job, controller);
    try {
      const blob = await save(there(visit?.letter), files, zip, sink, {
        number: job, token, controller, report,
      });
      return { blob };
    } finally {
      jobs.delete(job);
    }
  },
  measure: async ({ files, zip }) => ({ bytes: await measure(there(visit?.letter), files, zip) }),
  stop({ job }) {
    jobs.get(job)?.abort();
    return {};
  },
});
