/** The numbers beside "Received" and "Sent". */
import { ApiProblem } from '../api/port.ts';

export class Counts {
  unread = $state(0);
  waiting = $state(0);
  readonly #ask: () => Promise<{ unread: number; waiting: number }>;

  constructor(ask: () => Promise<{ unread: number; waiting: number }>) {
    this.#ask = ask;
  }

  async load(): Promise<void> {
    try {
      const { unread, waiting } = await this.#ask();
      this.unread = unread;
      this.waiting = waiting;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      // A list on the page says that the server is away.
    }
  }
}
