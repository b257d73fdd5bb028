/**
 * The built pages behind the policies that the server sends, and a server of one delivery that keeps the visitor's API in
 * memory. It stands in for the real one where a test needs to break it: to answer wrongly, late, or not at all.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileStream, packLayout, PART, partCount, sealPart } from '../../../src/seal/file.ts';
import { toText } from '../../../src/seal/format.ts';
import { linkAuth, linkAuth2, sealRecord, writeRecord } from '../../../src/seal/link.ts';
import { fragment } from '../../../src/seal/link-text.ts';
import type { Entry, SealedObject } from '../../../src/seal/manifest.ts';
import { sealManifest } from '../../../src/seal/parcel.ts';
import { recommendedParams, stretch } from '../../../src/seal/password.ts';
import { concat, random, type Bytes } from '../../../src/seal/primitives.ts';
import { makeHeader, sealedSize } from '../../../src/seal/stream.ts';
import { roomOf } from '../../both/support/room.ts';
import { KINDS, PAGE, WORKER } from './policies.ts';

const DIST = new URL('../../../dist/', import.meta.url);
export interface SampleFile {
  name: string;
  bytes: Bytes;
}

export interface Delivery {
  link: string;
  secret: Bytes;
  objects: Map<string, Bytes>;
  record: Bytes;
  manifest: Bytes;
  auth: string;
  auth2: string | undefined;
  params: { m: number; t: number; p: number; salt: string } | undefined;
}

async function sealObject(text: Bytes): Promise<{ object: SealedObject; sealed: Bytes }> {
  const [id, key] = [random(16), random(32)];
  const stream = await fileStream(key, id, makeHeader(random));
  const size = sealedSize(text.length);
  const parts = [];
  for (let index = 0; index < partCount(size); index += 1) {
    parts.push(await sealPart(stream, size, index, roomOf(text, size, index)));
  }
  return { object: { id, key, size: text.length, parts: parts.map(({ hash }) => hash) }, sealed: concat(...parts.map(({ bytes }) => bytes)) };
}

/** Seals files as a sender does: the small ones in one pack. */
export async function sealDelivery(files: SampleFile[], password?: string): Promise<Delivery> {
  const objects = new Map<string, Bytes>();
  const layout = packLayout(files.map(({ bytes }) => bytes.length));
  const packs: SealedObject[] = [];
  if (layout.size !== undefined) {
    const { object, sealed } = await sealObject(concat(...files.filter((_, at) => layout.offsets[at] !== undefined).map(({ bytes }) => bytes)));
    packs.push(object);
    objects.set(toText(object.id), sealed);
  }
  const entries: Entry[] = [];
  for (const [at, { name, bytes }] of files.entries()) {
    const common = { name, type: 'application/octet-stream', mtime: 1_790_000_000_000, size: bytes.length };
    const offset = layout.offsets[at];
    if (offset !== undefined) entries.push({ ...common, contents: { kind: 'packed', pack: 0, offset } });
    else {
      const { object, sealed } = await sealObject(bytes);
      entries.push({ ...common, contents: { kind: 'own', object } });
      objects.set(toText(object.id), sealed);
    }
  }
  const key = random(32);
  const list = { created: 1_790_000_000_000, sender: { address: 'anna@example.test' }, files: entries, packs };
  const manifest = await sealManifest(key, random(16), { level: 1, outside: false }, makeHeader(random), list);
  const [id, secret] = [random(16), random(20)];
  const params = password === undefined ? undefined : recommendedParams(random(16));
  const pw = params && (await stretch(params, password ?? ''));
  const record = await sealRecord({ id, mailedCode: false, password: params }, secret, pw, random(12), manifest, key);
  return {
    link: toText(id), secret, objects, record: writeRecord(record), manifest: manifest.bytes, auth: toText(await linkAuth(secret, id)),
    auth2: pw && toText(await linkAuth2(secret, pw, id)),
    params: params && { m: params.memory, t: params.passes, p: 1, salt: toText(params.salt) },
  };
}

interface Body {
  auth?: string;
  auth2?: string;
  email?: string;
  files?: string[];
}

interface Answer { status: number; body?: unknown; bytes?: Uint8Array; headers?: Record<string, string> }
const problem = (status: number, code: string, more: object = {}): Answer => ({ status, body: { code, status, ...more } });

export class Site {
  readonly delivery: Delivery;
  /** All that was asked of the API, as "POST path". */
  readonly asked: string[] = [];
  readonly receipts: string[] = [];
  readonly stated: string[] = [];
  /** Answers instead of the rule, while it gives something. */
  instead: (path: string, request: IncomingMessage) => Answer | 'cut' | undefined = () => undefined;
  #server: Server;
  #leased = false;

  constructor(delivery: Delivery) {
    this.delivery = delivery;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => { this.#server.close(() => { resolve(); }); });
  }

  get fragment(): string {
    return fragment(this.delivery.secret);
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
    const body = chunks.length ? (JSON.parse(Buffer.concat(chunks).toString()) as Body) : {};
    const answer = this.instead(path, request) ?? this.#answer(path.slice(7), body, request);
    if (answer === 'cut') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'Content-Type': answer.bytes ? 'application/octet-stream' : 'application/json', ...answer.headers });
    response.end(answer.bytes ?? JSON.stringify(answer.body ?? {}));
  }

  #page(path: string, response: ServerResponse): void {
    const name = /^\/(d|a|help)(\/|%23|$)/.test(path) ? 'visit.html' : path === '/' ? 'index.html' : path.slice(1);
    try {
      const bytes = readFileSync(new URL(name, DIST));
      const policy = name.includes('worker') ? WORKER : PAGE;
      response.writeHead(200, { 'Content-Type': KINDS[name.split('.').at(-1) ?? ''] ?? 'text/plain', 'Content-Security-Policy': policy, 'Referrer-Policy': 'no-referrer' });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  #answer(path: string, body: Body, request: IncomingMessage): Answer {
    const d = this.delivery;
    if (path === '/info') return { status: 200, body: { name: 'Kanzlei Keller & Novák', demo: false } };
    const about = { sender: { name: 'Dr. Anna Keller', email: 'anna@example.test' }, level: 1, expires: 1_798_000_000_000, subject: 'Unterlagen', mailed_code: false };
    const proven = d.auth2 === undefined || body.auth2 === d.auth2;
    if (path.startsWith('/links/')) {
      const [, , link, verb] = path.split('/');
      if (link !== d.link) return problem(404, 'link_unknown');
      if (body.auth !== d.auth) return problem(403, 'link_wrong_key');
      if (verb === 'look' && !proven) return { status: 200, body: { ...about, subject: '', password: d.params } };
      if (!proven) return problem(403, 'wrong_password', { tries_left: 3 });
      const opened = { record: toText(d.record), manifest: toText(d.manifest) };
      if (verb === 'look') return { status: 200, body: { ...about, ...opened } };
      this.stated.push(body.email ?? '');
      return { status: 200, body: { ...about, record: opened.record, parcel: 'p', posted: 0, message: 'Guten Tag,\n\nbitte.', manifest_size: d.manifest.length, claim: { state: 'opened' } } };
    }
    if (path === '/claims/manifest') return { status: 200, bytes: d.manifest };
    if (path === '/claims/lease') {
      this.#leased = true;
      return { status: 200, body: { state: 'leased' } };
    }
    if (path === '/claims/ping') return { status: 200, body: { state: 'leased' } };
    if (path === '/claims/receipts') {
      this.receipts.push(...(body.files ?? []));
      return { status: 200, body: { state: 'committed' } };
    }
    return this.#file(path, request);
  }

  #file(path: string, request: IncomingMessage): Answer {
    if (!this.#leased) return problem(403, 'claim_over');
    const bytes = this.delivery.objects.get(path.split('/').at(-1) ?? '');
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (!bytes || !range) return problem(404, 'not_found');
    const [from, to] = [Number(range[1]), Number(range[2]) + 1];
    if (to - from > PART) return problem(416, 'bad_range');
    return { status: 206, bytes: bytes.subarray(from, to), headers: { 'Content-Range': `bytes ${from}-${to - 1}/${bytes.length}` } };
  }
}

