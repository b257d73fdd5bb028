/**
 * What the account has sent, newest first. The server gives pages; finding is done here, over what was loaded: while
 * something is sought, pages are fetched on until enough is found or nothing is left.
 */
import type { Shape } from '../api/port.ts';
import type { Level } from '../ui/level.ts';
import type { Ended, RecipientState, SentFilter, SentRow, SentView } from './sent-view.ts';
import { guarded } from './guarded.ts';

export interface SentListTools {
  list: (query: { after?: string; limit: number }) => Promise<Shape<'ParcelPage'>>;
  /** The session has ended. */
  onsession: () => void;
}

/** Rows that are shown at first, and fetched at once while nothing is sought. */
const PAGE = 50;
/** Most that the server gives at once. */
const LARGE = 200;

const STATES: readonly string[] = [
  'posted', 'notified', 'bounced', 'waits_registration', 'waits_sealpass', 'waits_release', 'released', 'opened', 'downloaded', 'withdrawn', 'expired', 'dropped',
] satisfies RecipientState[];

export const levelOf = (level: number): Level => (level === 2 || level === 3 || level === 4 ? level : 1);
export const endedOf = (reason: string | undefined): Ended | undefined =>
  reason === 'expired' || reason === 'withdrawn' || reason === 'spent' ? reason : undefined;

/** A state that this page knows; a server that is newer may know more. */
export function stateOf(state: string, ended: Ended | undefined): RecipientState {
  if (state === 'expired' && ended === 'spent') return 'spent';
  return STATES.includes(state) ? (state as RecipientState) : 'posted';
}

function rowOf(parcel: Shape<'ParcelSummary'>): SentRow {
  const ended = endedOf(parcel.reason);
  const recipients = parcel.recipients.map(({ email, name, state, at }) => ({ address: email, name: name || undefined, state: stateOf(state, ended), at }));
  // What was saved stays a fact; whoever did not save has the time of the end.
  const closed = recipients.find(({ state }) => state === ended)?.at;
  return {
    id: parcel.id, level: levelOf(parcel.level), ended, closed: closed ?? (ended === 'expired' ? parcel.expires : undefined),
    subject: parcel.subject, posted: parcel.posted, expires: parcel.expires, size: parcel.size, recipients,
  };
}

function fits(row: SentRow, filter: SentFilter): boolean {
  const seen = row.recipients.some(({ state }) => state === 'opened' || state === 'downloaded');
  switch (filter) {
    case 'all':
      return true;
    case 'waiting':
      return row.ended === undefined && !seen;
    case 'opened':
      return row.ended === undefined && seen;
    case 'ended':
      return row.ended !== undefined;
  }
}

const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

export class SentList implements SentView {
  loading = $state(true);
  offline = $state(false);
  #rows = $state.raw<SentRow[]>([]);
  #next = $state<string>();
  #filter = $state<SentFilter>('all');
  #search = $state('');
  readonly #tools: SentListTools;
  readonly rows = $derived.by(() => {
    const words = folded(this.#search).split(/\s+/).filter(Boolean);
    return this.#rows.filter((row) => {
      if (!fits(row, this.#filter)) return false;
      const text = folded([row.subject, ...row.recipients.flatMap(({ address, name = '' }) => [address, name])].join(' '));
      return words.every((word) => text.includes(word));
    });
  });

  constructor(tools: SentListTools) {
    this.#tools = tools;
  }

  get more(): boolean {
    return this.#next !== undefined;
  }

  get filter(): SentFilter {
    return this.#filter;
  }

  set filter(filter: SentFilter) {
    this.#filter = filter;
    void this.#find();
  }

  get search(): string {
    return this.#search;
  }

  set search(text: string) {
    this.#search = text;
    void this.#find();
  }

  get #seeks(): boolean {
    return this.#filter !== 'all' || this.#search.trim() !== '';
  }

  /** The newest ones, and what became of those that are shown already. */
  async load(): Promise<void> {
    await this.#guard(async () => {
      const known = this.#rows.length;
      const page = await this.#tools.list({ limit: Math.min(LARGE, Math.max(PAGE, known)) });
      const fresh = page.parcels.map(rowOf);
      const last = fresh.at(-1);
      const ids = new Set(fresh.map(({ id }) => id));
      const older = last === undefined ? [] : this.#rows.filter((row) => !ids.has(row.id) && row.posted < last.posted);
      this.#rows = [...fresh, ...older];
      if (older.length === 0) this.#next = page.next;
    });
    await this.#find();
  }

  showMore(): void {
    void this.#guard(() => this.#append(PAGE));
  }

  async #append(limit: number): Promise<void> {
    if (this.#next === undefined) return;
    const page = await this.#tools.list({ after: this.#next, limit });
    const ids = new Set(this.#rows.map(({ id }) => id));
    this.#rows = [...this.#rows, ...page.parcels.map(rowOf).filter(({ id }) => !ids.has(id))];
    this.#next = page.next;
  }

  #finding: Promise<void> | undefined;

  #find(): Promise<void> {
    this.#finding ??= this.#guard(async () => {
      while (this.#seeks && this.rows.length < PAGE && this.#next !== undefined) await this.#append(LARGE);
    }).finally(() => { this.#finding = undefined; });
    return this.#finding;
  }

  #guard(work: () => Promise<void>): Promise<void> {
    return guarded(this, () => { this.#tools.onsession(); }, work);
  }
}
