/**
 * Chromium without the instruments of a test: Playwright listens to the network, and then Chromium keeps a copy of every body that is
 * sent, which costs ten times what is measured here. This speaks the few words of the DevTools protocol that are needed, over a pipe.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Cookie } from 'playwright';
import { FLAGS } from '../../e2e/browser.ts';

type Members = Record<string, unknown>;

export class Plain {
  readonly #folder = mkdtempSync(join(tmpdir(), 'depesche-plain-'));
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: Members) => void; reject: (error: Error) => void }>();
  #next = 0;

  constructor() {
    const flags = [...FLAGS, '--headless=new', '--remote-debugging-pipe', '--lang=de-DE', `--user-data-dir=${this.#folder}`, 'about:blank'];
    this.#child = spawn('/usr/bin/chromium', flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], env: { ...process.env, LANGUAGE: 'de' } });
    let rest = '';
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) this.#hear(JSON.parse(message) as Members);
    });
  }

  #hear({ id, result, error }: Members): void {
    const waiting = this.#waiting.get(id as number);
    this.#waiting.delete(id as number);
    if (error === undefined) waiting?.resolve(result as Members);
    else waiting?.reject(new Error(JSON.stringify(error)));
  }

  send(method: string, params: Members = {}, sessionId?: string): Promise<Members> {
    this.#next += 1;
    const id = this.#next;
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => { this.#waiting.set(id, { resolve, reject }); });
  }

  async page(url: string, cookies: Cookie[]): Promise<PlainPage> {
    await this.send('Storage.setCookies', { cookies });
    const { targetId } = await this.send('Target.createTarget', { url });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new PlainPage(this, sessionId as string);
    // While it loads there is nowhere to evaluate anything, or still the empty page.
    while ((await page.evaluate<string>('location.href').catch(() => '')) !== url) await new Promise((resolve) => setTimeout(resolve, 20));
    return page;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    await this.send('Browser.close');
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export class PlainPage {
  readonly #browser: Plain;
  readonly #session: string;

  constructor(browser: Plain, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  /** What an expression, or the promise that it is, gives. */
  async evaluate<T>(expression: string): Promise<T> {
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#browser.send('Runtime.evaluate', asked, this.#session);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Runs in the page; knows nothing of here. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.evaluate<T>(`(${work.toString()})()`);
  }

  /** Until the page has what is named. */
  async until(selector: string): Promise<void> {
    await this.evaluate(`new Promise((resolve) => {
      const look = () => (document.querySelector(${JSON.stringify(selector)}) ? resolve(true) : setTimeout(look, 20));
      look();
    })`);
  }

  async choose(selector: string, path: string): Promise<void> {
    const found = await this.#browser.send('Runtime.evaluate', { expression: `document.querySelector(${JSON.stringify(selector)})` }, this.#session);
    await this.#browser.send('DOM.setFileInputFiles', { files: [path], objectId: (found.result as { objectId: string }).objectId }, this.#session);
  }
}
