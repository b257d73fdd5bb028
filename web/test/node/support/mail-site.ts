/**
 * The built pages of protected mail behind the policies that the server sends, and a server that keeps a password link and a reply
 * link in memory. It has the gateway's secret key as well, so that a test can read what a browser sealed to it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Opener, partCount } from '../../../src/seal/file.ts';
import { fromText, toText } from '../../../src/seal/format.ts';
import type { Manifest, SealedObject } from '../../../src/seal/manifest.ts';
import { NAMESPACE } from '../../../src/seal/namespace.ts';
import { parseManifest } from '../../../src/seal/parcel.ts';
import { concat, kdf, random, signer, type Bytes } from '../../../src/seal/primitives.ts';
import { firstRecord, nextRecord, writeSigned, type SignedRecord } from '../../../src/seal/record.ts';
import { replyAuth } from '../../../src/seal/reply.ts';
import { openReleased, parseReleased } from '../../../src/seal/stanza.ts';
import { makeHeader, sealAll, sealedSize } from '../../../src/seal/stream.ts';
import { KINDS, PAGE, WORKER } from './policies.ts';

const DIST = new URL('../../../dist/', import.meta.url);
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

export const ANSWERED = {
  subject: 'Kaufvertrag Lindenhof 4', from: { name: 'Dr. Anna Keller', email: 'anna@example.test' }, date: 1_790_000_000_000,
  text: 'Guten Tag Frau Huber,\n\nbitte prüfen Sie § 4.\n',
};
export const MARIA = 'm.huber@beispiel.de';

interface Answer { status: number; body?: unknown }
const problem = (status: number, code: string, more: object = {}): Answer => ({ status, body: { code, status, ...more } });

interface Draft {
  level: number;
  files: Map<string, { size: number; parts: Map<number, Bytes> }>;
  manifest?: Bytes;
  stanza?: string;
  sent?: number;
}

/** What a reply says once it is open. */
export interface OpenedReply {
  manifest: Manifest;
  outside: boolean;
  files: Map<string, Bytes>;
}

export class MailSite {
  readonly token = toText(random(16));
  readonly secret = random(32);
  /** Of every password link. */
  purpose: 'invite' | 'change' | 'reset' = 'invite';
  readonly asked: string[] = [];
  readonly bodies: string[] = [];
  sets: { user: string; key: string }[] = [];
  readonly drafts = new Map<string, Draft>();
  /** Which of the gateway's records the quote names; another fingerprint for one that is not among them. */
  named: Bytes | undefined;
  instead: (path: string, request: IncomingMessage) => Answer | 'cut' | undefined = () => undefined;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  #records: SignedRecord[] = [];
  #seeds: Bytes[] = [];
  #quote = '';

  async listen(): Promise<string> {
    const account = random(16);
    const signers = await Promise.all([random(32), random(32)].map(signer));
    this.#seeds = [random(32), random(32)];
    const [one, two] = signers;
    const [first, second] = this.#seeds;
    if (!one || !two || !first || !second) throw new Error('two of each');
    const old = await firstRecord(account, { signer: one, kemSeed: first, time: 1, list: 'en' });
    this.#records = [old, await nextRecord(old, one, { signer: two, kemSeed: second, time: 2, list: 'en' })];
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    await this.quote();
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Seals the quote anew. The PDF is of the gateway's first key: a later one is not its. */
  async quote(gateway: Bytes = this.#records[0]?.fingerprint ?? random(32)): Promise<void> {
    const token = fromText(this.token, 16);
    const text = new TextEncoder().encode(JSON.stringify({ v: 1, ...ANSWERED, gateway: toText(gateway) }));
    this.#quote = toText(await sealAll(await kdf(this.secret, token, NAMESPACE.replyQuote), makeHeader(random), concat(NAMESPACE.replyQuote, token), text));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => { this.#server.close(() => { resolve(); }); });
  }

  get fragment(): string {
    const bits = [...this.secret].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    return `1.${(bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[parseInt(five.padEnd(5, '0'), 2)]).join('')}`;
  }

  /** Opens a reply as the gateway does. */
  async open(draft: Draft): Promise<OpenedReply> {
    const [record] = this.#records;
    const [kemSeed] = this.#seeds;
    if (!record || !kemSeed || !draft.manifest || draft.stanza === undefined) throw new Error('nothing was sent');
    const sealed = await parseManifest(draft.manifest);
    const released = parseReleased(fromText(draft.stanza, Math.floor((draft.stanza.length * 3) / 4)));
    const half = await openReleased(released, { account: record.account, fingerprint: record.fingerprint, verifying: record.verifying, kemSeed }, sealed);
    const { manifest } = await half.check(undefined);
    const files = new Map<string, Bytes>();
    for (const { name, size, contents } of manifest.files) {
      if (contents.kind === 'folder') continue;
      const [object, from] = contents.kind === 'own' ? [contents.object, 0] : [manifest.packs[contents.pack], contents.offset];
      if (object) files.set(name, (await this.#text(draft, object)).slice(from, from + size));
    }
    return { manifest, outside: sealed.header.outside, files };
  }

  async #text(draft: Draft, object: SealedObject): Promise<Bytes> {
    const opener = new Opener(object.key, object.id, sealedSize(object.size));
    const pieces: Bytes[] = [];
    for (const [index, hash] of object.parts.entries()) pieces.push(...(await opener.openPart(index, draft.files.get(toText(object.id))?.parts.get(index) ?? new Uint8Array(0), hash)));
    return concat(...pieces);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (!path.startsWith('/api/v1/')) {
      this.#page(path, response);
      return;
    }
    this.asked.push(`${request.method ?? ''} ${path}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = new Uint8Array(Buffer.concat(chunks));
    if (request.headers['content-type'] === 'application/json') this.bodies.push(new TextDecoder().decode(bytes));
    const answer = this.instead(path, request) ?? (await this.#answer(path.slice(7), request, bytes));
    if (answer === 'cut') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'Content-Type': 'application/json' });
    response.end(answer.status === 204 ? undefined : JSON.stringify(answer.body ?? {}));
  }

  #page(path: string, response: ServerResponse): void {
    const name = /^\/(p|r)(\/|%23|$)/.test(path) ? 'protected.html' : path.slice(1);
    try {
      const bytes = readFileSync(new URL(name, DIST));
      const policy = name.includes('worker') ? WORKER : PAGE;
      response.writeHead(200, { 'Content-Type': KINDS[name.split('.').at(-1) ?? ''] ?? 'text/plain', 'Content-Security-Policy': policy, 'Referrer-Policy': 'no-referrer' });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  async #answer(path: string, request: IncomingMessage, bytes: Bytes): Promise<Answer> {
    const body = request.headers['content-type'] === 'application/json' ? (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, never>) : {};
    if (path === '/info') return { status: 200, body: { name: 'Kanzlei Keller & Novák', demo: false } };
    if (path === '/pdf-passwords/ask') return { status: 202 };
    if (path.startsWith('/pdf-passwords/')) return this.#password(path, body);
    return this.#reply(path, request, body, bytes);
  }

  #password(path: string, body: { token?: string; sets?: { user: string; key: string }[] }): Answer {
    if (body.token !== this.token) return problem(410, 'password_link_over');
    if (path === '/pdf-passwords/look') {
      if (this.sets.length > 0) return problem(410, 'password_link_used');
      const invite = this.purpose === 'invite';
      return { status: 200, body: { email: MARIA, purpose: this.purpose, language: 'de', held: invite ? 2 : 0, expires: 1_798_000_000_000, ...(invite && { sender: ANSWERED.from }) } };
    }
    this.sets = body.sets ?? [];
    return { status: 200, body: { email: MARIA, held: this.purpose === 'invite' ? 2 : 0, changed: this.purpose === 'change' } };
  }

  async #reply(path: string, request: IncomingMessage, body: { auth?: string; level?: number; files?: { id: string; size: number }[]; stanza?: string }, bytes: Bytes): Promise<Answer> {
    const [, , token, , id = '', ...rest] = path.split('/');
    const auth = toText(await replyAuth(this.secret, fromText(this.token, 16)));
    if (token !== this.token) return problem(404, 'link_unknown');
    if (path.endsWith('/look')) {
      if (body.auth !== auth) return problem(403, 'link_wrong_key');
      return {
        status: 200,
        body: { to: ANSWERED.from, email: MARIA, language: 'de', quote: this.#quote, records: this.#records.map((one) => toText(writeSigned(one))), expires: 1_798_000_000_000, largest: 50_000_000 },
      };
    }
    if (request.headers.authorization !== `Reply ${auth}`) return problem(403, 'link_wrong_key');
    const draft = this.drafts.get(id) ?? { level: 0, files: new Map<string, { size: number; parts: Map<number, Bytes> }>() };
    if (rest.length === 0) {
      this.drafts.set(id, draft);
      draft.level = body.level ?? 0;
      for (const file of body.files ?? []) if (!draft.files.has(file.id)) draft.files.set(file.id, { size: file.size, parts: new Map() });
      const files = [...draft.files].map(([file, { size, parts }]) => ({
        id: file, size, missing: Array.from({ length: partCount(size) }, (_, at) => at).filter((at) => !parts.has(at)).map((from) => ({ from, to: from + 1 })),
      }));
      return { status: 200, body: { id, level: draft.level, files, manifest: draft.manifest !== undefined, posted: draft.sent !== undefined } };
    }
    if (rest[0] === 'files' && rest[2] === 'parts') draft.files.get(rest[1] ?? '')?.parts.set(Number(rest[3]), bytes);
    else if (rest[0] === 'files') draft.files.delete(rest[1] ?? '');
    else if (rest[0] === 'manifest') draft.manifest = bytes;
    else if (rest[0] === 'draft') this.drafts.delete(id);
    else if (rest[0] === 'post') {
      if ([...draft.files.values()].some(({ size, parts }) => parts.size < partCount(size))) return problem(409, 'incomplete');
      draft.stanza = body.stanza ?? '';
      draft.sent ??= Date.now();
      return { status: 200, body: { id, sent: draft.sent } };
    }
    return { status: 204 };
  }
}

