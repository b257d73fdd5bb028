/**
 * The reply to a protected mail, to its sender alone.
 *
 * | step | what moves it on |
 * |-|-|
 * | looking | the link opens what is answered -> writing; it does not -> gone |
 * | writing | files are sealed and sent meanwhile; "send" -> sending |
 * | sending | all is on its way -> sent; stopped, refused -> writing |
 * | sent | another -> writing |
 *
 * What is written is kept on this device a moment after each change.
 */
import { ApiProblem } from '../api/port.ts';
import type { ApiReplyLook } from '../api/protected.ts';
import { VaultError } from '../vault/problem.ts';
import type { ProtectedCalls, ProtectedReport } from '../vault/protected-protocol.ts';
import type { ProtectedVault } from '../vault/protected-vault.ts';
import type { VaultProblem } from '../vault/protocol.ts';
import { Attachments } from './attachments.svelte.ts';
import type { Awake } from './awake.ts';
import type { Answered, Person, ReplyProblem, ReplyStep, ReplyView, ProtectedGone } from './protected-view.ts';
import type { Attachment, Given } from './send-view.ts';

/** Quiet for so long, what was written is kept (ms). */
const QUIET = 400;

export interface ReplyTools {
  vault: ProtectedVault;
  look: (token: string, auth: string) => Promise<ApiReplyLook>;
  awake: Pick<Awake, 'set'>;
  tab: string;
  now: () => number;
  /** "On 23 November 2026 Dr. Anna Keller wrote:", in the reader's language. */
  wrote: (answered: Answered) => string;
}

const GONE: Partial<Record<string, ProtectedGone>> = {
  link_unknown: 'unknown', not_found: 'unknown', link_wrong_key: 'cut', expired: 'expired', too_many_tries: 'busy',
};

function blame(problem: VaultProblem): ReplyProblem | undefined {
  if (problem.kind === 'stopped') return undefined;
  if (problem.kind === 'files') return 'files';
  return problem.kind === 'server' && problem.code === 'too_large' ? 'too-large' : 'refused';
}

/** As mail programs quote. */
const quoted = (text: string): string => text.trimEnd().split('\n').map((line) => (line === '' ? '>' : line.startsWith('>') ? `>${line}` : `> ${line}`)).join('\n');

/** An answer says so once, in whatever language it began. */
export const answering = (subject: string): string => (/^(re|aw|antw|odp)\s*:/i.test(subject.trim()) ? subject.trim() : `Re: ${subject.trim()}`);

export class ReplyMailFlow implements ReplyView {
  step = $state.raw<ReplyStep>({ at: 'looking' });
  to = $state.raw<Person>();
  by = $state('');
  answered = $state.raw<Answered>();
  subject = $state('');
  message = $state('');
  quote = $state(true);
  mostBytes = $state(0);
  refusedNames = $state.raw<string[]>([]);
  elsewhere = $state(false);
  readonly #token: string;
  readonly #tools: ReplyTools;
  readonly #files = new Attachments(() => this.step.at === 'sending', () => { this.#looked(); });
  #handles = $state.raw<FileSystemHandle[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #adding: Promise<void> = Promise.resolve();
  #begun = false;

  constructor(token: string, tools: ReplyTools) {
    this.#token = token;
    this.#tools = tools;
    tools.vault.onreport = (report) => { this.#hear(report); };
  }

  get files(): Attachment[] {
    return this.#files.list;
  }

  get unfinished(): { byClick: boolean } | undefined {
    return this.files.some(({ state }) => state.kind === 'asked') ? { byClick: this.#handles.length > 0 } : undefined;
  }

  /** Begins with the part behind the `#`, if there is one. */
  async start(fragment: string | undefined): Promise<void> {
    const { vault, tab, look } = this.#tools;
    try {
      const { auth } = await vault.call('takeReply', { token: this.#token, fragment, tab });
      if (auth === undefined) {
        this.step = { at: 'gone', why: 'cut' };
        return;
      }
      const found = await look(this.#token, auth);
      this.to = { name: found.to.name, address: found.to.email };
      this.by = found.email;
      this.mostBytes = found.largest;
      const answered = await vault.call('openQuote', { quote: found.quote, records: found.records });
      this.answered = { ...answered, from: { name: answered.from.name, address: answered.from.email } };
      this.#clear();
      await this.#takeUp();
    } catch (error) {
      this.#over(error);
    }
  }

  #over(error: unknown): void {
    if (error instanceof VaultError) {
      const { problem } = error;
      this.step = { at: 'gone', why: problem.kind === 'seal' && problem.code.startsWith('reply_') ? 'cut' : 'damaged', sender: this.to };
      return;
    }
    if (!(error instanceof ApiProblem)) throw error;
    const sender = error.sender && { name: error.sender.name, address: error.sender.email };
    this.step = { at: 'gone', why: GONE[error.code] ?? 'offline', seconds: error.retryAfter, sender };
  }

  #clear(): void {
    this.subject = answering(this.answered?.subject ?? '');
    this.message = '';
    this.#files.list = [];
    this.refusedNames = [];
    this.#handles = [];
    this.#begun = false;
    this.step = { at: 'writing' };
  }

  /** What an earlier visit left. */
  async #takeUp(): Promise<void> {
    const { left, elsewhere } = await this.#tools.vault.call('openReply', { address: this.by });
    this.elsewhere = elsewhere;
    if (left === undefined) return;
    this.#begun = true;
    this.subject = left.subject;
    this.message = left.message;
    this.#handles = left.handles;
    this.#take(left.entries);
  }

  keep(subject: string, message: string): void {
    if (this.step.at !== 'writing' || (message === '' && !this.#begun)) return;
    this.#begun = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { void this.#tools.vault.call('keepReply', { subject, message }).catch(() => undefined); }, QUIET);
  }

  addFiles(given: Given): void {
    const more = given.files.reduce((sum, { file }) => sum + file.size, 0);
    if (this.#files.total + more > this.mostBytes) {
      this.step = { at: 'writing', problem: 'too-large' };
      return;
    }
    this.#unblame();
    this.#adding = this.#guard(async () => {
      this.#begun = true;
      clearTimeout(this.#timer);
      await this.#tools.vault.call('keepReply', { subject: this.subject, message: this.message });
      const { entries, refused } = await this.#tools.vault.call('addFiles', given);
      this.refusedNames = refused.map(({ name }) => name);
      this.#take(entries);
    });
  }

  #take(entries: ProtectedCalls['addFiles']['answer']['entries']): void {
    this.#files.take(entries);
    this.#busy();
  }

  removeFile(id: string): void {
    this.#files.remove(id);
    this.#unblame();
    void this.#guard(() => this.#tools.vault.call('removeFiles', { ids: [id] }));
    this.#busy();
  }

  allow(): void {
    void this.#guard(async () => {
      for (const handle of this.#handles) {
        const asking = handle as FileSystemHandle & { requestPermission(options: { mode: 'read' }): Promise<PermissionState> };
        if ((await asking.requestPermission({ mode: 'read' })) !== 'granted') return;
      }
      this.#handles = [];
      await this.#tools.vault.call('reopen', {});
    });
  }

  send(): void {
    void this.#adding.then(() => { this.#send(); });
  }

  #send(): void {
    if (this.step.at !== 'writing') return;
    const problem = this.message.trim() === '' && this.files.length === 0 ? 'nothing' : this.#files.lacking ? 'files' : undefined;
    if (problem !== undefined) {
      this.step = { at: 'writing', problem };
      return;
    }
    clearTimeout(this.#timer);
    this.#files.begin();
    this.#progress();
    this.#busy();
    void this.#guard(async () => {
      const { subject, message } = this;
      const { sent } = await this.#tools.vault.call('send', { subject: subject.trim(), message, body: this.#body() });
      this.#sent(sent);
    });
  }

  #body(): string {
    const { answered } = this;
    if (!this.quote || answered === undefined) return this.message;
    return `${this.message.trimEnd()}\n\n${this.#tools.wrote(answered)}\n${quoted(answered.text)}\n`;
  }

  #sent(time: number): void {
    this.step = { at: 'sent', time };
    this.#busy();
  }

  stop(): void {
    void this.#tools.vault.call('stop', {});
  }

  discard(): void {
    clearTimeout(this.#timer);
    void this.#guard(async () => {
      await this.#tools.vault.call('discard', {});
      this.#clear();
      this.#busy();
    });
  }

  another(): void {
    this.#clear();
  }

  again(): void {
    this.step = { at: 'looking' };
    void this.start(undefined);
  }

  async #guard(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      this.step = { at: 'writing', problem: blame(error.problem) };
      this.#files.flush();
      this.#busy();
    }
  }

  /** What was complained about has been seen to. */
  #unblame(): void {
    if (this.step.at === 'writing') this.step = { at: 'writing' };
  }

  #hear(report: ProtectedReport): void {
    if (report.kind === 'file' || report.kind === 'waiting') this.#files.hear(report);
    else if (report.kind === 'sent') this.#sent(this.#tools.now());
    else if (report.kind === 'refused' && this.step.at === 'writing') this.step = { at: 'writing', problem: report.code === 'too_large' ? 'too-large' : 'refused' };
  }

  /** What was heard is shown now. */
  #looked(): void {
    if (this.step.at === 'sending') this.#progress();
    this.#busy();
  }

  #progress(): void {
    this.step = { at: 'sending', ...this.#files.progress(this.#tools.now()) };
  }

  #busy(): void {
    this.#tools.awake.set(this.step.at === 'sending' || (this.step.at === 'writing' && this.#files.uploading));
  }
}
