/**
 * One delivery that was sent: what happened, and what its sender can still do. Links and names of files are known to the
 * browser that sent it, and to any with the open keyring (`known`); elsewhere nobody can be added and no mail sent again.
 */
import { ApiProblem, type Shape } from '../api/port.ts';
import type { ClaimCode, CodeMode } from '../vault/keys-protocol.ts';
import type { MemberCalls } from '../vault/member-protocol.ts';
import { VaultError } from '../vault/problem.ts';
import { endedOf, levelOf, stateOf } from './sent-list.svelte.ts';
import type { KeyringFlow } from './keyring.svelte.ts';
import type { Addition, ParcelProblem, ParcelView, SentParcel, SentRecipient, Visit } from './sent-view.ts';

type Parcel = Shape<'Parcel'>;
type Names = MemberCalls['namesOf']['answer'];

export interface ParcelTools {
  api: {
    details(id: string): Promise<Parcel>;
    withdraw(id: string): Promise<Parcel>;
    extend(id: string, expires: number): Promise<Parcel>;
    drop(id: string, email: string): Promise<Parcel>;
  };
  vault: {
    call<N extends 'namesOf' | 'addRecipients' | 'resend' | 'follow' | 'codesOf' | 'newCode'>(name: N, ask: MemberCalls[N]['ask']): Promise<MemberCalls[N]['answer']>;
  };
  keyring: KeyringFlow;
  mostDays: number;
  language: () => 'de' | 'en' | 'cs';
  now: () => number;
  onsession: () => void;
  copy: (text: string) => Promise<void>;
}

const DAY = 86_400_000;

/** Files that one visit has reported as complete; none where that cannot be told. */
function saved(parcel: Parcel, visit: Shape<'Visit'>, names: Names): number | 'all' | undefined {
  const got = new Set(visit.receipts.map(({ file }) => file));
  if (got.size > 0 && parcel.files.length > 0 && parcel.files.every(({ id }) => got.has(id))) return 'all';
  return names?.files.filter(({ object }) => object !== undefined && got.has(object)).length;
}

function visitOf(parcel: Parcel, visit: Shape<'Visit'>, names: Names): Visit {
  const state = visit.state === 'leased' || visit.state === 'committed' || visit.state === 'lapsed' ? visit.state : 'opened';
  return { address: visit.stated, proven: visit.proven, state, opened: visit.opened, files: saved(parcel, visit, names) };
}

const VERIFIED = ['code', 'words', 'pinned', 'reply', 'no', 'claimed'] as const;

/** What concerns the recipient's key. */
function keysOf({ release, claim_code: code, lost }: Shape<'Recipient'>): Pick<SentRecipient, 'release' | 'claimCode' | 'lost'> {
  const verified = VERIFIED.find((how) => how === release?.verified) ?? 'no';
  return {
    release: release && { at: release.at, verified }, lost,
    claimCode: code && { mode: code.mode === 'instant' ? 'instant' : 'confirm', triesLeft: code.tries_left, registered: code.registered },
  };
}

function shown(parcel: Parcel, names: Names): SentParcel {
  const ended = endedOf(parcel.reason);
  const urls = new Map(names?.links.map(({ address, url }) => [address.toLowerCase(), url]));
  const files = names?.files.map(({ name, size }) => ({ name, size }));
  return {
    id: parcel.id, level: levelOf(parcel.level), ended, closed: parcel.closed, 
    subject: names?.letter?.subject ?? parcel.subject, message: names?.letter?.message ?? parcel.message,
    posted: parcel.posted, expires: parcel.expires, list: files, files: files?.length,
    size: files?.reduce((sum, { size }) => sum + size, 0) ?? parcel.size,
    recipients: parcel.recipients.map((recipient) => ({
      address: recipient.email, name: recipient.name || undefined, state: stateOf(recipient.state, ended), ...keysOf(recipient), notified: recipient.notified, bounced: recipient.bounced,
      opened: recipient.opened, downloaded: recipient.downloaded, limit: recipient.limit, taken: recipient.taken,
      visits: recipient.visits.map((visit) => visitOf(parcel, visit, names)), url: urls.get(recipient.email.toLowerCase()),
    })),
  };
}

export class ParcelFlow implements ParcelView {
  state = $state<ParcelView['state']>('loading');
  busy = $state(false);
  resent = $state<string>();
  problem = $state<ParcelProblem>();
  codes = $state.raw<ClaimCode[]>([]);
  #parcel = $state.raw<Parcel>();
  #names = $state.raw<Names>();
  readonly parcel = $derived(this.#parcel && shown(this.#parcel, this.#names));
  readonly #id: string;
  readonly #tools: ParcelTools;

  constructor(id: string, tools: ParcelTools) {
    this.#id = id;
    this.#tools = tools;
  }

  get known(): boolean {
    return this.#names !== undefined;
  }

  get locked(): boolean {
    return !this.known && this.parcel?.ended === undefined && (this.parcel?.level ?? 1) >= 3 && this.#tools.keyring.state === 'locked';
  }

  unlock(): void {
    void this.#tools.keyring.ask().then((opened) => (opened ? this.load() : undefined));
  }

  showCodes(): void {
    void this.#do(async () => {
      const { keyring, vault } = this.#tools;
      const answer = await keyring.need(() => vault.call('codesOf', { parcel: this.#id }));
      if (answer !== undefined) this.codes = answer.codes;
    });
  }

  newCode(address: string, mode: CodeMode): void {
    void this.#do(async () => {
      const { keyring, vault } = this.#tools;
      const code = await keyring.need(() => vault.call('newCode', { parcel: this.#id, email: address, mode }));
      if (code === undefined) return;
      this.codes = [...this.codes.filter(({ email }) => email !== code.email), code];
      await this.load();
    });
  }

  get mostDays(): number {
    return this.#tools.mostDays;
  }

  async load(): Promise<void> {
    const { api, vault } = this.#tools;
    try {
      this.#parcel = await api.details(this.#id);
      this.state = 'there';
      // Without storage or keys the page shows what the server knows.
      this.#names ??= this.#parcel.state === 'posted' ? await vault.call('namesOf', { parcel: this.#id }).catch(() => undefined) : undefined;
    } catch (error) {
      this.#failed(error);
    }
  }

  extend(days: number): void {
    void this.#do(async () => {
      const expires = this.#tools.now() + days * DAY;
      this.#parcel = await this.#tools.api.extend(this.#id, expires);
      await this.#follow({ expires: this.#parcel.expires });
    });
  }

  drop(address: string): void {
    void this.#do(async () => {
      this.#parcel = await this.#tools.api.drop(this.#id, address);
      await this.#follow({ dropped: address });
    });
  }

  withdraw(): void {
    void this.#do(async () => {
      this.#parcel = await this.#tools.api.withdraw(this.#id);
      await this.#follow({ over: true });
    });
  }

  resend(address: string): void {
    void this.#do(async () => {
      const { keyring, vault, language } = this.#tools;
      if ((await keyring.need(() => vault.call('resend', { parcel: this.#id, addresses: [address], language: language() }))) === undefined) return;
      this.resent = address;
      await this.load();
    });
  }

  add({ addresses, password, mailedCode, mail, claimCode }: Addition): void {
    void this.#do(async () => {
      const limit = this.#parcel?.recipients.find((recipient) => recipient.limit !== undefined)?.limit;
      const language = mail ? this.#tools.language() : undefined;
      const { keyring, vault } = this.#tools;
      const people = { addresses, password, mailedCode, limit, language, claimCode };
      const answer = await keyring.need(() => vault.call('addRecipients', { parcel: this.#id, people }));
      if (answer === undefined) return;
      this.codes = answer.codes;
      this.#names = undefined;
      await this.load();
    });
  }

  copy(url: string): Promise<boolean> {
    return this.#tools.copy(url).then(() => true, () => false);
  }

  async #follow(what: Omit<MemberCalls['follow']['ask'], 'parcel'>): Promise<void> {
    // What this browser keeps is a convenience; the server has done it already.
    await this.#tools.vault.call('follow', { parcel: this.#id, ...what }).catch(() => undefined);
  }

  async #do(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    this.resent = undefined;
    try {
      await work();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.busy = false;
    }
  }

  #failed(error: unknown): void {
    if (error instanceof VaultError && error.problem.kind === 'key') this.problem = 'key-changed';
    else if (error instanceof VaultError) this.problem = error.problem.kind === 'server' ? this.#refused(error.problem.code, error.problem.status) : 'elsewhere';
    else if (error instanceof ApiProblem) this.problem = this.#refused(error.code, error.status);
    else throw error;
  }

  #refused(code: string, status: number): ParcelProblem | undefined {
    if (status === 401) this.#tools.onsession();
    else if (status === 404) this.state = 'not-there';
    else if (code === 'offline' || status >= 500) return 'offline';
    else return 'refused';
    return undefined;
  }
}
