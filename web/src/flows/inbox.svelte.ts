/** What the account has received, newest first. The server finds; a page of its answer may be short and still have a next one. */
import type { ApiReceived, InboxQuery } from '../api/people.ts';
import type { Shape } from '../api/port.ts';
import { endedOf, levelOf } from './sent-list.svelte.ts';
import type { InboxFilter, InboxSearch, InboxView, OwnState, ReceivedRow } from './inbox-view.ts';
import { guarded } from './guarded.ts';

export interface InboxTools {
  list: (query: InboxQuery) => Promise<Shape<'InboxPage'>>;
  onsession: () => void;
}

const PAGE = 50;
const LARGE = 200;
const DAY = 86_400_000;
/** Sealed bytes between which a size lies. */
const SIZES: Record<InboxSearch['size'], { min_size?: number; max_size?: number }> = {
  any: {}, small: { max_size: 1e6 }, middle: { min_size: 1e6, max_size: 100e6 }, large: { min_size: 100e6 },
};
/** Quiet for so long, it is searched (ms). */
const QUIET = 250;

const WAITING: readonly OwnState[] = ['waits_sealpass', 'waits_release', 'lost'];
const ENDED: readonly OwnState[] = ['withdrawn', 'expired', 'spent', 'dropped'];

/** What is said to whom it was sent. */
export function ownState({ state, level, openable, lost }: Pick<ApiReceived, 'state' | 'level' | 'openable' | 'lost'>): OwnState {
  const ended = endedOf(state);
  if (ended !== undefined || state === 'dropped') return ended ?? 'dropped';
  if (lost !== undefined) return 'lost';
  if (state === 'opened' || state === 'downloaded' || state === 'waits_sealpass' || state === 'waits_release') return state;
  if (level >= 3) return openable ? 'ready' : 'waits_release';
  return openable ? 'ready' : 'link';
}

const rowOf = (delivery: ApiReceived): ReceivedRow => ({
  id: delivery.id, level: levelOf(delivery.level), sender: { name: delivery.sender.name, address: delivery.sender.email },
  subject: delivery.subject, posted: delivery.posted, expires: delivery.expires, size: delivery.size, state: ownState(delivery),
  unread: delivery.unread, reply: delivery.in_reply_to !== undefined,
  closed: delivery.level >= 3 && !delivery.openable && !ENDED.includes(ownState(delivery)),
});

export class InboxFlow implements InboxView {
  rows = $state.raw<ReceivedRow[]>([]);
  loading = $state(true);
  offline = $state(false);
  #next = $state<string>();
  #filter = $state<InboxFilter>('all');
  search: InboxSearch = $state({ text: '', sender: '', from: '', to: '', size: 'any' });
  readonly #tools: InboxTools;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Answers to an older question are not shown. */
  #asked = 0;

  constructor(tools: InboxTools) {
    this.#tools = tools;
  }

  get more(): boolean {
    return this.#next !== undefined;
  }

  get filter(): InboxFilter {
    return this.#filter;
  }

  set filter(filter: InboxFilter) {
    this.#filter = filter;
    void this.load();
  }

  /** Call it with each letter that is typed. */
  seek(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), QUIET);
  }

  #query(): InboxQuery {
    const { text, sender, from, to, size } = this.search;
    return {
      q: text.trim() || undefined, person: sender.trim() || undefined, since: from === '' ? undefined : new Date(`${from}T00:00`).getTime(),
      until: to === '' ? undefined : new Date(`${to}T00:00`).getTime() + DAY, ...SIZES[size],
      unread: this.#filter === 'unread' ? true : undefined,
    };
  }

  #fits(row: ReceivedRow): boolean {
    if (this.#filter === 'waiting') return WAITING.includes(row.state);
    if (this.#filter === 'ended') return ENDED.includes(row.state);
    return true;
  }

  async load(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    await this.#guard(async () => {
      const { rows, next } = await this.#fetch(undefined, asked);
      if (asked !== this.#asked) return;
      this.rows = rows;
      this.#next = next;
    });
  }

  showMore(): void {
    const asked = this.#asked;
    void this.#guard(async () => {
      const { rows, next } = await this.#fetch(this.#next, asked);
      if (asked !== this.#asked) return;
      const known = new Set(this.rows.map(({ id }) => id));
      this.rows = [...this.rows, ...rows.filter(({ id }) => !known.has(id))];
      this.#next = next;
    });
  }

  async #fetch(from: string | undefined, asked: number): Promise<{ rows: ReceivedRow[]; next: string | undefined }> {
    const query = this.#query();
    const narrow = this.#filter === 'waiting' || this.#filter === 'ended';
    const rows: ReceivedRow[] = [];
    let after = from;
    for (;;) {
      const page = await this.#tools.list({ ...query, after, limit: narrow ? LARGE : PAGE });
      rows.push(...page.deliveries.map(rowOf).filter((row) => this.#fits(row)));
      after = page.next;
      if (after === undefined || rows.length >= PAGE || asked !== this.#asked) return { rows, next: after };
    }
  }

  #guard(work: () => Promise<void>): Promise<void> {
    return guarded(this, () => { this.#tools.onsession(); }, work);
  }
}
