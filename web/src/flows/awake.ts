/** While something runs: the screen stays on where that is possible, and leaving the page is asked about. */
export class Awake {
  #lock: { release(): Promise<void> } | undefined;
  #on = false;

  readonly #warn = (event: Event): void => { event.preventDefault(); };
  // The lock ends by itself whenever the page is hidden.
  readonly #again = (): void => {
    if (this.#on && document.visibilityState === 'visible') void this.#take();
  };

  async #take(): Promise<void> {
    try {
      this.#lock = await navigator.wakeLock.request('screen');
      if (!this.#on) await this.#lock.release();
    } catch {
      // not offered here, or the battery is low
    }
  }

  set(on: boolean): void {
    if (on === this.#on) return;
    this.#on = on;
    if (on) {
      addEventListener('beforeunload', this.#warn);
      document.addEventListener('visibilitychange', this.#again);
      void this.#take();
    } else {
      removeEventListener('beforeunload', this.#warn);
      document.removeEventListener('visibilitychange', this.#again);
      void this.#lock?.release();
      this.#lock = undefined;
    }
  }
}
