/**
 * The keyring on this page: how it stands, and the one dialog that asks for the SealPass.
 *
 * | state | what moves it on |
 * |-|-|
 * | none | a page leads to the set-up -> open |
 * | locked | `need` asks, `unlock` -> open |
 * | open | the vault locks it after a while -> locked |
 */
import type { KeyringState } from '../vault/keys-protocol.ts';
import type { MemberCalls, MemberReport } from '../vault/member-protocol.ts';
import { VaultError } from '../vault/problem.ts';
import type { VaultProblem } from '../vault/protocol.ts';
import type { SecretProblem, UnlockView } from './keyring-view.ts';

export interface KeyringVault {
  call<N extends keyof MemberCalls>(name: N, ask: MemberCalls[N]['ask'], transfer?: Transferable[]): Promise<MemberCalls[N]['answer']>;
}

export interface KeyringTools {
  vault: KeyringVault;
  /** There is no SealPass yet, and something needs it. */
  onsetup: () => void;
}

/** What a page says of a secret that was not taken. */
export function secretProblem(problem: VaultProblem): SecretProblem {
  switch (problem.kind) {
    case 'sealpass':
      return problem.why;
    case 'kit':
      return problem.why === 'mistyped' ? 'kit-mistyped' : 'kit-wrong';
    case 'distrusted':
      return 'distrusted';
    case 'server':
      return problem.status === 0 || problem.status >= 500 ? 'offline' : 'failed';
    default:
      return 'failed';
  }
}

export class KeyringFlow implements UnlockView {
  /** None until the server was asked. */
  keyring = $state.raw<KeyringState>();
  asking = $state(false);
  busy = $state(false);
  problem = $state<SecretProblem>();
  /** People whose key is not the one that was known. */
  changed = $state.raw<{ email: string; trust: 'renewed' | 'reset' | 'changed' }[]>([]);
  readonly #tools: KeyringTools;
  #waiting: ((opened: boolean) => void)[] = [];

  constructor(tools: KeyringTools) {
    this.#tools = tools;
  }

  get state(): KeyringState['state'] | undefined {
    return this.keyring?.state;
  }

  /** Fails like the server's answer; a page that shows no keys goes on without. */
  async load(account: string, email: string): Promise<void> {
    this.keyring = await this.#tools.vault.call('keyring', { account, email });
  }

  /** What became of it on another device, or by an administrator; never in the middle of something. */
  async look(account: string, email: string): Promise<void> {
    if (this.busy || this.asking) return;
    const now = await this.#tools.vault.call('keyring', { account, email }).catch(() => undefined);
    if (now !== undefined) this.keyring = now;
  }

  /** Somebody else logs in, or nobody. */
  forget(): void {
    this.keyring = undefined;
    this.changed = [];
    this.cancel();
  }

  took(keyring: KeyringState): void {
    this.keyring = keyring;
    if (keyring.state === 'open') this.#answer(true);
  }

  hear(report: MemberReport): void {
    if (report.kind === 'locked' && this.keyring?.state === 'open') this.keyring = { ...this.keyring, state: 'locked' };
    else if (report.kind === 'key-changed') {
      this.changed = [...this.changed.filter(({ email }) => email !== report.email), { email: report.email, trust: report.trust }];
    }
  }

  /** Does the work, asking for the SealPass as often as it takes; none if somebody said "not now". */
  async need<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        if (error.problem.kind === 'no-keyring') {
          this.#tools.onsetup();
          return undefined;
        }
        if (error.problem.kind !== 'locked') throw error;
        if (!(await this.ask())) return undefined;
      }
    }
  }

  /** Asks for the SealPass; true when it was right. */
  ask(): Promise<boolean> {
    this.asking = true;
    this.problem = undefined;
    return new Promise((resolve) => { this.#waiting.push(resolve); });
  }

  #answer(opened: boolean): void {
    this.asking = false;
    for (const go of this.#waiting.splice(0)) go(opened);
  }

  unlock(sealPass: string): void {
    if (!this.busy) void this.#unlock(sealPass);
  }

  async #unlock(sealPass: string): Promise<void> {
    this.busy = true;
    this.problem = undefined;
    try {
      this.took(await this.#tools.vault.call('unlock', { sealPass }));
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      this.problem = secretProblem(error.problem);
    } finally {
      this.busy = false;
    }
  }

  cancel(): void {
    this.#answer(false);
  }
}
