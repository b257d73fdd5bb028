/**
 * The built handoff pages behind the policies that the server sends, and handoffs kept in memory as the server keeps them. It
 * stands in for the real one where a test needs to break it: to answer wrongly, late, or not at all.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toText } from '../../../src/seal/format.ts';
import { random } from '../../../src/seal/primitives.ts';
import { KINDS, PAGE, WORKER } from './policies.ts';

const DIST = new URL('../../../dist/', import.meta.url);
const LIFE = 1_800_000;
/** The real one waits 25 s. */
const PATIENCE = 500;

interface Slot {
  auth: string;
  source: string;
  fill?: string;
  filler?: string;
  find?: string;
  wrap?: string;
  sealed: Buffer | undefined;
  state: string;
  revision: number;
  expires: number;
  token?: string;
  device?: string;
}

interface Answer { status: number; body?: unknown; bytes?: Uint8Array; headers?: Record<string, string> }
const problem = (status: number, code: string, more: object = {}): Answer => ({ status, body: { code, status, ...more } });
const hash = (text: string): string => createHash('sha256').update(Buffer.from(text, 'base64url')).digest('base64url');
const OVER: Record<string, string> = { committed: 'handoff_taken', lapsed: 'handoff_lapsed', expired: 'handoff_expired', cancelled: 'handoff_cancelled' };

export class Slots {
  readonly slots = new Map<string, Slot>();
  /** All that was asked, as "POST /path". */
  readonly asked: string[] = [];
  create: 'anyone' | 'accounts' = 'anyone';
  /** Answers instead of the rule, while it gives something; `half`: half of the right answer, then the line is cut. */
  instead: (path: string, request: IncomingMessage) => Answer | 'cut' | 'half' | undefined = () => undefined;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => { this.#server.close(() => { resolve(); }); });
  }

  set(slot: Slot, state: string): void {
    slot.state = state;
    slot.revision += 1;
    if (state in OVER) slot.sealed = undefined;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    this.asked.push(`${request.method ?? ''} ${url.pathname}`);
    if (!url.pathname.startsWith('/api/v1/')) {
      this.#page(url.pathname, response);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const instead = this.instead(url.pathname, request);
    if (instead === 'cut') {
      request.socket.destroy();
      return;
    }
    const answer = typeof instead === 'object' ? instead : await this.#answer(url, request, Buffer.concat(chunks));
    const bytes = answer.bytes ?? Buffer.from(JSON.stringify(answer.body ?? {}));
    const headers = { 'Content-Type': answer.bytes ? 'application/octet-stream' : 'application/json', 'Content-Length': bytes.length, ...answer.headers };
    response.writeHead(answer.status, answer.status === 204 ? {} : headers);
    if (instead === 'half') response.write(bytes.subarray(0, bytes.length / 2), () => { request.socket.destroy(); });
    else response.end(answer.status === 204 ? undefined : bytes);
  }

  #page(path: string, response: ServerResponse): void {
    const name = /^\/(h|handoff)(\/|%23|$)/.test(path) ? 'handoff.html' : path.slice(1);
    try {
      const bytes = readFileSync(new URL(name, DIST));
      const policy = name.endsWith('.js') && name.includes('worker') ? WORKER : PAGE;
      const type = KINDS[name.split('.').at(-1) ?? ''] ?? 'text/plain';
      response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': policy, 'Referrer-Policy': 'no-referrer' });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  async #answer(url: URL, request: IncomingMessage, bytes: Buffer): Promise<Answer> {
    const [, verb = '', action] = url.pathname.slice(7).replace(/^\/handoffs/, '/').replace('//', '/').split('/');
    const path = url.pathname.slice(7);
    if (path === '/info') return { status: 200, body: { name: 'Kanzlei Keller & Novák', brand: {}, demo: false, handoff: { create: this.create, largest: 8 << 20, seconds: 1800 } } };
    if (path === '/me') return problem(401, 'login_required');
    if (path === '/handoffs') return this.#offer(request, bytes);
    const json = request.headers['content-type'] === 'application/json' ? (JSON.parse(bytes.toString()) as Record<string, string>) : {};
    if (path === '/handoffs/ask') return this.#made({ auth: json.auth ?? '', fill: json.fill ?? '', source: json.source ?? '', sealed: undefined, state: 'empty' });
    if (path === '/handoffs/find') {
      const found = [...this.slots].find(([, slot]) => slot.find === json.find && slot.sealed);
      return found ? { status: 200, body: { ...this.#about(found[0]), wrap: found[1].wrap } } : problem(404, 'handoff_words_unknown');
    }
    const slot = this.slots.get(verb);
    return slot ? this.#of(verb, slot, action ?? '', url, request, json, bytes) : problem(404, 'handoff_unknown');
  }

  #about(id: string): object {
    const slot = this.slots.get(id);
    return { id, expires: slot?.expires, size: slot?.sealed?.length ?? 0 };
  }

  #made(slot: Omit<Slot, 'revision' | 'expires'>): Answer {
    const id = toText(random(16));
    this.slots.set(id, { ...slot, revision: 1, expires: Date.now() + LIFE });
    return { status: 201, body: this.#about(id) };
  }

  #offer({ headers }: IncomingMessage, sealed: Buffer): Answer {
    if (this.create === 'accounts') return problem(401, 'handoff_account_required');
    const text = (name: string): string => String(headers[name]);
    return this.#made({
      auth: text('handoff-auth'), source: text('handoff-source'), find: text('handoff-find'), wrap: text('handoff-wrap'), sealed, state: 'waiting',
    });
  }

  #of(id: string, slot: Slot, action: string, url: URL, request: IncomingMessage, json: Record<string, string>, bytes: Buffer): Answer | Promise<Answer> {
    const secret = (request.headers.authorization ?? '').replace('Handoff ', '');
    const ours = hash(secret) === slot.source || hash(secret) === slot.filler;
    const holds = slot.token === secret;
    const over = OVER[slot.state];
    switch (action) {
      case 'look':
      case 'take':
        return this.#look(id, slot, action, json);
      case 'sealed': {
        if (!holds || slot.sealed === undefined) return problem(410, over ?? 'handoff_lapsed');
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
        const all = slot.sealed.length;
        return { status: 206, bytes: slot.sealed.subarray(from), headers: { 'Content-Range': `bytes ${from}-${all - 1}/${all}` } };
      }
      case 'commit':
        if (!holds) return problem(403, 'handoff_not_yours');
        if (slot.state !== 'committed') this.set(slot, 'committed');
        return { status: 204 };
      case 'fill':
        if (hash(String(request.headers['handoff-fill'])) !== slot.fill) return problem(403, 'handoff_wrong_key');
        if (over !== undefined) return problem(410, over);
        if (slot.sealed) return problem(409, 'handoff_filled');
        slot.filler = String(request.headers['handoff-source']);
        slot.sealed = bytes;
        this.set(slot, 'waiting');
        return { status: 200, body: this.#about(id) };
      case 'state':
        return ours ? this.#state(slot, url) : problem(403, 'handoff_not_yours');
      default:
        if (!ours) return problem(403, 'handoff_not_yours');
        if (slot.state === 'committed') return problem(410, 'handoff_taken');
        if (over === undefined) this.set(slot, 'cancelled');
        return { status: 204 };
    }
  }

  #look(id: string, slot: Slot, action: string, json: Record<string, string>): Answer {
    if (hash(json.auth ?? '') !== slot.auth) return problem(403, 'handoff_wrong_key');
    const over = OVER[slot.state];
    if (over !== undefined) return problem(410, over);
    if (slot.sealed === undefined) return problem(409, 'handoff_empty');
    if (slot.state === 'leased' && slot.token !== json.token && action === 'take') return problem(409, 'handoff_busy', { retry_after: 60 });
    if (action === 'look') return { status: 200, body: this.#about(id) };
    if (slot.state !== 'leased') {
      slot.token = json.token ?? '';
      slot.device = hash(slot.token);
      this.set(slot, 'leased');
    }
    return { status: 200, bytes: slot.sealed };
  }

  async #state(slot: Slot, url: URL): Promise<Answer> {
    const after = url.searchParams.get('after');
    const end = Date.now() + PATIENCE;
    while (after === String(slot.revision) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    const { state, revision, expires, device } = slot;
    return { status: 200, body: { state, revision, expires, size: slot.sealed?.length ?? 0, ...(device === undefined ? {} : { device }) } };
  }
}
