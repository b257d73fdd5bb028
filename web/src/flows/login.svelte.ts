/** Logging in, and making the first account; the vault does the cryptography. A pause is counted down. */
import type { ApiAccount, Device } from '../api/members.ts';
import type { MemberVault } from '../vault/member-vault.ts';
import { VaultError } from '../vault/problem.ts';
import type { FirstRunView, LoginView } from './session-view.ts';

const SECOND = 1000;

export class LoginFlow implements LoginView {
  busy = $state(false);
  problem = $state.raw<LoginView['problem']>();
  readonly #vault: Pick<MemberVault, 'call'>;
  readonly #done: (account: ApiAccount) => void;
  readonly #device: () => Device;
  #tick: ReturnType<typeof setInterval> | undefined;

  constructor(vault: Pick<MemberVault, 'call'>, device: () => Device, done: (account: ApiAccount) => void) {
    this.#vault = vault;
    this.#done = done;
    this.#device = device;
  }

  login(email: string, password: string): void {
    if (this.busy || this.problem?.kind === 'pause') return;
    void this.#try(email, password);
  }

  async #try(email: string, password: string): Promise<void> {
    this.busy = true;
    this.problem = undefined;
    try {
      const { account } = await this.#vault.call('login', { email, password, device: this.#device() });
      this.#done(account);
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      this.#failed(error.problem);
    } finally {
      this.busy = false;
    }
  }

  #failed(problem: VaultError['problem']): void {
    if (problem.kind !== 'server') this.problem = { kind: 'failed' };
    else if (problem.code === 'too_many_tries') this.#pause(problem.retryAfter ?? 60);
    else if (problem.code === 'login_failed') this.problem = { kind: 'wrong' };
    else this.problem = problem.status === 0 || problem.status >= 500 ? { kind: 'offline' } : { kind: 'failed' };
  }

  #pause(seconds: number): void {
    clearInterval(this.#tick);
    this.problem = { kind: 'pause', seconds };
    this.#tick = setInterval(() => {
      const left = this.problem?.kind === 'pause' ? this.problem.seconds - 1 : 0;
      this.problem = left > 0 ? { kind: 'pause', seconds: left } : undefined;
      if (left <= 0) clearInterval(this.#tick);
    }, SECOND);
  }
}

export class FirstFlow implements FirstRunView {
  busy = $state(false);
  problem = $state.raw<FirstRunView['problem']>();
  readonly #vault: Pick<MemberVault, 'call'>;
  readonly #done: (account: ApiAccount) => void;
  readonly #device: () => Device;

  constructor(vault: Pick<MemberVault, 'call'>, device: () => Device, done: (account: ApiAccount) => void) {
    this.#vault = vault;
    this.#done = done;
    this.#device = device;
  }

  make(code: string, name: string, email: string, password: string): void {
    if (!this.busy) void this.#try(code, name, email, password);
  }

  async #try(code: string, name: string, email: string, password: string): Promise<void> {
    this.busy = true;
    this.problem = undefined;
    try {
      const { account } = await this.#vault.call('first', { code, email, name, password, device: this.#device() });
      this.#done(account);
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      this.problem = refusal(error.problem);
    } finally {
      this.busy = false;
    }
  }
}

const FIRST: Partial<Record<string, FirstRunView['problem']>> = {
  wrong_code: 'code', too_many_tries: 'busy', set_up: 'closed', invalid: 'address',
};

function refusal(problem: VaultError['problem']): FirstRunView['problem'] {
  if (problem.kind !== 'server') return 'refused';
  if (problem.status === 0 || problem.status >= 500) return 'offline';
  return FIRST[problem.code] ?? 'refused';
}
