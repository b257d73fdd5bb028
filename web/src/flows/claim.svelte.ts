/**
 * One visit to one delivery: from a link to files on the disk.
 *
 * | step | what moves it on |
 * |-|-|
 * | looking | the link's key opens the letter's outside -> closed; it is missing or unfit -> code; it is over -> gone |
 * | code | the typed code -> looking |
 * | closed | address (and password) -> open, or mailed-code if one is asked for |
 * | mailed-code | the code -> open |
 * | open | stays; files are saved as often as the sender allows |
 * | gone | "try again", where that can help -> looking |
 */
import { ApiProblem, type ApiClaim, type ApiSender, type LinkProof, type Look, type VisitApi } from '../api/port.ts';
import { REST } from '../ui/file-state.ts';
import type { Place } from '../vault/disk.ts';
import { VaultError } from '../vault/problem.ts';
import type { ListedFile, Report } from '../vault/protocol.ts';
import type { Vault } from '../vault/vault.ts';
import type { Awake } from './awake.ts';
import type { ClaimStep, ClaimView, ClosedProblem, Enclosure, Gone, Letter, Note, Sender } from './claim-view.ts';
import { Rate } from './rate.ts';

export interface ClaimTools {
  api: VisitApi;
  vault: Vault;
  findPlace: (name: string, size: number) => Promise<Place | undefined>;
  awake: Pick<Awake, 'set'>;
  /** Kept for this browser, by link: the claim's token, the address it was opened with, whether something was being saved. */
  storage: { get(name: string): string | undefined; set(name: string, value: string | undefined): void };
  /** Kept for this tab. */
  tab: string | undefined;
  now: () => number;
  /** A fresh claim token: 32 bytes as text. */
  makeToken: () => string;
  language: () => string;
}

const PING = 45_000;
const GONE: Partial<Record<string, Gone>> = {
  expired: 'expired', withdrawn: 'withdrawn', spent: 'spent', limit_reached: 'spent', link_unknown: 'unknown', not_found: 'unknown',
};

/** What of a text can be a file's name anywhere. */
const fileName = (text: string): string => text.replace(/[\\/:*?"<>|\p{C}]/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, 80);

const senderOf = (sender: ApiSender | undefined): Sender | undefined => sender && { name: sender.name, address: sender.email };

/** With no try left the pause has begun. */
function wrongPassword({ triesLeft, pause }: { triesLeft?: number | undefined; pause?: number | undefined } = {}): ClosedProblem {
  if (triesLeft === 0 && pause !== undefined) return { kind: 'pause', seconds: pause };
  return { kind: 'password', triesLeft, pauseSeconds: pause };
}

export class ClaimFlow implements ClaimView {
  step = $state.raw<ClaimStep>({ at: 'looking' });
  letter = $state.raw<Letter>();
  busy = $state(false);

  readonly #link: string;
  readonly #tools: ClaimTools;
  #look: Look | undefined;
  #proof: LinkProof | undefined;
  #token = '';
  #address = '';
  #listed: ListedFile[] = [];
  #job = 0;
  readonly #running = new Map<number, { files: Set<number>; place: Place }>();
  readonly #rates = new Map<number, Rate>();
  readonly #verified = new Set<number>();
  readonly #receipted = new Set<string>();

  constructor(link: string, tools: ClaimTools) {
    this.#link = link;
    this.#tools = tools;
    tools.vault.onreport = (report) => { this.#hear(report); };
  }

  /** Begins with the part behind the `#`, if there is one. */
  async start(fragment: string | undefined): Promise<void> {
    await this.#guard(async () => {
      const { vault, tab } = this.#tools;
      if (fragment !== undefined && fragment !== '') {
        await this.#take({ fragment });
        return;
      }
      const auth = tab === undefined ? undefined : (await vault.call('recallLink', { id: this.#link, tab })).auth;
      if (auth === undefined) this.step = { at: 'code' };
      else await this.#lookWith({ auth });
    });
  }

  typeCode(code: string): void {
    void this.#guard(() => this.#take({ code }));
  }

  async #take(secret: { fragment: string } | { code: string }): Promise<void> {
    const proof = await this.#tools.vault.call('takeLink', { id: this.#link, ...secret, tab: this.#tools.tab });
    await this.#lookWith(proof);
  }

  async #lookWith(proof: LinkProof): Promise<void> {
    this.#proof = proof;
    const look = await this.#tools.api.look(this.#link, proof);
    this.#look = look;
    if (look.record !== undefined && look.manifest !== undefined) await this.#openLetter(look.record, look.manifest);
    this.letter = {
      sender: { name: look.sender.name, address: look.sender.email },
      level: look.level === 2 ? 2 : 1,
      subject: look.subject,
      message: '',
      expires: look.expires,
      files: look.record === undefined || look.manifest === undefined ? undefined : this.#enclosures(),
    };
    this.#address = this.#kept('address') ?? '';
    // Who opened it here before goes on where they were; a password is asked for again.
    if (this.#address !== '' && look.password === undefined && (await this.#reenter())) return;
    this.step = this.#closed();
  }

  async #reenter(): Promise<boolean> {
    try {
      await this.#enter();
      return true;
    } catch (error) {
      // The visit is over, or was another's: the letter is closed again.
      if (!(error instanceof ApiProblem) || error.code === 'offline') throw error;
      this.#forget();
      if (GONE[error.code] === undefined) return false;
      this.#refused(error.code, error);
      return true;
    }
  }

  #closed(problem?: ClosedProblem): ClaimStep {
    return { at: 'closed', password: this.#look?.password !== undefined, address: this.#address, problem };
  }

  #kept(what: 'claim' | 'address' | 'saving'): string | undefined {
    return this.#tools.storage.get(`${what}.${this.#link}`);
  }

  #keep(what: 'claim' | 'address' | 'saving', value: string | undefined): void {
    this.#tools.storage.set(`${what}.${this.#link}`, value);
  }

  #forget(): void {
    this.#keep('claim', undefined);
    this.#keep('saving', undefined);
  }

  async #openLetter(record: string, manifest: string | Uint8Array<ArrayBuffer>): Promise<void> {
    this.#listed = (await this.#tools.vault.call('openLetter', { record, manifest })).files;
  }

  #enclosures(): Enclosure[] {
    return this.#listed.map(({ index, name, size }) => ({ id: String(index), name, size, state: REST }));
  }

  open(address: string, password: string): void {
    void this.#guard(async () => {
      const look = this.#look;
      if (look === undefined || this.#proof === undefined) return;
      this.#address = address;
      if (look.password !== undefined) {
        const { auth2 } = await this.#tools.vault.call('takePassword', { ...look.password, password });
        this.#proof = { auth: this.#proof.auth, auth2 };
      }
      if (look.mailed_code) await this.#ask(false);
      else await this.#enter();
    });
  }

  askMailedCode(): void {
    void this.#guard(() => this.#ask(true));
  }

  async #ask(again: boolean): Promise<void> {
    const proof = this.#proof;
    if (proof === undefined) return;
    await this.#tools.api.askCode(this.#link, { ...proof, email: this.#address, language: this.#tools.language() });
    this.step = { at: 'mailed-code', address: this.#address, again };
  }

  giveMailedCode(code: string): void {
    void this.#guard(() => this.#enter(code));
  }

  otherAddress(): void {
    this.step = this.#closed();
  }

  async #enter(code?: string): Promise<void> {
    const { api, makeToken } = this.#tools;
    this.#token = this.#kept('claim') ?? makeToken();
    this.#keep('claim', this.#token);
    const ask = { ...this.#proof, auth: this.#proof?.auth ?? '', email: this.#address, token: this.#token };
    const answer = await api.open(this.#link, code === undefined ? ask : { ...ask, code });
    if (this.letter?.files === undefined) await this.#openLetter(answer.record, await api.manifest(this.#token));
    this.letter = {
      sender: { name: answer.sender.name, address: answer.sender.email },
      level: answer.level === 2 ? 2 : 1,
      subject: answer.subject,
      message: answer.message,
      expires: answer.expires,
      files: this.#enclosures(),
    };
    // Others have used it up: said now, not only when somebody wants to save.
    if (answer.claim.left === 0 && answer.claim.state === 'opened' && this.#listed.length > 0) {
      this.#refused('limit_reached');
      return;
    }
    this.#keep('address', this.#address);
    this.step = { at: 'open', left: answer.claim.left, saving: false, note: this.#kept('saving') === undefined ? undefined : 'interrupted' };
  }

  save(id: string): void {
    void this.#guard(() => this.#save([Number(id)]));
  }

  saveAll(): void {
    void this.#guard(() => this.#save(this.#listed.map(({ index }) => index)));
  }

  async #save(files: number[]): Promise<void> {
    const { api, vault, findPlace } = this.#tools;
    const zip = files.length > 1;
    const only = this.#listed.find(({ index }) => index === files[0]);
    if (only === undefined) return;
    const name = zip ? `${fileName(this.letter?.subject ?? '') || 'Depesche'}.zip` : (only.name.split('/').at(-1) ?? only.name);
    const { bytes } = await vault.call('measure', { files, zip });
    this.#standing(await api.lease(this.#token));
    const place = await findPlace(name, bytes);
    if (place === undefined) {
      this.#note('memory');
      return;
    }
    for (const file of files) this.#set(file, { kind: 'waiting' });
    this.#keep('saving', 'yes');
    this.#job += 1;
    await this.#run(this.#job, files, zip, place);
  }

  async #run(job: number, files: number[], zip: boolean, place: Place): Promise<void> {
    const { vault, api } = this.#tools;
    this.#running.set(job, { files: new Set(files), place });
    this.#saving();
    const ping = setInterval(() => { api.ping(this.#token).catch(() => undefined); }, PING);
    try {
      const { blob } = await vault.call('save', { job, files, zip, token: this.#token, sink: place.sink }, place.transfer);
      place.finish(blob);
    } catch (error) {
      place.drop();
      // One that arrived damaged leaves the others as they are.
      const damaged = error instanceof VaultError && error.problem.kind === 'seal';
      for (const file of files) if (!this.#verified.has(file)) this.#set(file, damaged ? { kind: 'failed', why: 'damaged' } : REST);
      if (!damaged && !(error instanceof VaultError && error.problem.kind === 'stopped')) throw error;
    } finally {
      clearInterval(ping);
      this.#running.delete(job);
      if (this.#running.size === 0) this.#keep('saving', undefined);
      this.#saving();
    }
    await this.#confirm();
    if (this.#listed.every(({ index }) => this.#verified.has(index))) this.#note('saved');
  }

  stop(id: string): void {
    for (const [job, { files }] of this.#running) if (files.has(Number(id))) void this.#tools.vault.call('stop', { job });
  }

  stopAll(): void {
    for (const job of this.#running.keys()) void this.#tools.vault.call('stop', { job });
  }

  again(): void {
    const proof = this.#proof;
    this.step = { at: 'looking' };
    void this.#guard(() => (proof === undefined ? this.start(undefined) : this.#lookWith(proof)));
  }

  #hear(report: Report): void {
    const file = this.#listed.find(({ index }) => index === report.file);
    if (file === undefined || !this.#running.has(report.job)) return;
    const now = this.#tools.now();
    const rate = this.#rates.get(report.file) ?? new Rate();
    this.#rates.set(report.file, rate);
    rate.note(report.done, now);
    if (report.verified) {
      this.#verified.add(report.file);
      this.#set(report.file, { kind: 'verified' });
      void this.#confirm();
    } else if (report.waiting) this.#set(report.file, { kind: 'interrupted', done: report.done });
    else this.#set(report.file, { kind: 'running', done: report.done, secondsLeft: rate.secondsLeft(file.size, now) });
  }

  /** Tells the server which file objects are complete on this device: only that counts as saved. */
  async #confirm(): Promise<void> {
    const whole = [...new Set(this.#listed.map(({ object }) => object))].filter(
      (object) =>
        !this.#receipted.has(object) && this.#listed.every((file) => file.object !== object || this.#verified.has(file.index)),
    );
    if (whole.length === 0) return;
    for (const object of whole) this.#receipted.add(object);
    try {
      this.#standing(await this.#tools.api.receipts(this.#token, whole));
    } catch {
      // The files are there all the same; the next receipt takes these along.
      for (const object of whole) this.#receipted.delete(object);
    }
  }

  #standing(claim: ApiClaim): void {
    if (this.step.at === 'open') this.step = { ...this.step, left: claim.left };
  }

  #saving(): void {
    const saving = this.#running.size > 0;
    this.#tools.awake.set(saving);
    if (this.step.at === 'open') this.step = { ...this.step, saving, note: undefined };
  }

  #note(note: Note): void {
    if (this.step.at === 'open') this.step = { ...this.step, note };
  }

  #set(index: number, state: Enclosure['state']): void {
    if (this.letter?.files === undefined) return;
    const files = this.letter.files.map((file) => (file.id === String(index) ? { ...file, state } : file));
    this.letter = { ...this.letter, files };
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.busy = false;
    }
  }

  #fail(error: unknown): void {
    if (error instanceof ApiProblem) this.#refused(error.code, error);
    else if (error instanceof VaultError) this.#vaultFailed(error);
    else if (error instanceof DOMException && error.name === 'AbortError') return;
    else {
      this.step = { at: 'gone', why: 'damaged', sender: this.letter?.sender };
      throw error;
    }
  }

  #refused(code: string, problem?: ApiProblem): void {
    const gone = GONE[code];
    if (gone !== undefined) this.step = { at: 'gone', why: gone, since: problem?.since, sender: senderOf(problem?.sender) ?? this.letter?.sender };
    else if (code === 'link_wrong_key') this.step = { at: 'code', problem: this.step.at === 'code' ? 'unfit' : undefined };
    else if (code === 'wrong_password') this.step = this.#closed(wrongPassword(problem));
    else if (code === 'too_many_tries' && this.letter !== undefined && this.step.at !== 'open') {
      this.step = this.#closed({ kind: 'pause', seconds: problem?.retryAfter ?? 60 });
    } else if (code === 'wrong_code') this.step = { at: 'mailed-code', address: this.#address, problem: problem?.triesLeft === 0 ? 'over' : 'wrong' };
    else if (code === 'invalid' && (this.step.at === 'closed' || this.step.at === 'mailed-code')) this.step = this.#closed({ kind: 'no-address' });
    else if (code === 'claim_over') {
      this.#forget();
      this.step = this.#closed();
    } else if (code === 'too_many_tries') this.step = { at: 'gone', why: 'busy', seconds: problem?.retryAfter };
    else this.step = { at: 'gone', why: 'offline' };
  }

  #vaultFailed({ problem }: VaultError): void {
    if (problem.kind === 'server') this.#refused(problem.code);
    else if (problem.kind === 'seal' && problem.code.startsWith('code_')) {
      this.step = { at: 'code', problem: problem.code === 'code_length' ? 'short' : 'slip' };
    } else if (problem.kind === 'seal' && problem.code.startsWith('link_')) this.step = { at: 'code' };
    else if (problem.kind === 'seal' && problem.code === 'password_empty') {
      this.step = this.#closed({ kind: 'password' });
    } else if (problem.kind === 'disk-full') this.#note('disk-full');
    else this.step = { at: 'gone', why: 'damaged' };
  }
}
