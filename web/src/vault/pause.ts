/** Waiting for something that is away to come back: 1, 2, 4 … at most 15 seconds, or until the device says it is connected again. */
const FIRST = 1000;
const LONGEST = 15_000;

/** Whether a later try may go better: the server is away, or too busy. */
export const passing = (status: number): boolean => status === 0 || status === 429 || status >= 500;

/** Resolves after `ms`, or as soon as the device is connected again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', over);
    };
    const done = (): void => {
      end();
      resolve();
    };
    const over = (): void => {
      end();
      reject(new DOMException('', 'AbortError'));
    };
    const timer = setTimeout(done, ms);
    // No need to wait any longer once the device says that it is connected again.
    addEventListener('online', done, { once: true });
    signal.addEventListener('abort', over, { once: true });
    if (signal.aborted) over();
  });
}

/** Growing pauses of one thing that is tried again and again. */
export class Pauses {
  #next = FIRST;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** `asked`: ms that the server wants at least. */
  async wait(asked = 0): Promise<void> {
    const ms = Math.max(this.#next, asked);
    this.#next = Math.min(LONGEST, this.#next * 2);
    await pause(ms, this.#signal);
  }
}
