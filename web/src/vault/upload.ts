/**
 * The upload engine: some lanes, each of which reads a part into a room, seals it there, notes its hash, sends it. While one waits for the
 * network another seals; the buffers, and with them the memory, are as many as the lanes.
 *
 * | a file object is | when |
 * |-|-|
 * | announced | the server knows it and has said what is missing |
 * | at work | parts that are missing are sent; parts noted before are sealed again and compared, once |
 * | renewed | a part came out differently, or the server has one that was never noted: new id, key and header |
 * | failed | one of its files has changed or cannot be read; it stays so until the file is added again |
 */
import type { ApiDraft } from '../api/members.ts';
import { fileStream, partLength, partText, piecesOf, sealPart } from '../seal/file.ts';
import { toText } from '../seal/format.ts';
import type { Bytes } from '../seal/primitives.ts';
import { sealedSize, type Stream } from '../seal/stream.ts';
import type { Draft } from './draft.ts';
import { partsOf, type DraftFile, type DraftObject } from './draft-record.ts';
import type { DraftServer } from './draft-server.ts';
import type { MemberReport, UploadState } from './member-protocol.ts';
import { VaultError } from './problem.ts';
import { patiently, putBytes, refusal, type Patience } from './put.ts';
import { SourceError, type Fill, type Sources } from './source.ts';

/** Parts under way at once. */
const LANES = 2;
/**
 * A request keeps a copy of its body until the collector comes, and the collector does not count it; so it came when eight of them lay
 * there. A buffer that is counted and never written to, and therefore takes no memory, of so many times the body's size makes it come sooner.
 */
const WEIGHT = 6;
/** Between two reports of one file object, ms. */
const BREATH = 250;

/** None on a device that has no addresses left for it. */
function weightOf(body: Bytes): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(WEIGHT * body.length);
  } catch {
    return undefined;
  }
}

/** A file object being sent. */
interface Work {
  object: DraftObject;
  sealed: number;
  fill: Fill;
  stream: Promise<Stream> | undefined;
  /** Parts that the server has. */
  arrived: Set<number>;
  /** Bytes gone of the parts that are on their way. */
  sending: Map<number, number>;
  /** Tasks that are not done. */
  open: number;
  compared: boolean;
  failed: { file: string; why: 'changed' | 'unreadable' } | undefined;
  stop: AbortController;
  told: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Task {
  work: Work;
  part: number;
  /** The server has it not; else it is only compared with what was noted. */
  send: boolean;
}

export interface UploadTools {
  draft: Draft;
  server: DraftServer;
  sources: Sources;
  report: (report: MemberReport) => void;
  /** Resolves when somebody has logged in again. */
  session: () => Promise<void>;
}

export class Upload {
  readonly #tools: UploadTools;
  readonly #works = new Map<DraftObject, Work>();
  readonly #stop = new AbortController();
  #queue: Task[] = [];
  #lanes = 0;
  readonly #rooms: Bytes[] = [];
  readonly #uncounted: { weight?: ArrayBuffer | undefined } = {};
  readonly #waits = new Set<AbortSignal>();
  #refused: unknown;
  #calm: (() => void)[] = [];
  #order: Promise<unknown> = Promise.resolve();

  constructor(tools: UploadTools) {
    this.#tools = tools;
  }

  patience(signal: AbortSignal): Patience {
    return {
      signal,
      session: this.#tools.session,
      waiting: (why) => { this.#wait(signal, why); },
    };
  }

  #wait(signal: AbortSignal, why: 'offline' | 'full' | undefined): void {
    const before = this.#waits.size > 0;
    if (why === undefined) this.#waits.delete(signal);
    else this.#waits.add(signal);
    const after = this.#waits.size > 0;
    if (before !== after || why === 'full') this.#tools.report({ kind: 'waiting', why: after ? why : undefined });
  }

  /** One after the other: what is announced, taken away and renewed. */
  #inOrder<T>(step: () => Promise<T>): Promise<T> {
    const next = this.#order.then(step);
    this.#order = next.catch(() => undefined);
    return next;
  }

  #files(): Map<string, DraftFile> {
    return new Map(this.#tools.draft.record.files.map((file) => [file.id, file]));
  }

  #workOf(object: DraftObject): Work {
    const known = this.#works.get(object);
    if (known) return known;
    const work: Work = {
      object, sealed: sealedSize(object.size), fill: this.#tools.sources.filler(object, this.#files()), stream: undefined, arrived: new Set(),
      sending: new Map(), open: 0, compared: false, failed: undefined, stop: new AbortController(), told: 0, timer: undefined,
    };
    this.#works.set(object, work);
    return work;
  }

  /** Announces all file objects of the draft and begins what is to be done. True: the parcel is posted already. */
  sync(): Promise<{ posted: boolean; left: number }> {
    return this.#inOrder(async () => {
      const { record } = this.#tools.draft;
      this.#refused = undefined;
      const arrived = await this.#announce(record.objects);
      if (arrived.posted) return { posted: true, left: 0 };
      await this.#dropForeign(arrived);
      await this.#begin(arrived, record.objects);
      return { posted: false, left: this.#queue.length + this.#lanes };
    });
  }

  /** Begins new file objects. */
  start(objects: DraftObject[]): void {
    void this.#inOrder(async () => {
      const there = objects.filter((object) => this.#tools.draft.record.objects.includes(object));
      if (there.length > 0) await this.#begin(await this.#announce(there), there);
    }).catch((error: unknown) => { this.#refuse(error); });
  }

  #announce(objects: DraftObject[]): Promise<ApiDraft> {
    const { record } = this.#tools.draft;
    const files = objects.map((object) => ({ id: toText(object.id), size: sealedSize(object.size) }));
    return patiently(() => this.#tools.server.announce(record.parcel, record.level, files, record.form.inReplyTo?.parcel), this.patience(this.#stop.signal));
  }

  /** File objects that a changed source left behind on the server. */
  async #dropForeign(arrived: ApiDraft): Promise<void> {
    const ours = new Set(this.#tools.draft.record.objects.map(({ id }) => toText(id)));
    for (const { id } of arrived.files) if (!ours.has(id)) await this.#dropAtServer(id);
  }

  async #dropAtServer(id: string): Promise<void> {
    const { parcel } = this.#tools.draft.record;
    try {
      await patiently(() => this.#tools.server.removeFile(parcel, id), this.patience(this.#stop.signal));
    } catch (error) {
      if (refusal(error) !== 'not_found') throw error;
    }
  }

  async #begin(arrived: ApiDraft, objects: DraftObject[]): Promise<void> {
    const missing = new Map(arrived.files.map((file) => [file.id, file.missing]));
    const foreign: DraftObject[] = [];
    for (const object of objects) if (!this.#queueParts(object, missing.get(toText(object.id)) ?? [])) foreign.push(object);
    this.#pump();
    for (const object of foreign) await this.#renew(object);
  }

  /**
   * Queues every part that is missing, and every part noted before that is to be compared. False: the server has a part that was
   * never noted here; sealing again could seal another text under the same nonce.
   */
  #queueParts(object: DraftObject, missing: { from: number; to: number }[]): boolean {
    const work = this.#workOf(object);
    if (work.open > 0 || work.failed !== undefined) return true;
    const readable = object.files.every((id) => this.#tools.sources.has(id));
    const tasks: Task[] = [];
    work.arrived.clear();
    for (let part = 0; part < partsOf(object); part += 1) {
      const send = missing.some(({ from, to }) => from <= part && part < to);
      const known = this.#tools.draft.isKnown(object, part);
      if (!send && !known) return false;
      if (!send) work.arrived.add(part);
      if (send || (readable && !work.compared)) tasks.push({ work, part, send });
    }
    if (readable) {
      work.compared = true;
      work.open = tasks.length;
      this.#queue.push(...tasks);
    }
    this.#tell(work, true);
    return true;
  }

  /** Their sources may be read now. */
  reconsider(objects: DraftObject[]): void {
    for (const object of objects) {
      const work = this.#works.get(object);
      if (work?.failed !== undefined) this.#works.delete(object);
    }
    if (objects.length > 0) this.start(objects);
  }

  #pump(): void {
    for (let fresh = Math.min(LANES - this.#lanes, this.#queue.length); fresh > 0; fresh -= 1) {
      this.#lanes += 1;
      void this.#lane();
    }
    this.#settle();
  }

  async #lane(): Promise<void> {
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      try {
        await this.#run(task);
      } catch (error) {
        this.#failed(task.work, error);
      }
    }
    this.#lanes -= 1;
    this.#settle();
  }

  async #run({ work, part, send }: Task): Promise<void> {
    const { draft } = this.#tools;
    const { object } = work;
    work.stop.signal.throwIfAborted();
    work.stream ??= fileStream(object.key, object.id, object.header);
    const room = await work.fill(partLength(work.sealed, part), piecesOf(work.sealed, part), this.#rooms.pop());
    const { bytes, hash } = await sealPart(await work.stream, work.sealed, part, room);
    work.stop.signal.throwIfAborted();
    if ((await draft.note(object, part, hash)) === 'different') {
      await this.#inOrder(() => this.#renew(object));
      return;
    }
    if (send) {
      const place = this.#tools.server.place(draft.record.parcel, `files/${toText(object.id)}/parts/${part}`);
      this.#uncounted.weight = weightOf(bytes);
      await putBytes(place, bytes, this.patience(work.stop.signal), (sent) => {
        work.sending.set(part, Math.min(sent, bytes.length));
        this.#tell(work, false);
      });
      work.sending.delete(part);
      work.arrived.add(part);
    }
    // Only a room that nobody writes to any more may be lent again: one of a failed part is not.
    this.#rooms.push(bytes);
    work.open -= 1;
    this.#tell(work, work.open === 0);
  }

  #failed(work: Work, error: unknown): void {
    if (work.stop.signal.aborted) return;
    this.#drop(work);
    if (error instanceof SourceError) {
      work.failed = { file: error.file, why: error.why };
      this.#tools.report({ kind: 'file', id: error.file, state: { kind: error.why } });
    } else if (refusal(error) === 'not_found') {
      // The server has given the draft up, or lost its last writes: it is told of it again.
      this.start([this.#again(work).object]);
    } else this.#refuse(error);
  }

  /** The same file object, at its beginning. */
  #again(work: Work): Work {
    this.#works.delete(work.object);
    return this.#workOf(work.object);
  }

  #refuse(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#refused = error;
    this.#tools.report({ kind: 'refused', code: refusal(error) ?? 'unexpected' });
    this.#settle();
  }

  /** Its tasks are not done any more, those under way are broken off. */
  #drop(work: Work): void {
    work.stop.abort();
    this.#wait(work.stop.signal, undefined);
    clearTimeout(work.timer);
    this.#queue = this.#queue.filter((task) => task.work !== work);
    work.open = 0;
  }

  async #renew(object: DraftObject): Promise<void> {
    const work = this.#works.get(object);
    if (work === undefined) return;
    this.#drop(work);
    this.#works.delete(object);
    await this.#dropAtServer(toText(object.id));
    const fresh = await this.#tools.draft.renew(object);
    await this.#begin(await this.#announce([fresh]), [fresh]);
  }

  /** Takes a file object out. */
  remove(object: DraftObject): Promise<void> {
    const work = this.#works.get(object);
    if (work) this.#drop(work);
    this.#works.delete(object);
    this.#settle();
    return this.#inOrder(async () => {
      await this.#tools.draft.removeObject(object);
      if (work) await this.#dropAtServer(toText(object.id));
    });
  }

  /** Whether a file of it is missing, has changed or cannot be read. */
  get lacks(): boolean {
    const { objects } = this.#tools.draft.record;
    return objects.some((object) => {
      const work = this.#works.get(object);
      return work?.failed !== undefined || (work?.open === 0 && work.arrived.size < partsOf(object));
    });
  }

  /** Ends when nothing is to be done any more; throws what the server refused. */
  async settled(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => { reject(new DOMException('', 'AbortError')); }, { once: true });
      signal.throwIfAborted();
      void this.#order.then(() => {
        this.#calm.push(resolve);
        this.#settle();
      });
    });
    const refused = this.#refused;
    this.#refused = undefined;
    if (refused !== undefined) throw refused instanceof Error ? refused : new VaultError({ kind: 'internal' });
  }

  #settle(): void {
    if (this.#refused === undefined && (this.#queue.length > 0 || this.#lanes > 0)) return;
    for (const resolve of this.#calm.splice(0)) resolve();
  }

  end(): void {
    this.#stop.abort();
    for (const work of this.#works.values()) this.#drop(work);
  }

  /** What of the text has safely arrived. */
  #done(work: Work): number {
    let done = 0;
    for (const part of work.arrived) {
      const { from, to } = partText(work.sealed, part);
      done += to - from;
    }
    for (const sent of work.sending.values()) done += sent;
    return Math.min(work.object.size, done);
  }

  #tell(work: Work, now: boolean): void {
    if (now) {
      clearTimeout(work.timer);
      work.timer = undefined;
      this.#report(work);
    } else work.timer ??= setTimeout(() => {
      work.timer = undefined;
      this.#report(work);
    }, BREATH);
  }

  #report(work: Work): void {
    if (work.failed !== undefined || work.stop.signal.aborted) return;
    for (const { id, state } of this.statesOf(work.object)) this.#tools.report({ kind: 'file', id, state });
  }

  /** How far each file of an object is; of a pack only those that moved on since they were told last. */
  *statesOf(object: DraftObject): Generator<{ id: string; state: UploadState }> {
    const work = this.#workOf(object);
    const whole = work.arrived.size === partsOf(object) && work.open === 0;
    const asked = work.open === 0 && !whole && !object.files.every((id) => this.#tools.sources.has(id));
    const done = this.#done(work);
    if (!object.pack) {
      const [id = ''] = object.files;
      yield { id, state: whole ? { kind: 'done' } : asked ? { kind: 'asked', done } : done > 0 ? { kind: 'running', done } : { kind: 'waiting' } };
      return;
    }
    yield* this.#statesOfPack(work, whole, asked);
  }

  *#statesOfPack(work: Work, whole: boolean, asked: boolean): Generator<{ id: string; state: UploadState }> {
    const files = this.#files();
    let prefix = 0;
    while (work.arrived.has(prefix)) prefix += 1;
    const safe = whole ? work.object.size : prefix === 0 ? 0 : partText(work.sealed, prefix - 1).to;
    let end = 0;
    for (const [at, id] of work.object.files.entries()) {
      end += files.get(id)?.size ?? 0;
      if (asked && !this.#tools.sources.has(id)) yield { id, state: { kind: 'asked', done: 0 } };
      else if ((whole || end <= safe) && at >= work.told) {
        work.told = at + 1;
        yield { id, state: { kind: 'done' } };
      }
    }
  }
}

