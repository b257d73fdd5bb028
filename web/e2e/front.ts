/**
 * For working on pages: web/dist as it lies there, before a program that may be older. It answers pages as crates/http/assets
 * does and hands all else on. Tests that count run without it (`npm run e2e`).
 */
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { KINDS, PAGE, WORKER } from '../test/node/support/policies.ts';

const DIST = process.env.DEPESCHE_DIST ? pathToFileURL(`${process.env.DEPESCHE_DIST}/`) : new URL('../dist/', import.meta.url);
const VISITORS = /^\/(d|a|help)(\/|%23|$)/;
const HANDOFF = /^\/(h|handoff)(\/|%23|$)/;
const PROTECTED = /^\/(p|r)(\/|%23|$)/;
const MEMBERS = /^\/(new|sent(\/[^/]*)?|received(\/[^/]*)?|register\/[^/]*|contacts|sealpass(\/recover)?|login|first|logins|queue|dev\/mail)?$/;

export class Front {
  readonly #server: Server;
  #to = '';

  constructor() {
    this.#server = createServer((asked, answer) => { this.#serve(asked, answer); });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  leadTo(listen: string): void {
    this.#to = listen;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => { this.#server.close(() => { resolve(); }); });
  }

  #serve(asked: IncomingMessage, answer: ServerResponse): void {
    const path = new URL(asked.url ?? '/', 'http://x').pathname;
    const name = VISITORS.test(path) ? 'visit.html' : HANDOFF.test(path) ? 'handoff.html' : PROTECTED.test(path) ? 'protected.html' : MEMBERS.test(path) ? 'index.html' : /^\/(assets\/.*|(profile-)?sw\.js)$/.test(path) ? path.slice(1) : undefined;
    if (name === undefined) {
      this.#handOn(asked, answer);
      return;
    }
    try {
      const bytes = readFileSync(new URL(name, DIST));
      const policy = name.endsWith('.js') && name.includes('worker') ? WORKER : PAGE;
      answer.writeHead(200, { 'Content-Type': KINDS[name.split('.').at(-1) ?? ''] ?? 'text/plain', 'Content-Security-Policy': policy, 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' });
      answer.end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  }

  #handOn(asked: IncomingMessage, answer: ServerResponse): void {
    const [host, port] = this.#to.split(':');
    const on = request({ host, port, path: asked.url, method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    on.on('error', () => { answer.destroy(); });
    answer.on('close', () => { on.destroy(); });
    asked.pipe(on);
  }
}
