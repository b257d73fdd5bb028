/** The mail gateway's queue as administrators see it; what it was asked is done there, and then it is looked at anew. */
import { ApiProblem } from '../api/port.ts';
import type { ApiQueue, ApiQueueRow, QueuePlace } from '../api/queue.ts';
import { guarded } from './guarded.ts';

export type QueueKind = 'relayed' | 'carrier' | 'report' | 'notice';
export type QueueState = 'queued' | 'convert' | 'hold_password' | 'hold_error' | 'dropped';

export interface QueueRow {
  id: string;
  mail: string;
  position: number;
  kind: QueueKind;
  /** Empty: nobody is told if it fails. */
  sender: string;
  recipient: string;
  size: number;
  received: number;
  state: QueueState;
  due: number | undefined;
  attempts: number;
  /** What the next server said last. */
  reply: string | undefined;
}

export interface QueueView {
  readonly rows: QueueRow[];
  readonly counts: ApiQueue['counts'];
  readonly loading: boolean;
  readonly offline: boolean;
  readonly more: boolean;
  /** What was asked of a row was not done: it had gone meanwhile. */
  readonly gone: boolean;
  showMore(): void;
  retry(row: QueueRow): void;
  retryAll(): void;
  drop(row: QueueRow, tellSender: boolean): void;
}

export interface QueueTools {
  api: {
    list(query: { after?: string; limit: number }): Promise<ApiQueue>;
    retry(row: QueuePlace): Promise<unknown>;
    retryAll(): Promise<unknown>;
    drop(row: QueuePlace, tellSender: boolean): Promise<unknown>;
  };
  /** The session has ended. */
  onsession: () => void;
}

/** Rows that are shown at first, and fetched at once. */
const PAGE = 50;
const LARGE = 200;

const KINDS: readonly string[] = ['relayed', 'carrier', 'report', 'notice'] satisfies QueueKind[];
const STATES: readonly string[] = ['queued', 'convert', 'hold_password', 'hold_error', 'dropped'] satisfies QueueState[];

/** A server that is newer may know more. */
function rowOf(row: ApiQueueRow): QueueRow {
  return {
    id: `${row.mail} ${row.position}`, mail: row.mail, position: row.position, kind: KINDS.includes(row.kind) ? (row.kind as QueueKind) : 'relayed',
    sender: row.sender, recipient: row.recipient, size: row.size, received: row.received,
    state: STATES.includes(row.state) ? (row.state as QueueState) : 'queued', due: row.due, attempts: row.attempts, reply: row.reply,
  };
}

export class QueueFlow implements QueueView {
  rows = $state.raw<QueueRow[]>([]);
  counts = $state.raw<ApiQueue['counts']>({ queued: 0, convert: 0, hold_password: 0, hold_error: 0 });
  loading = $state(true);
  offline = $state(false);
  gone = $state(false);
  #next = $state<string>();
  readonly #tools: QueueTools;

  constructor(tools: QueueTools) {
    this.#tools = tools;
  }

  get more(): boolean {
    return this.#next !== undefined;
  }

  /** As many as are shown, from the oldest on. */
  load(): Promise<void> {
    return this.#guard(async () => {
      const page = await this.#tools.api.list({ limit: Math.min(LARGE, Math.max(PAGE, this.rows.length)) });
      this.rows = page.rows.map(rowOf);
      this.counts = page.counts;
      this.#next = page.next;
    });
  }

  showMore(): void {
    void this.#guard(async () => {
      if (this.#next === undefined) return;
      const page = await this.#tools.api.list({ after: this.#next, limit: PAGE });
      const ids = new Set(this.rows.map(({ id }) => id));
      this.rows = [...this.rows, ...page.rows.map(rowOf).filter(({ id }) => !ids.has(id))];
      this.#next = page.next;
    });
  }

  retry(row: QueueRow): void {
    void this.#do(() => this.#tools.api.retry(row));
  }

  retryAll(): void {
    void this.#do(() => this.#tools.api.retryAll());
  }

  drop(row: QueueRow, tellSender: boolean): void {
    void this.#do(() => this.#tools.api.drop(row, tellSender));
  }

  async #do(work: () => Promise<unknown>): Promise<void> {
    this.gone = false;
    await this.#guard(async () => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.status !== 404) throw error;
        this.gone = true;
      }
    });
    await this.load();
  }

  #guard(work: () => Promise<void>): Promise<void> {
    return guarded(this, () => { this.#tools.onsession(); }, work);
  }
}
