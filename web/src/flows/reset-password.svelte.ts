/** An administrator takes somebody's password for protected mail away; the server mails a link for another. */
import { ApiProblem } from '../api/port.ts';

/** What became of the last one: `nobody` = there was no password for this address. */
export type ResetState = { at: 'rest' } | { at: 'busy' } | { at: 'done' | 'nobody' | 'refused' | 'offline'; email: string };

export interface ResetPasswordView {
  readonly state: ResetState;
  reset(email: string): void;
}

export interface ResetPasswordTools {
  reset(email: string): Promise<unknown>;
  /** The session has ended. */
  onsession: () => void;
}

export class ResetPasswordFlow implements ResetPasswordView {
  state = $state.raw<ResetState>({ at: 'rest' });
  readonly #tools: ResetPasswordTools;

  constructor(tools: ResetPasswordTools) {
    this.#tools = tools;
  }

  reset(email: string): void {
    if (this.state.at !== 'busy') void this.#reset(email);
  }

  async #reset(email: string): Promise<void> {
    this.state = { at: 'busy' };
    try {
      await this.#tools.reset(email);
      this.state = { at: 'done', email };
    } catch (error) {
      this.state = { at: 'rest' };
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === 401) this.#tools.onsession();
      else if (error.status === 404) this.state = { at: 'nobody', email };
      else this.state = { at: error.status === 0 || error.status >= 500 ? 'offline' : 'refused', email };
    }
  }
}
