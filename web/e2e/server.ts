/** The program as it ships: a demo server of its own on a free port, killed and started again at will; and its command line. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Front } from './front.ts';
import { Wire } from './wire.ts';

export const PROGRAM = process.env.DEPESCHE_PROGRAM ?? fileURLToPath(new URL('../../target/release/depesche', import.meta.url));
/** The first account of `--demo`. */
export const ANNA = { email: 'anna@example.test', name: 'Dr. Anna Keller', password: 'depesche demo password' };
const DEADLINE = 60_000;
const EVERY = 25;

/** What `look` gives, as soon as it gives something. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + DEADLINE;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

export interface Mail {
  id: string;
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  raw: string;
}

export interface Setup {
  /** `--demo`: two accounts, mail is caught. Without it the server begins with its first run. */
  demo?: boolean;
  settings?: Record<string, string>;
}

interface Said {
  listen: string;
  url: string;
  first_code: string | null;
  gateway?: string | null;
}

export class Server {
  /** Where browsers and clients find it. */
  url = '';
  /** Of a server without accounts. */
  firstCode: string | null = null;
  /** Where mail programs find it, if it takes mail. */
  gateway = '';
  /** Between everybody and the server; stays when the server is killed. */
  readonly wire = new Wire();
  readonly #setup: Setup;
  readonly #folder = mkdtempSync(join(tmpdir(), 'depesche-e2e-'));
  readonly #front: Front | undefined;
  #child: ChildProcess | undefined;
  #anna: Promise<unknown> | undefined;

  private constructor(setup: Setup) {
    this.#setup = setup;
    // While one works on pages: web/dist as it is, without building the program anew.
    this.#front = process.env.DEPESCHE_FRONT === undefined ? undefined : new Front();
  }

  static async start(setup: Setup = { demo: true }): Promise<Server> {
    const server = new Server(setup);
    await server.wire.listen();
    await server.#front?.listen();
    server.url = server.wire.url;
    await server.begin();
    return server;
  }

  /** Begins, or begins again on the same data after `kill`. */
  async begin(): Promise<void> {
    const child = spawn(PROGRAM, ['serve', '--data', join(this.#folder, 'data'), '--listen', '127.0.0.1:0', '--json', ...(this.#setup.demo ? ['--demo'] : [])], {
      env: { PATH: process.env.PATH, DEPESCHE_PUBLIC_URL: this.url, ...this.#setup.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => { complaints = (complaints + chunk.toString()).slice(-4000); });
    const line = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).once('line', resolve);
      child.once('error', reject);
      child.once('exit', (code) => { reject(new Error(`the server ended with ${code}: ${complaints}`)); });
    });
    const said = JSON.parse(line) as Said;
    this.firstCode = said.first_code;
    this.gateway = said.gateway ?? '';
    this.#front?.leadTo(said.listen);
    this.wire.leadTo(this.#front?.address ?? said.listen);
  }

  /** As a power cut: SIGKILL, and every connection is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    this.wire.cut();
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.#front?.close();
    await this.wire.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Runs `depesche ARGUMENTS --json` for somebody with a home of their own; gives the line it printed. */
  run(home: string, words: string[], env: Record<string, string> = {}): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const options = {
        env: { PATH: process.env.PATH, DEPESCHE_HOME: join(this.#folder, home), DEPESCHE_SERVER: this.url, ...env },
        maxBuffer: 1 << 26, timeout: DEADLINE,
      };
      execFile(PROGRAM, [...words, '--json'], options, (error, out, complaint) => {
        if (error) reject(new Error(`depesche ${words.join(' ')}: ${out}${complaint}`));
        else resolve(JSON.parse(out) as Record<string, unknown>);
      });
    });
  }

  /** `depesche admin`, beside the running server. */
  admin(words: string[], env: Record<string, string> = {}): Promise<Record<string, unknown>> {
    return this.run('operator', ['admin', ...words, '--data', join(this.#folder, 'data')], env);
  }

  /** What whoever runs the server can do to its database. */
  edit(statements: string[]): Promise<void> {
    const code = 'import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], timeout=30)\nfor text in sys.argv[2:]: db.execute(text)\ndb.commit()';
    return new Promise((resolve, reject) => {
      execFile('python3', ['-c', code, join(this.#folder, 'data', 'depesche.db'), ...statements], (error) => {
        if (error) reject(new Error(error.message));
        else resolve();
      });
    });
  }

  /** A folder with these files. */
  folder(files: Record<string, Uint8Array>): string {
    const folder = mkdtempSync(join(this.#folder, 'files-'));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    return folder;
  }

  /** Anna sends these files by the command line; gives parcel and links. */
  async send(files: Record<string, Uint8Array>, more: string[] = [], to = ['bob@example.test'], env: Record<string, string> = {}): Promise<{ id: string; links: Record<string, string>; link: string }> {
    await (this.#anna ??= this.run('anna', ['login', ANNA.email], { DEPESCHE_PASSWORD: ANNA.password }));
    const folder = this.folder(files);
    const words = ['send', ...Object.keys(files).map((name) => join(folder, name)), ...to.flatMap((one) => ['--to', one]), ...(more.includes('--level') ? [] : ['--level', '1']), '--language', 'de', ...more];
    const { id, links } = (await this.run('anna', words, env)) as { id: string; links: Record<string, string> };
    return { id, links, link: links[to[0] ?? ''] ?? '' };
  }

  /** What Anna is shown of a delivery. */
  show(id: string): Promise<{ state: string; recipients: { email: string; state: string; taken: number; visits: { stated: string; state: string }[] }[] }> {
    return this.run('anna', ['show', id]) as never;
  }

  async mails(): Promise<Mail[]> {
    return (await (await fetch(`${this.url}/dev/mail.json`)).json()) as Mail[];
  }

  /** The newest mail to this address that fits, waited for. */
  mailTo(address: string, fits: (mail: Mail) => boolean = () => true): Promise<Mail> {
    return until(`a mail to ${address}`, async () => (await this.mails()).reverse().find((mail) => mail.to === address && fits(mail)));
  }
}

/** The link in a mail. */
export function linkIn(mail: Mail): string {
  const link = /https?:\/\/\S+\/d\/\S+/.exec(mail.text)?.[0];
  if (link === undefined) throw new Error(`no link in ${mail.subject}`);
  return link;
}
