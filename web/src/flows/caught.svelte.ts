/** The caught mail of a demo server; looked for anew whenever the page is looked at. */
import type { CaughtMail, CaughtView } from './session-view.ts';

export interface CaughtApi {
  list(): Promise<CaughtMail[]>;
  clear(): Promise<void>;
}

export class CaughtFlow implements CaughtView {
  mails = $state.raw<CaughtMail[]>([]);
  readonly #api: CaughtApi;

  constructor(api: CaughtApi) {
    this.#api = api;
  }

  async load(): Promise<void> {
    try {
      this.mails = await this.#api.list();
    } catch {
      // the server is away; what is shown stays
    }
  }

  clear(): void {
    void this.#api.clear().then(() => this.load());
  }
}
