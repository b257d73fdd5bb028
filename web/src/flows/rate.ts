/** How fast bytes go and how long the rest takes, smoothed over some seconds. Times in ms are handed in. */
const MEMORY = 5000;
const SOONEST = 1500;

export class Rate {
  #begun: number | undefined;
  #at = 0;
  #done = 0;
  #perSecond = 0;

  /** Says how much is done by now. */
  note(done: number, now: number): void {
    if (this.#begun === undefined || done < this.#done) {
      this.#begun = now;
      this.#at = now;
      this.#done = done;
      this.#perSecond = 0;
      return;
    }
    const passed = now - this.#at;
    if (passed < 200) return;
    const current = ((done - this.#done) * 1000) / passed;
    const weight = this.#perSecond === 0 ? 1 : 1 - Math.exp(-passed / MEMORY);
    this.#perSecond += (current - this.#perSecond) * weight;
    this.#at = now;
    this.#done = done;
  }

  /** Bytes per second; none before it means anything. */
  perSecond(now: number): number | undefined {
    return this.#begun === undefined || now - this.#begun < SOONEST || this.#perSecond <= 0 ? undefined : this.#perSecond;
  }

  secondsLeft(total: number, now: number): number | undefined {
    const speed = this.perSecond(now);
    return speed === undefined ? undefined : (total - this.#done) / speed;
  }
}
