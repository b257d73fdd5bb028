/** The files of a delivery in the making, as the vault says of them; what it says is gathered and shown a few times a second. */
import type { DraftEntry, MemberReport, UploadState } from '../vault/member-protocol.ts';
import { Rate } from './rate.ts';
import type { Attachment, AttachmentState } from './send-view.ts';

/** Between two looks at how far it is (ms). */
const LOOK = 250;

type Heard = Extract<MemberReport, { kind: 'file' | 'waiting' }>;

export interface Progress {
  done: number;
  total: number;
  perSecond: number | undefined;
  secondsLeft: number | undefined;
  waiting: 'offline' | 'full' | undefined;
}

function shown(state: UploadState): AttachmentState {
  return state.kind === 'done' ? { kind: 'verified' } : state;
}

const doneOf = ({ state, size }: Attachment): number => (state.kind === 'verified' ? size : 'done' in state ? state.done : 0);

export class Attachments {
  list = $state.raw<Attachment[]>([]);
  #waiting: 'offline' | 'full' | undefined;
  #rate = new Rate();
  #look: ReturnType<typeof setInterval> | undefined;
  /** Reports of files, gathered until the next look. */
  readonly #news = new Map<string, UploadState>();
  readonly #sending: () => boolean;
  readonly #onlook: () => void;

  /** `sending`: it is looked at again and again, though nothing is heard. */
  constructor(sending: () => boolean, onlook: () => void) {
    this.#sending = sending;
    this.#onlook = onlook;
  }

  get done(): number {
    return this.list.reduce((sum, file) => sum + doneOf(file), 0);
  }

  get total(): number {
    return this.list.reduce((sum, { size }) => sum + size, 0);
  }

  get uploading(): boolean {
    return this.list.some(({ state }) => state.kind === 'running' || state.kind === 'interrupted');
  }

  /** Some must be chosen again before it can be sent. */
  get lacking(): boolean {
    return this.list.some(({ state }) => state.kind === 'asked' || state.kind === 'changed' || state.kind === 'unreadable');
  }

  /** The vault's list holds; what it said of a file before is kept. */
  take(entries: DraftEntry[]): void {
    const known = new Map(this.list.map((file) => [file.id, file]));
    this.list = entries.map(({ id, name, size, state }) => {
      const before = known.get(id)?.state;
      const again = before === undefined || before.kind === 'asked' || before.kind === 'changed' || before.kind === 'unreadable';
      return { id, name, size, state: again ? shown(this.#news.get(id) ?? state) : before };
    });
  }

  remove(id: string): void {
    this.list = this.list.filter((file) => file.id !== id);
  }

  hear(report: Heard): void {
    if (report.kind === 'file') this.#news.set(report.id, report.state);
    else this.#waiting = report.why;
    this.watch();
    if (report.kind === 'file' && 'done' in report.state) return;
    this.flush();
  }

  watch(): void {
    this.#look ??= setInterval(() => { this.flush(); }, LOOK);
  }

  /** Shows what was heard since the last look. */
  flush(): void {
    if (this.#news.size === 0 && !this.#sending()) {
      clearInterval(this.#look);
      this.#look = undefined;
    }
    const waiting = this.#waiting !== undefined;
    this.list = this.list.map((file) => {
      const state = this.#news.get(file.id);
      const next = state === undefined ? file.state : shown(state);
      if (next.kind === 'running' && waiting) return { ...file, state: { kind: 'interrupted', done: next.done } };
      if (next.kind === 'interrupted' && !waiting) return { ...file, state: { kind: 'running', done: next.done } };
      return next === file.state ? file : { ...file, state: next };
    });
    this.#news.clear();
    this.#onlook();
  }

  /** The speed counts from here. */
  begin(): void {
    this.#rate = new Rate();
    this.watch();
  }

  progress(now: number): Progress {
    const { done, total } = this;
    this.#rate.note(done, now);
    return { done, total, perSecond: this.#rate.perSecond(now), secondsLeft: this.#rate.secondsLeft(total, now), waiting: this.#waiting };
  }
}
