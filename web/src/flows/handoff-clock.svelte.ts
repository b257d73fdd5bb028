/** Seconds left until a moment, for as long as somebody looks. */
const SECOND = 1000;
/** With reduced motion the ring steps once in this long. */
const CALM = 10_000;

export class Clock {
  left = $state(0);
  readonly #now: () => number;
  #until = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  run(until: number): void {
    this.stop();
    this.#until = until;
    this.#tick();
    const calm = typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#timer = setInterval(() => { this.#tick(); }, calm ? CALM : SECOND);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.left = Math.max(0, Math.round((this.#until - this.#now()) / SECOND));
  }
}
