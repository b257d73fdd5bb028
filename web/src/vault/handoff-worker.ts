/** The handoff vault: the Worker that holds HS and what it opened. */
import { handoffs } from '../api/handoffs.ts';
import { SealError } from '../seal/error.ts';
import { fromText, ID_LEN, toText } from '../seal/format.ts';
import {
  checkWords, handoffAuth, handoffFill, makeSecret, makeTyped, openHandoff, parseTyped, sealHandoff, sizeFor, stretchTyped, typedFind, unwrapSecret,
  WRAP_LEN, wrapSecret,
} from '../seal/handoff.ts';
import { BUNDLE_TYPE, MOST, parseContent, writeContent, type Content } from '../seal/handoff-content.ts';
import { handoffUrl, parseHandoffFragment, parseHandoffUrl } from '../seal/handoff-text.ts';
import { KEY_LEN, NONCE_LEN, random, sha256, type Bytes } from '../seal/primitives.ts';
import { loadWords } from '../seal/words.ts';
import { BundleError, bundleText, parseBundle, SUFFIX, type Bundle } from '../settings/bundle.ts';
import { CARRIES, convert, offers, TARGETS } from '../settings/convert.ts';
import type { MadeFile } from '../settings/file-name.ts';
import type { Parts } from '../settings/parts.ts';
import { contentsOf, named, withoutHeadings, type NamedLoss } from '../settings/select.ts';
import { weightsOf, withoutParts } from '../settings/weight.ts';
import { answerCalls } from './answer.ts';
import { commit, fetchSealed } from './handoff-take.ts';
import type { HandoffCalls, HandoffReport, Made, Settings, Taken, Wish } from './handoff-protocol.ts';
import { keep, recall } from './keep.ts';
import { pack, unpack } from './packed.ts';
import { VaultError } from './problem.ts';

/** As long as a handoff can wait. */
const LIFE = 1_800_000;

/** HS by id. */
const secrets = new Map<string, Bytes>();
let content: Content | undefined;
let bundle: Bundle | undefined;

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new VaultError({ kind: 'internal' });
  return value;
}

const hashed = async (bytes: Bytes): Promise<string> => toText(await sha256(bytes));
const idOf = (text: string): Bytes => fromText(text, ID_LEN, 'handoff_form');

/** Drawn for one slot; the page keeps its text. */
async function makeSource(): Promise<{ source: string; hash: string }> {
  const bytes = random(KEY_LEN);
  return { source: toText(bytes), hash: await hashed(bytes) };
}

async function sealed(secret: Bytes, file: Blob, name: string, type: string): Promise<Bytes> {
  if (file.size > MOST) throw new SealError('too_large');
  const packed = await pack(writeContent({ name, type, bytes: new Uint8Array(await file.arrayBuffer()) }));
  sizeFor(packed.length);
  return sealHandoff(secret, random, packed);
}

/** What of a bundle the page may know; a file that is none stays one. */
async function readSettings(): Promise<Pick<Taken, 'settings' | 'unread'>> {
  const { name, type, bytes } = there(content);
  if (type !== BUNDLE_TYPE && !name.endsWith(SUFFIX)) return { settings: undefined, unread: undefined };
  try {
    const opened = await parseBundle(bytes);
    bundle = opened.bundle;
    const created = Date.parse(bundle.created);
    const settings: Settings = {
      contents: contentsOf(bundle), losses: named(bundle, [...bundle.losses, ...opened.notes]),
      targets: TARGETS.filter((target) => offers(opened.bundle, target)).map((target) => ({ target, carries: CARRIES[target] })),
      app: bundle.source.app, created: Number.isNaN(created) ? undefined : created,
    };
    return { settings, unread: undefined };
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    return { settings: undefined, unread: error.why === 'other-version' ? 'other-version' : 'damaged' };
  }
}

async function made({ target, left, signatures, texts }: Wish): Promise<Omit<Parts, 'losses'> & { losses: NamedLoss[] }> {
  const all = there(bundle);
  const parts = await convert(await withoutHeadings(all, left), target, { signatures, texts });
  return { ...parts, losses: named(all, parts.losses) };
}

async function zipped(files: MadeFile[]): Promise<Bytes> {
  const { downloadZip } = await import('client-zip');
  return new Uint8Array(await downloadZip(files.map(({ name, bytes }) => ({ name, input: bytes }))).arrayBuffer());
}

const plain = (): Made => {
  const { name, type, bytes } = there(content);
  return { name, type, bytes };
};

const report = answerCalls<HandoffCalls, HandoffReport>({
  async offer({ file, name, type, base }) {
    const secret = makeSecret(random);
    const [bytes, typed, own, auth] = [await sealed(secret, file, name, type), await makeTyped(random), await makeSource(), await handoffAuth(secret)];
    const key = await stretchTyped(typed);
    const wrap = await wrapSecret(key, random(NONCE_LEN), secret);
    const made = await handoffs.offer(bytes, { auth: await hashed(auth), source: own.hash, find: toText(await typedFind(key)), wrap: toText(wrap) });
    secrets.set(made.id, secret);
    const url = handoffUrl({ base, id: idOf(made.id), direction: 'take', secret });
    return { ...made, source: own.source, url, typed: typed.split('-') };
  },
  async weigh({ file }) {
    try {
      return { weights: weightsOf((await parseBundle(new Uint8Array(await file.arrayBuffer()))).bundle) };
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      return { weights: [] };
    }
  },
  async without({ file, parts }) {
    const { bundle: whole } = await parseBundle(new Uint8Array(await file.arrayBuffer()));
    return { bytes: bundleText((await withoutParts(whole, parts)).document) };
  },
  async askFor({ base }) {
    const secret = makeSecret(random);
    const own = await makeSource();
    const made = await handoffs.ask({ auth: await hashed(await handoffAuth(secret)), fill: await hashed(await handoffFill(secret)), source: own.hash });
    secrets.set(made.id, secret);
    return { ...made, source: own.source, url: handoffUrl({ base, id: idOf(made.id), direction: 'fill', secret }) };
  },
  async watch({ id, source, after }) {
    const { state, revision, expires, device } = await handoffs.state(id, source, after);
    const secret = secrets.get(id);
    const words = secret && device !== undefined ? await checkWords(secret, idOf(id), fromText(device, KEY_LEN)) : undefined;
    return { state: state as HandoffCalls['watch']['answer']['state'], revision, expires, words };
  },
  async cancel({ id, source }) {
    await handoffs.cancel(id, source);
    return {};
  },

  async read({ id, fragment, tab }) {
    idOf(id);
    const name = `handoff ${id} ${tab}`;
    if (fragment === undefined || fragment === '') {
      const kept = await recall(name, Date.now());
      if (kept === undefined) return { direction: undefined };
      secrets.set(id, kept.slice(1));
      return { direction: kept[0] === 1 ? 'take' : 'fill' };
    }
    const { direction, secret } = parseHandoffFragment(fragment);
    secrets.set(id, secret);
    // For a reload; nobody waits for the disk.
    void keep(name, Uint8Array.from([direction === 'take' ? 1 : 2, ...secret]), Date.now() + LIFE);
    return { direction };
  },
  scanned({ text }) {
    const url = parseHandoffUrl(text);
    const id = toText(url.id);
    const ours = url.base === self.location.origin;
    if (ours) secrets.set(id, url.secret);
    return { id, direction: url.direction, ours, url: handoffUrl(url) };
  },
  async typed({ words }) {
    const key = await stretchTyped(await parseTyped(words));
    const { id, wrap } = await handoffs.find(toText(await typedFind(key)));
    secrets.set(id, await unwrapSecret(key, fromText(wrap, WRAP_LEN)));
    return { id };
  },
  async look({ id }) {
    const { expires, size } = await handoffs.look(id, toText(await handoffAuth(there(secrets.get(id)))));
    // Both screens will show words soon.
    void loadWords('en').catch(() => undefined);
    return { expires, size };
  },
  async fill({ id, file, name, type }) {
    const secret = there(secrets.get(id));
    const own = await makeSource();
    const made = await handoffs.fill(id, await sealed(secret, file, name, type), toText(await handoffFill(secret)), own.hash);
    return { ...made, source: own.source };
  },
  async take({ id, token, tab }) {
    const secret = there(secrets.get(id));
    const auth = toText(await handoffAuth(secret));
    const words = checkWords(secret, idOf(id), await sha256(fromText(token, KEY_LEN)));
    const bytes = await fetchSealed({ id, auth, token, report });
    content = parseContent(await unpack(await openHandoff(secret, bytes), MOST));
    const { settings, unread } = await readSettings();
    // What is open is shown at once.
    void commit(id, token);
    secrets.delete(id);
    void keep(`handoff ${id} ${tab}`, new Uint8Array(0), 0);
    return { name: content.name, type: content.type, size: content.bytes.length, words: await words, settings, unread };
  },

  async preview(wish) {
    return { losses: (await made(wish)).losses };
  },
  async make(wish) {
    const { files, passwords, losses } = await made(wish);
    const [only] = files;
    const file = files.length === 1 && only ? only : { name: wish.zip, type: 'application/zip', bytes: await zipped(files) };
    return { file, several: files.length, passwords, losses };
  },
  plain,
});
