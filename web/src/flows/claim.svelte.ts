/**
 * One visit to one delivery: from a link to files on the disk.
 *
 * | step | what moves it on |
 * |-|-|
 * | looking | the link's key opens the letter's outside -> closed; it is missing or unfit -> code; it is over -> gone |
 * | code | the typed code -> looking |
 * | login | somebody logs in and comes back -> looking; a letter sealed to a person goes on in the inbox |
 * | closed | address (and password) -> open, or mailed-code if one is asked for |
 * | mailed-code | the code -> open |
 * | open | stays; files are saved as often as the sender allows |
 * | gone | "try again", where that can help -> looking |
 */
import { ApiProblem, type ApiClaim, type ApiSender, type LinkProof, type Look, type VisitApi } from '../api/port.ts';
import type { Place } from '../vault/disk.ts';
import { VaultError } from '../vault/problem.ts';
import type { Vault } from '../vault/vault.ts';
import type { Awake } from './awake.ts';
import type { ClaimStep, ClaimView, ClosedProblem, Enclosure, Gone, Letter, Note, Sender } from './claim-view.ts';
import { Saving } from './saving.ts';

export interface ClaimTools {
  api: VisitApi;
  vault: Vault;
  findPlace: (name: string, size: number) => Promise<Place | undefined>;
  awake: Pick<Awake, 'set'>;
  /** Kept for this browser, by link: the claim's token, the address it was opened with, whether something was being saved. */
  storage: { get(name: string): string | undefined; set(name: string, value: string | undefined): void };
  /** Kept for this tab. */
  tab: string | undefined;
  /** `/a/`: attachments of a protected mail. Their link stands in a PDF alone, and has no code to be typed. */
  attached?: boolean;
  now: () => number;
  /** A fresh claim token: 32 bytes as text. */
  makeToken: () => string;
  language: () => 'de' | 'en' | 'cs';
  /** To another page of ours. */
  leave: (to: string) => void;
}

/** 32 zero bytes: no key has this proof. */
const NO_PROOF = 'A'.repeat(43);
const GONE: Partial<Record<string, Gone>> = {
  expired: 'expired', withdrawn: 'withdrawn', spent: 'spent', limit_reached: 'spent', link_unknown: 'unknown', not_found: 'unknown',
};

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
  #parcel = $state<string>();
  readonly #saving: Saving;

  constructor(link: string, tools: ClaimTools) {
    this.#link = link;
    this.#tools = tools;
    const { vault, api, findPlace, now } = tools;
    this.#saving = new Saving({
      api, findPlace, now,
      vault: {
        measure: (ask) => vault.call('measure', ask), save: (ask, transfer) => vault.call('save', ask, transfer),
        stop: (job) => void vault.call('stop', { job }),
      },
      subject: () => this.letter?.subject ?? '',
      onfile: (file, state) => { this.#set(file, state); },
      onclaim: (claim) => { this.#standing(claim); },
      onnote: (note) => { this.#note(note); },
      onsaving: (on) => { this.#busySaving(on); },
    });
    vault.onreport = (report) => { this.#saving.hear(report); };
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
      if (auth === undefined) await this.#probe();
      else await this.#lookWith({ auth });
    });
  }

  /** A link that lost its key is known to the server; what is sealed to a person's key never had one. */
  async #probe(): Promise<void> {
    try {
      await this.#tools.api.look(this.#link, { auth: NO_PROOF });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === 404 && !this.#tools.attached) await this.#inInbox();
      else if (error.code === 'link_wrong_key') this.#askCode();
      else this.#refused(error.code, error);
    }
  }

  /** Sealed to a person: whoever is logged in is not asked again. */
  async #inInbox(): Promise<void> {
    if ((await this.#tools.api.whoami()) === undefined) this.step = { at: 'login', sealed: true };
    else this.#tools.leave(`/received/${this.#link}`);
  }

  /** Level 2, and nobody whom it was sent to is logged in. */
  async #askLogin(): Promise<void> {
    this.step = { at: 'login', sealed: false, as: await this.#tools.api.whoami() };
  }

  /** The key part is missing or unfit. */
  #askCode(problem?: 'unfit'): void {
    this.step = this.#tools.attached ? { at: 'gone', why: 'cut', sender: this.letter?.sender } : { at: 'code', problem };
  }

  login(): void {
    const { step } = this;
    if (step.at !== 'login') return;
    void this.#guard(async () => {
      // With this account there would be no way past the login page.
      if (step.as !== undefined) await this.#tools.api.logout();
      this.#tools.leave(`/login?to=${step.sealed ? '/received' : '/d'}/${this.#link}`);
    });
  }

  invite(address: string): void {
    void this.#guard(async () => {
      const { api, language } = this.#tools;
      if (this.#proof !== undefined) await api.invite(this.#link, { ...this.#proof, email: address, language: language() });
      const as = this.step.at === 'login' ? this.step.as : undefined;
      this.step = { at: 'login', sealed: false, as, invited: address };
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
    const letter = { sender: { name: look.sender.name, address: look.sender.email }, level: look.level === 2 ? (2 as const) : (1 as const), subject: look.subject, message: '', expires: look.expires, files: undefined, attachedFor: look.protected?.email };
    if (look.login === true) {
      this.letter = letter;
      await this.#askLogin();
      return;
    }
    if (look.record !== undefined && look.manifest !== undefined) await this.#openLetter(look.record, look.manifest);
    this.letter = {
      ...letter,
      files: look.record === undefined || look.manifest === undefined ? undefined : this.#saving.enclosures(),
    };
    const kept = this.#kept('address');
    this.#address = kept ?? look.protected?.email ?? '';
    // Who opened it here before goes on where they were; a password is asked for again.
    if (kept !== undefined && look.password === undefined && (await this.#reenter())) return;
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
    return { at: 'closed', password: this.#look?.password !== undefined, known: this.letter?.level === 2 || this.letter?.attachedFor !== undefined, address: this.#address, problem };
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
    this.#saving.begin((await this.#tools.vault.call('openLetter', { record, manifest })).files);
  }

  open(address: string, password: string): void {
    void this.#guard(async () => {
      const look = this.#look;
      if (look === undefined || this.#proof === undefined) return;
      this.#address = this.letter?.attachedFor ?? address;
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
    this.#saving.token = this.#token;
    this.letter = {
      sender: { name: answer.sender.name, address: answer.sender.email },
      level: answer.level === 2 ? 2 : 1,
      subject: answer.subject,
      message: answer.message,
      expires: answer.expires,
      files: this.#saving.enclosures(),
      attachedFor: this.letter?.attachedFor,
    };
    // Others have used it up: said now, not only when somebody wants to save.
    if (answer.claim.left === 0 && answer.claim.state === 'opened' && this.#saving.any) {
      this.#refused('limit_reached');
      return;
    }
    this.#parcel = answer.parcel;
    this.#keep('address', this.#address);
    this.step = { at: 'open', left: answer.claim.left, saving: false, note: this.#kept('saving') === undefined ? undefined : 'interrupted' };
  }

  save(id: string): void {
    void this.#guard(() => this.#saving.save([Number(id)]));
  }

  saveAll(): void {
    void this.#guard(() => this.#saving.all());
  }

  stop(id: string): void {
    this.#saving.stop(Number(id));
  }

  stopAll(): void {
    this.#saving.stopAll();
  }

  /** The members' page of the same tab goes on with the link, which this browser keeps for the tab. */
  get keep(): (() => void) | undefined {
    const parcel = this.#parcel;
    if (parcel === undefined || this.letter?.level !== 2) return undefined;
    return () => { this.#tools.leave(`/received/${parcel}?keep=${this.#link}`); };
  }

  get reply(): (() => void) | undefined {
    const parcel = this.#parcel;
    if (parcel === undefined || this.letter?.level !== 2) return undefined;
    return () => { this.#tools.leave(`/new?reply=${parcel}`); };
  }

  again(): void {
    const proof = this.#proof;
    this.step = { at: 'looking' };
    void this.#guard(() => (proof === undefined ? this.start(undefined) : this.#lookWith(proof)));
  }

  #standing(claim: ApiClaim): void {
    if (this.step.at === 'open') this.step = { ...this.step, left: claim.left };
  }

  #busySaving(saving: boolean): void {
    this.#tools.awake.set(saving);
    this.#keep('saving', saving ? 'yes' : undefined);
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
    else if (code === 'login_required' || code === 'wrong_account') void this.#guard(() => this.#askLogin());
    else if (code === 'link_wrong_key') this.#askCode(this.step.at === 'code' ? 'unfit' : undefined);
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
    } else if (problem.kind === 'seal' && problem.code.startsWith('link_')) this.#askCode();
    else if (problem.kind === 'seal' && problem.code === 'password_empty') {
      this.step = this.#closed({ kind: 'password' });
    } else if (problem.kind === 'disk-full') this.#note('disk-full');
    else this.step = { at: 'gone', why: 'damaged' };
  }
}
