/**
 * One delivery from the first letter to "Sent".
 *
 * | step | what moves it on |
 * |-|-|
 * | writing | files are sealed and sent meanwhile; "send" with everything right -> sending |
 * | sending | everything has arrived and is posted -> sent; stopped, refused, a file gone -> writing |
 * | sent | another -> writing |
 *
 * What is written is kept on this device a moment after each change; so are the keys of what was sealed.
 */
import type { Info } from '../api/port.ts';
import type { Level } from '../ui/level.ts';
import type { DraftEntry, Form, MemberCalls, MemberReport, Posted } from '../vault/member-protocol.ts';
import type { MemberVault } from '../vault/member-vault.ts';
import { VaultError } from '../vault/problem.ts';
import type { VaultProblem } from '../vault/protocol.ts';
import type { Awake } from './awake.ts';
import { Attachments } from './attachments.svelte.ts';
import { withPeople } from './people.ts';
import type { KeyringFlow } from './keyring.svelte.ts';
import type {
  Addressee, Attachment, Away, Given, KeyOf, MailLanguage, ReplyTo, SendOptions, SendProblem, SendStep, SendView, Unfinished,
} from './send-view.ts';

const DAY = 86_400_000;
/** Quiet for so long, what was written is kept (ms). */
const QUIET = 400;

export interface SendTools {
  vault: MemberVault;
  /** Hears the vault's reports; gives what ends that. */
  hear: (listener: (report: MemberReport) => void) => () => void;
  keyring: KeyringFlow;
  replyTo: (ReplyTo & { address: string }) | undefined;
  awake: Pick<Awake, 'set'>;
  info: Pick<Info, 'levels' | 'limits'>;
  account: { id: string; email: string };
  language: () => MailLanguage;
  now: () => number;
}

const asLevel = (level: number): Level => (level === 4 ? 4 : level === 3 ? 3 : level === 2 ? 2 : 1);

/** Why it was not sent, for the page. */
function blame(problem: VaultProblem): SendProblem {
  if (problem.kind === 'files') return 'files';
  if (problem.kind === 'key') return 'key-changed';
  if (problem.kind !== 'server') return 'refused';
  if (problem.code === 'level_too_low') return 'level';
  return problem.code === 'too_large' ? 'too-large' : 'refused';
}

export class SendFlow implements SendView {
  people = $state.raw<Addressee[]>([]);
  subject = $state('');
  message = $state('');
  level = $state<Level>(1);
  options: SendOptions = $state({ days: '30', limit: '', password: '', mailedCode: false, notify: true, passOn: false, language: 'en' });
  step = $state.raw<SendStep>({ at: 'writing' });
  elsewhere = $state(false);
  lockedDraft = $state(false);
  #away = $state.raw<Away>({ locked: false, drafts: [] });
  refusedNames = $state.raw<string[]>([]);
  loggedOut = $state(false);
  keys = $state.raw<Record<string, KeyOf>>({});
  readonly offered: { lowest: Level; highest: Level };
  readonly replyTo: ReplyTo | undefined;
  readonly mostDays: number;
  readonly mostBytes: number;

  readonly #tools: SendTools;
  #handles = $state.raw<FileSystemHandle[]>([]);
  readonly #files = new Attachments(() => this.step.at === 'sending', () => { this.#looked(); });
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Files on their way into the list. */
  #adding: Promise<void> = Promise.resolve();
  /** Something has been kept of this delivery. */
  #begun = $state(false);

  constructor(tools: SendTools) {
    const { levels, limits } = tools.info;
    this.#tools = tools;
    this.replyTo = tools.replyTo;
    this.offered = { lowest: asLevel(Math.max(levels.lowest, tools.replyTo?.level ?? 1)), highest: asLevel(Math.max(levels.highest, tools.replyTo?.level ?? 1)) };
    this.mostDays = Math.max(1, Math.floor(limits.retention / DAY));
    this.mostBytes = limits.delivery;
    this.end = tools.hear((report) => { this.#hear(report); });
    this.#clear();
  }

  #clear(): void {
    const { replyTo } = this.#tools;
    this.people = replyTo === undefined ? [] : [{ address: replyTo.address, ...(replyTo.name !== replyTo.address && { name: replyTo.name }) }];
    this.subject = replyTo?.subject ?? '';
    this.message = '';
    this.#files.list = [];
    this.refusedNames = [];
    this.level = asLevel(Math.max(this.offered.lowest, Math.min(replyTo === undefined ? this.#tools.info.levels.default : replyTo.level, this.offered.highest)));
    Object.assign(this.options, {
      days: String(Math.min(30, this.mostDays)), limit: '', password: '', mailedCode: false, notify: true, passOn: false, language: this.#tools.language(),
      claimCode: undefined,
    });
    this.step = { at: 'writing' };
    this.#handles = [];
    this.#begun = false;
  }

  /** Takes up what an earlier visit left. */
  async start(): Promise<void> {
    const { account, vault } = this.#tools;
    const { draft, elsewhere, locked } = await vault.call('openDraft', { account: account.id, email: account.email, form: this.form() });
    this.elsewhere = elsewhere;
    this.lockedDraft = locked;
    if (draft === undefined) {
      if (!elsewhere && !locked && this.replyTo === undefined) await this.#findAway();
      return;
    }
    this.#away = { locked: false, drafts: [] };
    this.people = draft.form.people;
    this.subject = draft.form.subject;
    this.message = draft.form.message;
    this.level = asLevel(Math.max(this.offered.lowest, Math.min(draft.form.level, this.offered.highest)));
    Object.assign(this.options, draft.form.options);
    this.#begun = true;
    this.#handles = draft.handles;
    this.#take(draft.entries);
  }

  /** It is an offer: without an answer there is none. */
  async #findAway(): Promise<void> {
    try {
      this.#away = await this.#tools.vault.call('draftsElsewhere', {});
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
    }
  }

  get away(): Away {
    return this.#begun ? { locked: false, drafts: [] } : this.#away;
  }

  unlockAway(): void {
    void this.#guard(async () => {
      if (await this.#tools.keyring.ask()) await this.#findAway();
    });
  }

  takeAway(parcel: string): void {
    void this.#guard(async () => {
      await this.#tools.vault.call('takeDraft', { parcel });
      await this.start();
    });
  }

  unlockDraft(): void {
    void this.#guard(async () => {
      if (await this.#tools.keyring.ask()) await this.start();
    });
  }

  /** What is written and chosen, as it is now. */
  form(): Form {
    const people = this.people.map(({ address, name }) => (name === undefined ? { address } : { address, name }));
    const { replyTo } = this;
    return {
      people, subject: this.subject, message: this.message, level: this.level, options: { ...this.options },
      ...(replyTo !== undefined && { inReplyTo: { parcel: replyTo.parcel, level: replyTo.level } }),
    };
  }

  /** Call it with each change: it is kept a moment later. */
  keep(form: Form): void {
    const empty = this.replyTo === undefined ? form.people.length === 0 && form.subject === '' && form.message === '' : form.message === '';
    if (this.step.at !== 'writing' || (empty && !this.#begun)) return;
    this.#begun = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { void this.#tools.vault.call('keepForm', { form }).catch(() => undefined); }, QUIET);
  }

  get unfinished(): Unfinished | undefined {
    if (!this.files.some(({ state }) => state.kind === 'asked')) return undefined;
    return { subject: this.subject, done: this.#files.done, total: this.#files.total, byClick: this.#handles.length > 0 };
  }

  /** No page shows it any more. */
  readonly end: () => void;

  get files(): Attachment[] {
    return this.#files.list;
  }

  get noSealPass(): boolean {
    return this.#tools.keyring.state === 'none';
  }

  /** Call it with the people and the level as they are: it asks whose keys are known. */
  async learn(people: readonly Addressee[], level: Level): Promise<void> {
    const emails = people.filter(({ address, invalid }) => !invalid && !(address.toLowerCase() in this.keys)).map(({ address }) => address);
    if (level < 3 || emails.length === 0) return;
    try {
      const answer = await this.#tools.vault.call('keysOf', { emails });
      const found = answer.people.map(({ email, key }): [string, KeyOf] => [email.toLowerCase(), key === undefined ? { key: false } : { key: true, trust: key.trust, upTo: key.upTo }]);
      this.keys = { ...this.keys, ...Object.fromEntries(found) };
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      // It is a preview; posting asks again.
    }
  }

  /** Somebody comes back to it: meanwhile words may have been compared. */
  shownAgain(): void {
    this.keys = {};
    this.#unblame('key-changed');
  }

  addPeople(text: string): void {
    this.people = withPeople(this.people, text);
    this.#unblame('to-missing', 'to-invalid');
  }

  removePerson(index: number): void {
    this.people = this.people.filter((_, at) => at !== index);
    this.#unblame('to-invalid');
  }

  addFiles(given: Given): void {
    const more = given.files.reduce((sum, { file }) => sum + file.size, 0);
    if (this.#files.total + more > this.mostBytes) {
      this.step = { at: 'writing', problem: 'too-large' };
      return;
    }
    this.#unblame('nothing', 'too-large', 'files');
    this.#adding = this.#guard(async () => {
      this.#begun = true;
      // The level as it is chosen now decides how the draft is kept.
      clearTimeout(this.#timer);
      await this.#tools.vault.call('keepForm', { form: this.form() });
      const { entries, refused } = await this.#tools.vault.call('addFiles', given);
      this.refusedNames = refused.map(({ name }) => name);
      this.#take(entries);
    });
  }

  #take(entries: DraftEntry[]): void {
    this.#files.take(entries);
    this.#busy();
  }

  removeFile(id: string): void {
    this.#files.remove(id);
    this.#unblame('too-large', 'files');
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

  #problem(): SendProblem | undefined {
    const days = Number(this.options.days);
    const limit = this.options.limit.trim() === '' ? 1 : Number(this.options.limit);
    if (this.people.length === 0) return 'to-missing';
    if (this.people.some(({ invalid }) => invalid)) return 'to-invalid';
    if (this.files.length === 0 && this.message.trim() === '') return 'nothing';
    if (this.#files.lacking) return 'files';
    if (!Number.isInteger(days) || days < 1 || days > this.mostDays) return 'days';
    if (!Number.isInteger(limit) || limit < 1) return 'limit';
    return undefined;
  }

  send(): void {
    void this.#adding.then(() => { this.#send(); });
  }

  #send(): void {
    if (this.step.at !== 'writing') return;
    const problem = this.#problem();
    if (problem !== undefined) {
      this.step = { at: 'writing', problem };
      return;
    }
    clearTimeout(this.#timer);
    this.#files.begin();
    this.#progress();
    this.#busy();
    void this.#guard(() => this.#post());
  }

  async #post(): Promise<void> {
    const form = this.form();
    const limit = form.options.limit.trim() === '' ? undefined : Number(form.options.limit);
    const order: MemberCalls['post']['ask'] = { form, life: Number(form.options.days) * DAY, limit };
    const posted = await this.#tools.keyring.need(() => this.#tools.vault.call('post', order));
    if (posted === undefined) this.step = { at: 'writing' };
    else this.#sent(posted);
  }

  #sent({ parcel, links, codes, waiting }: Posted): void {
    const { passOn } = this.options;
    const mailed = passOn ? [] : this.people.map(({ name, address }) => name ?? address);
    this.step = { at: 'sent', id: parcel, mailed, links: passOn ? links : [], codes, waiting };
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
    void this.#guard(() => this.start());
  }

  /** Somebody logged in again in place: the vault goes on by itself. */
  loggedIn(): void {
    this.loggedOut = false;
  }

  async #guard(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      const { problem } = error;
      const why: SendProblem | undefined = problem.kind === 'stopped' ? undefined : blame(problem);
      this.step = { at: 'writing', problem: why };
      this.#files.flush();
      this.#busy();
    }
  }

  /** What was complained about has been seen to. */
  #unblame(...problems: SendProblem[]): void {
    if (this.step.at === 'writing' && this.step.problem !== undefined && problems.includes(this.step.problem)) this.step = { at: 'writing' };
  }

  #hear(report: MemberReport): void {
    if (report.kind === 'file' || report.kind === 'waiting') this.#files.hear(report);
    else if (report.kind === 'session') this.loggedOut = true;
    else if (report.kind === 'posted') this.#sent({ codes: [], waiting: [], parcel: report.parcel, links: report.links });
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
