/**
 * The device that takes: from a scanned code, typed words or a code of its own to a file for a mail program.
 *
 * | step | what moves it on |
 * |-|-|
 * | looking | the code is read -> ready; it asks for something -> fill; it cannot be read -> gone |
 * | words | six words that lead somewhere -> ready; "show a code here" -> showing |
 * | showing | another device has filled it -> fetching |
 * | ready | a person's tap -> fetching, whether the server has said yet what is there or not; it is not -> gone |
 * | fetching | opened -> opened; else -> gone |
 * | opened | a file is saved -> saved |
 * | saved | "something else" -> opened |
 */
import type { Device } from '../vault/device.ts';
import type { HandoffReport, Heading, Made, NamedLoss, ProfileTexts, Settings, Target, Wish } from '../vault/handoff-protocol.ts';
import type { HandoffVault } from '../vault/handoff-vault.ts';
import { VaultError } from '../vault/problem.ts';
import type { Awake } from './awake.ts';
import { Clock } from './handoff-clock.svelte.ts';
import { codeOf, goneOf, secondsOf } from './handoff-gone.ts';
import type { Gone, SourceView, TargetStep, TargetView } from './handoff-view.ts';

export interface TargetTools {
  vault: HandoffVault;
  /** Kept for this tab: the token, and that it was taken here. */
  storage: { get(name: string): string | undefined; set(name: string, value: string | undefined): void };
  tab: string;
  awake: Pick<Awake, 'set'>;
  now: () => number;
  base: string;
  makeToken: () => string;
  device: Device;
  download: (file: Made) => void;
  /** Apple's own way; false where it is not possible. */
  offerProfile: (file: Made) => Promise<boolean>;
  /** What a configuration profile says of itself, and the name of a zip, in the reader's language. */
  texts: () => ProfileTexts & { zip: string };
  /** Who fills a slot that another device made. */
  fillFlow: (id: string) => SourceView;
}

const FIRST: Record<Device, Target[]> = {
  android: ['k9s', 'vcard', 'keys', 'bundle'],
  apple: ['mobileconfig', 'vcard', 'keys', 'bundle'],
  other: ['bundle', 'vcard', 'eml', 'quicktext', 'keys', 'sieve'],
};
const RETRY = 2000;

export class TargetFlow implements TargetView {
  step = $state.raw<TargetStep>({ at: 'looking' });
  words = $state.raw<string[]>();
  busy = $state(false);
  chosen = $state.raw<ReadonlySet<Heading>>(new Set());
  target = $state<Target>('bundle');
  targets = $state.raw<Target[]>([]);
  losses = $state.raw<NamedLoss[]>([]);
  readonly #tools: TargetTools;
  readonly #clock: Clock;
  #id: string | undefined;
  #opened: (TargetStep & { at: 'opened' }) | undefined;
  #settings: Settings | undefined;
  #last: Made | undefined;
  #previews = 0;

  constructor(tools: TargetTools) {
    this.#tools = tools;
    this.#clock = new Clock(tools.now);
    tools.vault.onreport = (report) => { this.#hear(report); };
  }

  get left(): number {
    return this.#clock.left;
  }

  /** Without an id words are asked for. */
  async start(id: string | undefined, fragment: string | undefined): Promise<void> {
    if (id === undefined || id === '') {
      this.step = { at: 'words' };
      return;
    }
    this.#id = id;
    const read = await this.#guard(() => this.#tools.vault.call('read', { id, fragment, tab: this.#tools.tab }));
    if (read?.direction === 'fill') this.step = { at: 'fill', source: this.#tools.fillFlow(id) };
    else if (read?.direction === 'take') await this.#guard(() => this.#look(id), false);
    else if (read !== undefined) this.#gone(this.#wasHere(id) ? 'taken-here' : 'cut');
  }

  /** What the server says of it comes late on a slow network, and who has tapped by then waits for nothing. */
  async #look(id: string): Promise<void> {
    this.step = { at: 'ready' };
    try {
      const { expires, size } = await this.#tools.vault.call('look', { id });
      if (!this.#isReady()) return;
      this.step = { at: 'ready', expires, size };
      this.#clock.run(expires);
    } catch (error) {
      // Else the taking has its own answer.
      if (this.#isReady()) throw error;
    }
  }

  #isReady(): boolean {
    return this.step.at === 'ready';
  }

  #wasHere(id: string): boolean {
    return this.#tools.storage.get(`taken.${id}`) !== undefined;
  }

  type(words: string): void {
    void this.#guard(async () => {
      try {
        const { id } = await this.#tools.vault.call('typed', { words });
        this.#id = id;
        await this.#look(id);
      } catch (error) {
        this.#wordsFailed(error);
      }
    });
  }

  #wordsFailed(error: unknown): void {
    const code = codeOf(error);
    if (code === 'words_unknown') this.step = { at: 'words', problem: 'unknown' };
    else if (code === 'words_count') this.step = { at: 'words', problem: 'count' };
    else if (code === 'handoff_words_unknown' || code === 'authentication') this.step = { at: 'words', problem: 'nowhere' };
    else if (code === 'password_memory') this.step = { at: 'words', problem: 'memory' };
    else if (goneOf(error) === 'too-many') this.step = { at: 'words', problem: 'busy', seconds: secondsOf(error) };
    else throw error;
  }

  show(): void {
    void this.#guard(async () => {
      const { vault, base } = this.#tools;
      const { id, url, expires, source } = await vault.call('askFor', { base });
      this.#id = id;
      this.step = { at: 'showing', url, expires, state: 'empty' };
      this.#clock.run(expires);
      this.#tools.awake.set(true);
      void this.#await(id, source);
    });
  }

  /** Watches the own code until something is in it, and takes that: who made the slot need not be asked again. */
  async #await(id: string, source: string): Promise<void> {
    let after: number | undefined;
    while (this.#id === id && this.step.at === 'showing') {
      try {
        const { state, revision } = await this.#tools.vault.call('watch', { id, source, after });
        after = revision;
        if (state === 'waiting') this.take();
        else if (state === 'expired' || state === 'cancelled' || state === 'lapsed') this.#gone(state);
        else if (state === 'filling' || state === 'empty') this.step = { ...this.step, state };
      } catch (error) {
        if (codeOf(error) === undefined) throw error;
        if (codeOf(error) === 'handoff_unknown') this.#gone('unknown');
        else await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }

  take(): void {
    const id = this.#id;
    if (id === undefined || this.step.at === 'fetching') return;
    void this.#guard(() => this.#take(id));
  }

  async #take(id: string): Promise<void> {
    const { vault, storage, makeToken, tab, awake } = this.#tools;
    const token = storage.get(`token.${id}`) ?? makeToken();
    storage.set(`token.${id}`, token);
    const size = this.step.at === 'ready' ? (this.step.size ?? 0) : 0;
    this.step = { at: 'fetching', done: 0, total: size, waiting: false };
    awake.set(true);
    try {
      const taken = await vault.call('take', { id, token, tab });
      storage.set(`taken.${id}`, 'yes');
      storage.set(`token.${id}`, undefined);
      this.words = taken.words;
      this.#settings = taken.settings;
      this.#opened = { at: 'opened', name: taken.name, size: taken.size, settings: taken.settings, unread: taken.unread };
      if (taken.settings) this.#lay(taken.settings);
      this.#clock.stop();
      this.step = this.#opened;
    } finally {
      // What was opened is on this page alone: leaving it is asked about until it is saved.
      if (this.step.at !== 'opened') awake.set(false);
    }
  }

  #lay({ contents, targets }: Settings): void {
    const offered = targets.map(({ target }) => target);
    const first = FIRST[this.#tools.device].filter((target) => offered.includes(target));
    this.targets = [...first, ...offered.filter((target) => !first.includes(target))];
    this.target = this.targets[0] ?? 'bundle';
    this.chosen = new Set(contents.map(({ heading }) => heading));
    void this.#preview();
  }

  #wish(): Wish {
    const { zip, ...texts } = this.#tools.texts();
    const left = (this.#settings?.contents ?? []).map(({ heading }) => heading).filter((heading) => !this.chosen.has(heading));
    return { target: this.target, left, signatures: 'text', texts, zip: `${zip}.zip` };
  }

  async #preview(): Promise<void> {
    this.#previews += 1;
    const mine = this.#previews;
    const { losses } = await this.#tools.vault.call('preview', this.#wish());
    if (mine === this.#previews) this.losses = losses;
  }

  toggle(heading: Heading): void {
    const chosen = new Set(this.chosen);
    if (!chosen.delete(heading)) chosen.add(heading);
    this.chosen = chosen;
    void this.#preview();
  }

  aim(target: Target): void {
    this.target = target;
    void this.#preview();
  }

  save(): void {
    void this.#guard(async () => {
      const { file, several, passwords, losses } = await this.#tools.vault.call('make', this.#wish());
      this.#last = file;
      const isProfile = this.target === 'mobileconfig' && this.#tools.device === 'apple';
      // The navigation to the profile leaves the page where it is; nobody need be asked.
      if (isProfile) this.#tools.awake.set(false);
      const offered = isProfile && (await this.#tools.offerProfile(file));
      if (!offered) this.#tools.download(file);
      this.#saved({ at: 'saved', target: this.target, name: file.name, several, passwords, losses, offered });
    });
  }

  #saved(step: TargetStep & { at: 'saved' }): void {
    this.#tools.awake.set(false);
    this.step = step;
  }

  savePlain(): void {
    void this.#guard(async () => {
      const file = await this.#tools.vault.call('plain', {});
      this.#last = file;
      this.#tools.download(file);
      this.#saved({ at: 'saved', target: this.#settings ? 'bundle' : 'plain', name: file.name, several: 1, passwords: [], losses: [], offered: false });
    });
  }

  saveAgain(): void {
    if (this.#last) this.#tools.download(this.#last);
  }

  back(): void {
    if (this.#opened) this.step = this.#opened;
    else {
      this.#id = undefined;
      this.step = { at: 'words' };
    }
  }

  again(): void {
    const id = this.#id;
    this.step = { at: 'looking' };
    if (id === undefined) this.step = { at: 'words' };
    else void this.#guard(() => this.#look(id), false);
  }

  #hear({ done, total, waiting }: HandoffReport): void {
    if (this.step.at === 'fetching') this.step = { at: 'fetching', done, total, waiting };
  }

  #gone(why: Gone, seconds?: number): void {
    this.#clock.stop();
    this.#tools.awake.set(false);
    this.step = { at: 'gone', why, seconds };
  }

  /** None if it failed, and the page says so. */
  async #guard<T>(work: () => Promise<T>, busy = true): Promise<T | undefined> {
    if (busy) this.busy = true;
    try {
      return await work();
    } catch (error) {
      const why = goneOf(error);
      this.#gone(why === 'taken' && this.#id !== undefined && this.#wasHere(this.#id) ? 'taken-here' : why, secondsOf(error));
      if (!(error instanceof VaultError)) throw error;
      return undefined;
    } finally {
      if (busy) this.busy = false;
    }
  }
}
