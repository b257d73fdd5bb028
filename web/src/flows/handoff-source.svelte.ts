/**
 * The device that gives: a file is sealed, a code shown, and what becomes of it is watched until the end.
 *
 * | step | what moves it on |
 * |-|-|
 * | choose | a file -> sealing; the camera -> scan |
 * | account | nothing here: somebody logs in first |
 * | sealing | sealed and offered -> offered; refused -> choose |
 * | offered | the server says what happened -> over; cancelled -> over |
 * | over | again -> choose |
 * | scan | a code that asks for something -> choose, to fill it |
 */
import { VaultError } from '../vault/problem.ts';
import type { Watched } from '../vault/handoff-protocol.ts';
import type { HandoffVault } from '../vault/handoff-vault.ts';
import type { Awake } from './awake.ts';
import { Clock } from './handoff-clock.svelte.ts';
import { codeOf, goneOf, refusedOf, secondsOf } from './handoff-gone.ts';
import type { Part, SourceStep, SourceView } from './handoff-view.ts';

export interface SourceTools {
  vault: Pick<HandoffVault, 'call'>;
  /** Kept for this tab: id and cancel secret of what waits, so that a reload can still watch and cancel. */
  storage: { get(name: string): string | undefined; set(name: string, value: string | undefined): void };
  awake: Pick<Awake, 'set'>;
  now: () => number;
  /** The server's address, for the code. */
  base: string;
  /** Only who is logged in may offer here, and nobody is. */
  needsAccount: () => Promise<boolean>;
  /** Opens another page: a scanned code that is to be taken. */
  open: (url: string) => void;
}

interface Kept {
  id: string;
  source: string;
  name: string;
  size: number;
  expires: number;
  reverse: boolean;
}

const SETTINGS = 'application/vnd.depesche.settings+json';
const KEY = 'handoff';
const RETRY = 2000;
const ENDS = ['committed', 'lapsed', 'expired', 'cancelled'] as const;
const isEnd = (state: string): state is (typeof ENDS)[number] => (ENDS as readonly string[]).includes(state);

export class SourceFlow implements SourceView {
  step = $state.raw<SourceStep>({ at: 'choose' });
  words = $state.raw<string[]>();
  fills = $state(false);
  readonly #tools: SourceTools;
  readonly #clock: Clock;
  /** The slot of another device that is to be filled. */
  #fill: string | undefined;
  #kept: Kept | undefined;
  /** Settings that were too large. */
  #heavy: File | undefined;

  constructor(tools: SourceTools, fill?: string) {
    this.#tools = tools;
    this.#fill = fill;
    this.fills = fill !== undefined;
    this.#clock = new Clock(tools.now);
  }

  get left(): number {
    return this.#clock.left;
  }

  /** Takes up what an earlier load of this page left. */
  async start(): Promise<void> {
    const kept = this.#fill === undefined ? this.#tools.storage.get(KEY) : undefined;
    if (kept !== undefined) {
      this.#kept = JSON.parse(kept) as Kept;
      this.#show('waiting', undefined, undefined);
      void this.#watch(this.#kept);
    } else if (this.#fill === undefined && (await this.#tools.needsAccount())) this.step = { at: 'account' };
  }

  give(file: File): void {
    if (this.step.at === 'choose') void this.#give(file);
  }

  async #give(file: File): Promise<void> {
    const { vault, base } = this.#tools;
    this.step = { at: 'sealing', name: file.name };
    this.words = undefined;
    const type = file.name.endsWith('.depesche-settings.json') ? SETTINGS : /^[!-~]+$/.test(file.type) ? file.type : 'application/octet-stream';
    const given = { file, name: file.name, type };
    try {
      await file.slice(0, 1).arrayBuffer(); // a folder that was dropped cannot be read
    } catch {
      this.step = { at: 'choose', refused: 'empty' };
      return;
    }
    try {
      if (this.#fill === undefined) {
        const { url, typed, ...offered } = await vault.call('offer', { ...given, base });
        this.#begin({ ...offered, name: file.name, reverse: false }, url, typed);
      } else this.#begin({ ...(await vault.call('fill', { ...given, id: this.#fill })), name: file.name, reverse: true });
    } catch (error) {
      this.#refused(error);
      if (refusedOf(error) === 'too-large' && type === SETTINGS) await this.#weigh(file);
    }
  }

  /** Says what takes the room, so that some of it can be left out. */
  async #weigh(file: File): Promise<void> {
    const { weights } = await this.#tools.vault.call('weigh', { file });
    if (this.step.at !== 'choose' || this.step.refused !== 'too-large' || weights.length < 2) return;
    this.#heavy = file;
    this.step = { ...this.step, weights };
  }

  giveWithout(parts: Part[]): void {
    const file = this.#heavy;
    if (file === undefined || this.step.at !== 'choose' || parts.length === 0) return;
    this.step = { at: 'sealing', name: file.name };
    void this.#tools.vault.call('without', { file, parts }).then(({ bytes }) => this.#give(new File([bytes], file.name, { type: SETTINGS })));
  }

  #refused(error: unknown): void {
    const code = codeOf(error);
    const gone = goneOf(error);
    if (code === 'handoff_account_required') this.step = { at: 'account' };
    else if (this.#fill !== undefined && ['unknown', 'expired', 'cancelled', 'filled', 'wrong-key', 'taken', 'lapsed'].includes(gone)) this.step = { at: 'gone', why: gone === 'taken' ? 'filled' : gone };
    else this.step = { at: 'choose', refused: refusedOf(error), seconds: secondsOf(error) };
    if (!(error instanceof VaultError)) throw error;
  }

  #begin(kept: Kept, url?: string, typed?: string[]): void {
    this.#kept = kept;
    this.#tools.storage.set(KEY, JSON.stringify(kept));
    this.#show('waiting', url, typed);
    void this.#watch(kept);
  }

  #show(state: 'waiting' | 'leased', url: string | undefined, typed: string[] | undefined): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    this.step = { at: 'offered', state, name: kept.name, size: kept.size, expires: kept.expires, reverse: kept.reverse, url, typed };
    this.#clock.run(kept.expires);
    this.#tools.awake.set(true);
  }

  async #watch(kept: Kept): Promise<void> {
    let after: number | undefined;
    while (this.#kept === kept) {
      try {
        const seen = await this.#tools.vault.call('watch', { id: kept.id, source: kept.source, after });
        after = seen.revision;
        if (this.#kept === kept) this.#saw(seen);
      } catch (error) {
        const code = codeOf(error);
        if (this.#kept !== kept) return;
        if (code === 'handoff_unknown' || code === 'handoff_not_yours') this.#end('unknown');
        else if (code === undefined) throw error;
        else await new Promise((resolve) => setTimeout(resolve, (secondsOf(error) ?? 0) * 1000 || RETRY));
      }
    }
  }

  #saw({ state, words }: Watched): void {
    if (words !== undefined) this.words = words;
    if (isEnd(state)) this.#end(state);
    else if (this.step.at === 'offered') this.step = { ...this.step, state: state === 'leased' ? 'leased' : 'waiting' };
  }

  #end(why: (SourceStep & { at: 'over' })['why']): void {
    this.#kept = undefined;
    this.#tools.storage.set(KEY, undefined);
    this.#tools.awake.set(false);
    this.#clock.stop();
    const { url, reverse } = this.step.at === 'offered' ? this.step : { url: undefined, reverse: false };
    this.step = { at: 'over', why, url, reverse };
  }

  cancel(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    this.#end('cancelled');
    this.#tools.vault.call('cancel', { id: kept.id, source: kept.source }).catch((error: unknown) => {
      // It was quicker: the other device has it.
      if (codeOf(error) === 'handoff_taken' && this.step.at === 'over') this.step = { ...this.step, why: 'committed' };
      else if (!(error instanceof VaultError)) throw error;
    });
  }

  again(): void {
    this.words = undefined;
    this.#fill = undefined;
    this.fills = false;
    this.step = { at: 'choose' };
  }

  scan(): void {
    this.step = { at: 'scan' };
  }

  scanned(text: string | undefined): void {
    if (this.step.at !== 'scan') return;
    if (text === undefined) this.step = { at: 'scan', problem: 'no-camera' };
    else void this.#scanned(text);
  }

  async #scanned(text: string): Promise<void> {
    try {
      const { id, direction, ours, url } = await this.#tools.vault.call('scanned', { text });
      if (!ours) this.step = { at: 'scan', problem: 'other-server' };
      else if (direction === 'take') this.#tools.open(url);
      else {
        this.#fill = id;
        this.fills = true;
        this.step = { at: 'choose' };
      }
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      this.step = { at: 'scan', problem: 'foreign' };
    }
  }
}
