/**
 * Releasing to people who wait: one after another with their words, or all at once. The SealPass is asked for once, and kept
 * in this dialog alone until it closes.
 *
 * | step | what moves it on |
 * |-|-|
 * | one | released -> the next one, or done; not now -> the next one, or closed; they differ -> stays, nothing is released |
 * | all | released -> done |
 * | done | close |
 */
import { VaultError } from '../vault/problem.ts';
import type { Releasing, WaitingPerson } from '../vault/keys-protocol.ts';
import type { MemberReport } from '../vault/member-protocol.ts';
import { ApiProblem } from '../api/port.ts';
import { secretProblem, type KeyringFlow, type KeyringVault } from './keyring.svelte.ts';
import type { SecretProblem } from './keyring-view.ts';
import type { Choice, NotReleased, ReleaseStep, ReleaseView } from './release-view.ts';

export interface ReleaseTools {
  vault: KeyringVault;
  keyring: KeyringFlow;
  onsession: () => void;
  /** Something was released: lists and badges look again. */
  onreleased: () => void;
}

const nameOf = (person: WaitingPerson): string => person.name ?? person.email;
const same = (a: WaitingPerson, b: WaitingPerson): boolean => a.parcel === b.parcel && a.email === b.email;

/** Nothing has to be compared any more. */
export const isSure = ({ trust, code }: WaitingPerson): boolean => trust === 'verified' || trust === 'renewed' || code.state === 'right';
/** Words must be compared before anything goes to this key. */
export const mustCompare = (person: WaitingPerson): boolean => !isSure(person) && (person.level === 4 || person.trust === 'changed');

export class ReleaseFlow implements ReleaseView {
  waiting = $state.raw<WaitingPerson[]>([]);
  step = $state.raw<ReleaseStep>({ at: 'closed' });
  busy = $state(false);
  problem = $state<SecretProblem>();
  #secret = $state<string>();
  #queue: WaitingPerson[] = [];
  #index = 0;
  #released: string[] = [];
  #refused: { name: string; why: NotReleased }[] = [];
  readonly #words = new Map<string, string[]>();
  readonly #tools: ReleaseTools;

  constructor(tools: ReleaseTools) {
    this.#tools = tools;
  }

  get entered(): boolean {
    return this.#secret !== undefined;
  }

  async load(): Promise<void> {
    try {
      const { people } = await this.#tools.vault.call('waiting', {});
      if (this.step.at === 'closed') this.waiting = people;
    } catch (error) {
      if (!(error instanceof VaultError) && !(error instanceof ApiProblem)) throw error;
      // The list says by itself that the server is away; without a keyring nobody waits.
      if (error instanceof VaultError && error.problem.kind === 'server' && error.problem.status === 401) this.#tools.onsession();
    }
  }

  hear(report: MemberReport): void {
    if (report.kind === 'releasing' && this.step.at === 'releasing') this.step = { at: 'releasing', done: report.done, of: report.of };
  }

  open(parcel?: string): void {
    this.#queue = this.waiting.filter((person) => person.releasable && (parcel === undefined || person.parcel === parcel));
    this.#index = 0;
    this.#released = [];
    this.#refused = [];
    this.#show();
  }

  get #person(): WaitingPerson | undefined {
    return this.#queue[this.#index];
  }

  #show(): void {
    this.problem = undefined;
    const person = this.#person;
    if (person === undefined) {
      this.#end();
      return;
    }
    const next = this.#queue[this.#index + 1];
    this.step = {
      at: 'one', person, number: this.#index + 1, of: this.#queue.length, next: next && nameOf(next), words: this.#words.get(person.fingerprint), differ: false,
    };
    void this.#find(person);
  }

  async #find(person: WaitingPerson): Promise<void> {
    if (!this.#words.has(person.fingerprint)) {
      const { words } = await this.#tools.vault.call('wordsOf', { fingerprints: [person.fingerprint] });
      this.#words.set(person.fingerprint, words[person.fingerprint] ?? []);
    }
    if (this.step.at === 'one' && same(this.step.person, person)) this.step = { ...this.step, words: this.#words.get(person.fingerprint) };
  }

  skip(): void {
    this.#index += 1;
    this.#show();
  }

  differ(): void {
    if (this.step.at === 'one') this.step = { ...this.step, differ: true };
  }

  all(): void {
    const rest = this.#queue.slice(this.#index);
    const alarmed = rest.filter(mustCompare).length;
    const sure = rest.filter(isSure).length;
    this.problem = undefined;
    this.step = { at: 'all', sure, unsure: rest.length - sure - alarmed, alarmed };
  }

  release(choice: Choice, sealPass: string): void {
    const person = this.#person;
    if (person === undefined) return;
    void this.#do(sealPass, [this.#order(person, choice)], () => {
      this.#index += 1;
      this.#show();
    });
  }

  releaseAll(unsure: boolean, sealPass: string): void {
    const people = this.#queue.slice(this.#index).filter((person) => isSure(person) || (unsure && !mustCompare(person)));
    void this.#do(sealPass, people.map((person) => this.#order(person, 'no')), () => {
      this.#index = this.#queue.length;
      this.#end();
    });
  }

  #order({ parcel, email, fingerprint, trust, code }: WaitingPerson, choice: Choice): Releasing {
    const verified = choice === 'words' ? 'words' : code.state === 'right' ? 'code' : trust === 'verified' || trust === 'renewed' ? 'pinned' : 'no';
    return { parcel, email, fingerprint, verified };
  }

  async #do(sealPass: string, releases: Releasing[], then: () => void): Promise<void> {
    if (this.busy || releases.length === 0) return;
    this.busy = true;
    this.problem = undefined;
    const secret = this.#secret ?? sealPass;
    const before = this.step;
    if (releases.length > 1) this.step = { at: 'releasing', done: 0, of: releases.length };
    try {
      const { released, refused } = await this.#tools.vault.call('release', { sealPass: secret, releases });
      this.#secret = secret;
      const named = (one: Releasing): string => nameOf(this.#queue.find(({ parcel, email }) => parcel === one.parcel && email === one.email) ?? ({ email: one.email } as WaitingPerson));
      this.#released.push(...released.map(named));
      this.#refused.push(...refused.map((one) => ({ name: named(one), why: one.why })));
      const gone = new Set(released.map(({ parcel, email }) => `${parcel} ${email}`));
      this.waiting = this.waiting.filter(({ parcel, email }) => !gone.has(`${parcel} ${email}`));
      then();
      this.#tools.onreleased();
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      this.step = before;
      this.problem = secretProblem(error.problem);
      if (this.problem === 'wrong') this.#secret = undefined;
    } finally {
      this.busy = false;
    }
  }

  #end(): void {
    if (this.#released.length + this.#refused.length === 0) this.close();
    else this.step = { at: 'done', released: this.#released, refused: this.#refused, later: this.waiting.length };
  }

  close(): void {
    this.#secret = undefined;
    this.problem = undefined;
    this.step = { at: 'closed' };
    void this.load();
  }
}
