/**
 * One delivery of the inbox, from the list to files on the disk.
 *
 * | step | what moves it on |
 * |-|-|
 * | looking | what the server says of it -> one of the others |
 * | set-up | a SealPass is made on its own page -> looking |
 * | waits | the sender releases, or a claim code is right -> looking |
 * | locked | the SealPass -> open |
 * | link | stays: the link of the mail opens it |
 * | open | stays; files are saved as often as the sender allows |
 * | gone | "try again", where that can help -> looking |
 */
import type { ApiDelivery } from '../api/people.ts';
import { ApiProblem, type ApiClaim } from '../api/port.ts';
import type { OpenedParcel } from '../vault/keys-protocol.ts';
import type { MemberReport } from '../vault/member-protocol.ts';
import { VaultError } from '../vault/problem.ts';
import type { Awake } from './awake.ts';
import type { Enclosure, Note } from './claim-view.ts';
import { ownState } from './inbox.svelte.ts';
import type { ReceivedLetter, ReceivedStep, ReceivedView } from './inbox-view.ts';
import type { KeyringFlow, KeyringVault } from './keyring.svelte.ts';
import { Saving, type SavingTools } from './saving.ts';
import { levelOf } from './sent-list.svelte.ts';

export interface ReceivedTools {
  api: SavingTools['api'] & { delivery(id: string): Promise<ApiDelivery>; read(id: string): Promise<void> };
  /** Level 2, from the landing page of this tab: the link that it is to be kept by. */
  keep: { link: string; tab: string; token: string } | undefined;
  vault: KeyringVault;
  keyring: KeyringFlow;
  findPlace: SavingTools['findPlace'];
  awake: Pick<Awake, 'set'>;
  /** Kept for this browser, by delivery: the claim's token. */
  storage: { get(name: string): string | undefined; set(name: string, value: string | undefined): void };
  now: () => number;
  makeToken: () => string;
  onsession: () => void;
}

type Gone = (ReceivedStep & { at: 'gone' })['why'];

const GONE: Partial<Record<string, Gone>> = {
  expired: 'expired', withdrawn: 'withdrawn', spent: 'spent', limit_reached: 'spent', not_found: 'unknown', too_many_tries: 'busy',
};

export class ReceivedFlow implements ReceivedView {
  step = $state.raw<ReceivedStep>({ at: 'looking' });
  letter = $state.raw<ReceivedLetter>();
  busy = $state(false);
  readonly #id: string;
  readonly #tools: ReceivedTools;
  readonly #saving: Saving;
  #delivery: ApiDelivery | undefined;
  #tried = false;

  constructor(id: string, tools: ReceivedTools) {
    this.#id = id;
    this.#tools = tools;
    const { vault, api, findPlace, now } = tools;
    this.#saving = new Saving({
      api, findPlace, now,
      vault: {
        measure: (ask) => vault.call('measure', ask), save: (ask, transfer) => vault.call('save', ask, transfer),
        stop: (job) => void vault.call('stopSaving', { job }),
      },
      subject: () => this.letter?.subject ?? '',
      onfile: (file, state) => { this.#set(file, state); },
      onclaim: (claim) => { this.#standing(claim); },
      onnote: (note) => { this.#note(note); },
      onsaving: (on) => {
        tools.awake.set(on);
        if (this.step.at === 'open') this.step = { ...this.step, saving: on, note: undefined };
      },
    });
  }

  hear(report: MemberReport): void {
    if (report.kind === 'saving') this.#saving.hear(report);
  }

  /** What became of it since the page was looked at last; an open letter stays open. */
  async load(): Promise<void> {
    if (this.step.at === 'open' || this.busy) return;
    await this.#guard(() => this.#look());
  }

  again(): void {
    this.step = { at: 'looking' };
    void this.load();
  }

  async #look(): Promise<void> {
    const delivery = await this.#tools.api.delivery(this.#id);
    this.#delivery = delivery;
    this.letter = {
      sender: { name: delivery.sender.name, address: delivery.sender.email }, trust: undefined, level: levelOf(delivery.level), subject: delivery.subject,
      message: delivery.message, expires: delivery.expires, files: undefined, reply: delivery.in_reply_to !== undefined,
    };
    if (delivery.unread) void this.#tools.api.read(this.#id).catch(() => undefined);
    const state = ownState(delivery);
    if (state === 'withdrawn' || state === 'expired' || state === 'spent') this.step = { at: 'gone', why: state, since: state === 'expired' ? delivery.expires : undefined };
    else if (state === 'dropped') this.step = { at: 'gone', why: 'dropped' };
    else if (delivery.openable) await this.#openable();
    else if (delivery.level === 2 && this.#tools.keep !== undefined && !this.#tried) await this.#keepIt(this.#tools.keep);
    else if (delivery.level < 3) this.step = { at: 'link' };
    else this.step = this.#tools.keyring.state === 'none' ? this.#setUp() : this.#waits();
  }

  async #keepIt({ link, tab, token }: { link: string; tab: string; token: string }): Promise<void> {
    const { vault, keyring } = this.#tools;
    this.#tried = true;
    this.step = { at: 'link' };
    if ((await keyring.need(() => vault.call('keepForGood', { parcel: this.#id, token, link: { id: link, tab } }))) !== undefined) await this.#look();
  }

  get #lost(): boolean {
    return this.#delivery?.lost !== undefined;
  }

  #setUp(): ReceivedStep {
    return { at: 'set-up', lost: this.#lost };
  }

  #waits(): ReceivedStep {
    const code = this.#delivery?.claim_code;
    const waits = { at: 'waits', lost: this.#lost } as const;
    if (code === undefined) return { ...waits, code: 'none' };
    if (code.tries_left === 0) return { ...waits, code: 'none', problem: 'over' };
    if (code.wrong) return { ...waits, code: 'ask', problem: 'wrong' };
    return { ...waits, code: code.registered ? 'given' : 'ask' };
  }

  async #openable(): Promise<void> {
    const state = this.#tools.keyring.state;
    if (state === 'none') this.step = this.#setUp();
    else if (state === 'open') await this.#open();
    else this.step = { at: 'locked' };
  }

  unlock(): void {
    void this.#guard(async () => {
      if (await this.#tools.keyring.ask()) await this.#open();
    });
  }

  async #open(): Promise<void> {
    const { vault, keyring, storage, makeToken } = this.#tools;
    const name = `claim.${this.#id}`;
    const token = storage.get(name) ?? makeToken();
    storage.set(name, token);
    const opened = await keyring.need(() => vault.call('openParcel', { parcel: this.#id, token }));
    if (opened === undefined) {
      this.step = { at: 'locked' };
      return;
    }
    this.#saving.token = token;
    this.#saving.begin(opened.files);
    this.letter = this.#letterOf(opened);
    this.step = { at: 'open', left: this.#delivery?.left, saving: false };
  }

  #letterOf({ sender, level, subject, message, inReplyTo }: OpenedParcel): ReceivedLetter {
    const known = this.#delivery;
    return {
      sender: { name: sender.name ?? known?.sender.name ?? '', address: sender.email }, trust: sender.trust, level: levelOf(level),
      subject: subject || (known?.subject ?? ''), message: message || (known?.message ?? ''), expires: known?.expires ?? 0,
      files: this.#saving.enclosures(), reply: inReplyTo !== undefined,
    };
  }

  enterCode(code: string): void {
    void this.#guard(async () => {
      const { vault, keyring } = this.#tools;
      const answer = await keyring.need(() => vault.call('enterClaimCode', { parcel: this.#id, code }));
      if (answer?.state === 'ready') await this.#open();
      else if (answer?.state === 'waits') this.step = { at: 'waits', code: 'given' };
    });
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

  #set(index: number, state: Enclosure['state']): void {
    if (this.letter?.files === undefined) return;
    this.letter = { ...this.letter, files: this.letter.files.map((file) => (file.id === String(index) ? { ...file, state } : file)) };
  }

  #standing(claim: ApiClaim): void {
    if (this.step.at === 'open') this.step = { ...this.step, left: claim.left };
  }

  #note(note: Note): void {
    if (this.step.at === 'open') this.step = { ...this.step, note };
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
    if (error instanceof ApiProblem) this.#refused(error.code, error.status, error);
    else if (error instanceof VaultError) this.#vaultFailed(error);
    else if (error instanceof DOMException && error.name === 'AbortError') return;
    else throw error;
  }

  #refused(code: string, status: number, problem?: { since?: number | undefined; retryAfter?: number | undefined }): void {
    const gone = GONE[code];
    if (status === 401) this.#tools.onsession();
    else if (gone !== undefined) this.step = { at: 'gone', why: gone, since: problem?.since, seconds: problem?.retryAfter };
    else if (code === 'no_sealpass') this.step = this.#setUp();
    else if (code === 'waits_release') this.step = this.#waits();
    else if (code === 'open_by_link') this.step = { at: 'link' };
    else if (code === 'code_dead') this.step = { at: 'waits', code: 'none', problem: 'over' };
    else if (code === 'wrong_code') this.step = { at: 'waits', code: 'ask', problem: 'wrong' };
    else if (code === 'claim_over') {
      this.#tools.storage.set(`claim.${this.#id}`, undefined);
      this.step = { at: 'locked' };
    } else this.step = { at: 'gone', why: 'offline' };
  }

  #vaultFailed({ problem }: VaultError): void {
    switch (problem.kind) {
      case 'server':
        this.#refused(problem.code, problem.status, problem);
        break;
      case 'claim-code':
        this.step = { at: 'waits', code: 'ask', problem: problem.why };
        break;
      case 'distrusted':
        this.step = { at: 'gone', why: 'distrusted' };
        break;
      case 'key':
        this.step = { at: 'gone', why: 'changed' };
        break;
      case 'disk-full':
        this.#note('disk-full');
        break;
      case 'stopped':
        break;
      default:
        this.step = { at: 'gone', why: 'damaged' };
    }
  }
}
