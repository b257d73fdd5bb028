/** Who is logged in, and where. */
import type { ApiAccount, ApiSession } from '../api/members.ts';
import { ApiProblem } from '../api/port.ts';
import type { SessionsView } from './session-view.ts';

export interface SessionApi {
  me(): Promise<ApiAccount>;
  list(): Promise<ApiSession[]>;
  end(id: string): Promise<void>;
  logout(): Promise<void>;
  logoutEverywhere(): Promise<unknown>;
}

export class SessionFlow implements SessionsView {
  account = $state.raw<ApiAccount>();
  sessions = $state.raw<ApiSession[]>([]);
  busy = $state(false);
  offline = $state(false);
  readonly #api: SessionApi;
  readonly #left: () => void;

  /** `left` is called when nobody is logged in any more. */
  constructor(api: SessionApi, left: () => void) {
    this.#api = api;
    this.#left = left;
  }

  /** True if somebody is logged in; while the server cannot be asked, undefined. */
  async load(): Promise<boolean | undefined> {
    try {
      this.account = await this.#api.me();
      this.offline = false;
      return true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === 401) return false;
      this.offline = true;
      return undefined;
    }
  }

  loadSessions(): void {
    void this.#run(async () => { this.sessions = await this.#api.list(); });
  }

  end(id: string): void {
    void this.#run(async () => {
      await this.#api.end(id);
      this.sessions = this.sessions.filter((session) => session.id !== id);
    });
  }

  logout(): void {
    void this.#run(async () => {
      await this.#api.logout();
      this.#left();
    });
  }

  logoutEverywhere(): void {
    void this.#run(async () => {
      await this.#api.logoutEverywhere();
      this.#left();
    });
  }

  async #run(step: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.offline = false;
    try {
      await step();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === 401) this.#left();
      else this.offline = true;
    } finally {
      this.busy = false;
    }
  }
}
