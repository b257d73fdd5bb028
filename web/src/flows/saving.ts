/** Saving an open letter's files: the lease, the place, the bytes, and the receipts that alone count as saved. */
import type { ApiClaim } from '../api/port.ts';
import { REST, type FileState } from '../ui/file-state.ts';
import type { Place } from '../vault/disk.ts';
import { VaultError } from '../vault/problem.ts';
import type { ListedFile, Report, Sink } from '../vault/protocol.ts';
import type { Enclosure, Note } from './claim-view.ts';
import { Rate } from './rate.ts';

export interface SavingTools {
  api: {
    lease(token: string): Promise<ApiClaim>;
    ping(token: string): Promise<ApiClaim>;
    receipts(token: string, files: string[]): Promise<ApiClaim>;
  };
  vault: {
    measure(ask: { files: number[]; zip: boolean }): Promise<{ bytes: number }>;
    save(ask: { job: number; files: number[]; zip: boolean; token: string; sink: Sink }, transfer: Transferable[]): Promise<{ blob: Blob | undefined }>;
    stop(job: number): void;
  };
  findPlace: (name: string, size: number) => Promise<Place | undefined>;
  now: () => number;
  /** What a zip is called. */
  subject: () => string;
  /** Where one file stands now. */
  onfile: (index: number, state: FileState) => void;
  onclaim: (claim: ApiClaim) => void;
  onnote: (note: Note) => void;
  /** Something is being saved, or nothing any more. */
  onsaving: (on: boolean) => void;
}

const PING = 45_000;

/** What of a text can be a file's name anywhere. */
const fileName = (text: string): string => text.replace(/[\\/:*?"<>|\p{C}]/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, 80);

export class Saving {
  readonly #tools: SavingTools;
  /** The claim's, by which the server knows this visit. */
  token = '';
  #listed: ListedFile[] = [];
  #job = 0;
  readonly #running = new Map<number, { files: Set<number>; place: Place }>();
  readonly #rates = new Map<number, Rate>();
  readonly #verified = new Set<number>();
  readonly #receipted = new Set<string>();

  constructor(tools: SavingTools) {
    this.#tools = tools;
  }

  /** The letter that is open now. */
  begin(listed: ListedFile[]): void {
    this.#listed = listed;
  }

  get any(): boolean {
    return this.#listed.length > 0;
  }

  enclosures(): Enclosure[] {
    return this.#listed.map(({ index, name, size }) => ({ id: String(index), name, size, state: this.#verified.has(index) ? { kind: 'verified' } : REST }));
  }

  all(): Promise<void> {
    return this.save(this.#listed.map(({ index }) => index));
  }

  async save(files: number[]): Promise<void> {
    const { api, vault, findPlace, onclaim, onnote, onfile, subject } = this.#tools;
    const zip = files.length > 1;
    const only = this.#listed.find(({ index }) => index === files[0]);
    if (only === undefined) return;
    const name = zip ? `${fileName(subject()) || 'Depesche'}.zip` : (only.name.split('/').at(-1) ?? only.name);
    const { bytes } = await vault.measure({ files, zip });
    onclaim(await api.lease(this.token));
    const place = await findPlace(name, bytes);
    if (place === undefined) {
      onnote('memory');
      return;
    }
    for (const file of files) onfile(file, { kind: 'waiting' });
    this.#job += 1;
    await this.#run(this.#job, files, zip, place);
  }

  async #run(job: number, files: number[], zip: boolean, place: Place): Promise<void> {
    const { vault, api, onfile, onsaving, onnote } = this.#tools;
    this.#running.set(job, { files: new Set(files), place });
    onsaving(true);
    const ping = setInterval(() => { api.ping(this.token).catch(() => undefined); }, PING);
    try {
      const { blob } = await vault.save({ job, files, zip, token: this.token, sink: place.sink }, place.transfer);
      place.finish(blob);
    } catch (error) {
      place.drop();
      // One that arrived damaged leaves the others as they are.
      const damaged = error instanceof VaultError && error.problem.kind === 'seal';
      for (const file of files) if (!this.#verified.has(file)) onfile(file, damaged ? { kind: 'failed', why: 'damaged' } : REST);
      if (!damaged && !(error instanceof VaultError && error.problem.kind === 'stopped')) throw error;
    } finally {
      clearInterval(ping);
      this.#running.delete(job);
      onsaving(this.#running.size > 0);
    }
    await this.#confirm();
    if (this.#listed.every(({ index }) => this.#verified.has(index))) onnote('saved');
  }

  stop(file: number): void {
    for (const [job, { files }] of this.#running) if (files.has(file)) this.#tools.vault.stop(job);
  }

  stopAll(): void {
    for (const job of this.#running.keys()) this.#tools.vault.stop(job);
  }

  hear(report: Report): void {
    const file = this.#listed.find(({ index }) => index === report.file);
    if (file === undefined || !this.#running.has(report.job)) return;
    const now = this.#tools.now();
    const rate = this.#rates.get(report.file) ?? new Rate();
    this.#rates.set(report.file, rate);
    rate.note(report.done, now);
    if (report.verified) {
      this.#verified.add(report.file);
      this.#tools.onfile(report.file, { kind: 'verified' });
      void this.#confirm();
    } else if (report.waiting) this.#tools.onfile(report.file, { kind: 'interrupted', done: report.done });
    else this.#tools.onfile(report.file, { kind: 'running', done: report.done, secondsLeft: rate.secondsLeft(file.size, now) });
  }

  /** Tells the server which file objects are complete on this device: only that counts as saved. */
  async #confirm(): Promise<void> {
    const whole = [...new Set(this.#listed.map(({ object }) => object))].filter(
      (object) =>
        !this.#receipted.has(object) && this.#listed.every((file) => file.object !== object || this.#verified.has(file.index)),
    );
    if (whole.length === 0) return;
    for (const object of whole) this.#receipted.add(object);
    try {
      this.#tools.onclaim(await this.#tools.api.receipts(this.token, whole));
    } catch {
      // The files are there all the same; the next receipt takes these along.
      for (const object of whole) this.#receipted.delete(object);
    }
  }
}
