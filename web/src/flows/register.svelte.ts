/** An account by an invitation; the vault does the cryptography, and logs in at once. */
import type { ApiAccount, Device } from '../api/members.ts';
import type { ApiInvitation } from '../api/people.ts';
import { ApiProblem } from '../api/port.ts';
import type { MemberVault } from '../vault/member-vault.ts';
import { VaultError } from '../vault/problem.ts';
import type { Strength } from './keyring-view.ts';
import type { RegisterStep, RegisterView } from './register-view.ts';
import { judge } from './strength.ts';

export interface RegisterTools {
  token: string;
  look: (token: string) => Promise<ApiInvitation>;
  vault: Pick<MemberVault, 'call'>;
  house: string;
  device: () => Device;
  ondone: (account: ApiAccount, parcel: string | undefined) => void;
}

export class RegisterFlow implements RegisterView {
  step = $state.raw<RegisterStep>({ at: 'looking' });
  busy = $state(false);
  problem = $state<'offline' | 'failed'>();
  #invitation: ApiInvitation | undefined;
  readonly #tools: RegisterTools;

  constructor(tools: RegisterTools) {
    this.#tools = tools;
  }

  async start(): Promise<void> {
    try {
      const { look, token } = this.#tools;
      const invitation = await look(token);
      this.#invitation = invitation;
      this.step = { at: 'form', invitation: { email: invitation.email, sender: invitation.sender } };
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.#gone(error.code, error.status);
    }
  }

  #gone(code: string, status: number): void {
    this.step = { at: 'gone', why: code === 'too_many_tries' ? 'busy' : status === 0 || status >= 500 ? 'offline' : 'over' };
  }

  again(): void {
    this.step = { at: 'looking' };
    void this.start();
  }

  strength(text: string): Promise<Strength> {
    return judge(text, this.#tools.device().language, [this.#invitation?.email ?? '', this.#tools.house, 'Depesche']);
  }

  make(name: string, password: string): void {
    if (!this.busy && this.#invitation !== undefined) void this.#make(this.#invitation, name, password);
  }

  async #make(invitation: ApiInvitation, name: string, password: string): Promise<void> {
    const { vault, token, ondone, device } = this.#tools;
    this.busy = true;
    this.problem = undefined;
    try {
      const { account } = await vault.call('register', { token, email: invitation.email, name, password, device: device() });
      ondone(account, invitation.parcel);
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      const { problem } = error;
      if (problem.kind === 'server' && problem.code === 'invitation_over') this.#gone(problem.code, problem.status);
      else this.problem = problem.kind === 'server' && (problem.status === 0 || problem.status >= 500) ? 'offline' : 'failed';
    } finally {
      this.busy = false;
    }
  }
}
