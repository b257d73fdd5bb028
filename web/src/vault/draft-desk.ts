/** One draft and the engine that uploads it: what members' deliveries and replies to protected mail have in common. */
import { nameProblem } from '../seal/name.ts';
import { PACK_BELOW } from '../seal/file.ts';
import type { SealCode } from '../seal/error.ts';
import { isFolder } from './arrive.ts';
import { Draft } from './draft.ts';
import { makeObject, type DraftFile } from './draft-record.ts';
import type { DraftServer } from './draft-server.ts';
import type { Sharing } from './going-on.ts';
import type { DraftEntry, Form, GivenFile, MemberCalls, MemberReport, OpenedDraft, UploadState } from './member-protocol.ts';
import { patiently } from './put.ts';
import { Names } from './names.ts';
import { fileAt, isGranted, Sources } from './source.ts';
import { Upload } from './upload.ts';

type Nothing = Record<string, never>;

/** What one addition knows. */
interface Adding {
  draft: Draft;
  names: Names;
  roots: string[];
  fresh: DraftFile[];
  /** Files that were asked for and are there again. */
  found: Set<string>;
}

/** A draft on its way to be posted. */
export interface Posting {
  draft: Draft;
  upload: Upload;
  /** Begins the engine anew after the draft became another parcel. */
  renew: () => Upload;
  signal: AbortSignal;
}

export interface DeskTools {
  /** Whose drafts these are on this device. */
  owner: string;
  server: DraftServer;
  goingOn: Sharing;
  /** What is written and chosen before anybody did. */
  empty: Form;
  say: (report: MemberReport) => void;
  /** Resolves when somebody has logged in again. */
  session: () => Promise<void>;
}

export abstract class DraftDesk {
  readonly #tools: DeskTools;
  readonly #sources = new Sources();
  /** Files that changed or could not be read. */
  readonly #failing = new Set<string>();
  #draft: Draft | undefined;
  #beginning: Promise<Draft> | undefined;
  #upload: Upload | undefined;
  #posting: AbortController | undefined;
  #ids = 0;

  constructor(tools: DeskTools) {
    this.#tools = tools;
  }

  /** An earlier visit got as far as posting: ends the draft, and gives what there is to say of it. */
  protected abstract wasPosted(draft: Draft): Promise<MemberReport>;

  /** One draft, however many ask for it at once. */
  protected begun(): Promise<Draft> {
    if (this.#draft !== undefined) return Promise.resolve(this.#draft);
    this.#beginning ??= Draft.begin(this.#tools.owner, this.#tools.empty, this.#tools.goingOn).then((draft) => {
      this.#draft = draft;
      this.#beginning = undefined;
      return draft;
    });
    return this.#beginning;
  }

  #engine(draft: Draft): Upload {
    const { server, say, session } = this.#tools;
    const report = (report: MemberReport): void => {
      if (report.kind === 'file' && (report.state.kind === 'changed' || report.state.kind === 'unreadable')) this.#failing.add(report.id);
      say(report);
    };
    this.#upload ??= new Upload({ draft, server, sources: this.#sources, report, session });
    return this.#upload;
  }

  /** Takes up what an earlier visit left. */
  async open(): Promise<MemberCalls['openDraft']['answer']> {
    const { draft, elsewhere, locked } = await Draft.find(this.#tools.owner, this.#tools.goingOn);
    if (draft === undefined) return { draft: undefined, elsewhere, locked };
    this.#draft = draft;
    for (const { id } of draft.record.files) this.#ids = Math.max(this.#ids, Number(id));
    const allowed = await this.#find(draft);
    // What has arrived is heard of later; until then every file counts as asked for or waiting.
    void this.#takeUp(draft).catch(() => undefined);
    return { draft: { form: draft.record.form, entries: this.#entries(draft), handles: allowed }, elsewhere, locked };
  }

  async #takeUp(draft: Draft): Promise<void> {
    const { posted } = await this.#engine(draft).sync();
    if (!posted) return;
    const report = await this.wasPosted(draft);
    this.end();
    this.#tools.say(report);
  }

  #entries(draft: Draft): DraftEntry[] {
    return draft.record.files.map((file) => ({ id: file.id, name: file.name, size: file.size, state: this.#stateOf(file) }));
  }

  #stateOf(file: DraftFile): UploadState {
    if (isFolder(file)) return { kind: 'done' };
    return this.#sources.has(file.id) ? { kind: 'waiting' } : { kind: 'asked', done: 0 };
  }

  /** Finds files again by the handles kept. Gives the handles that somebody must allow first. */
  async #find(draft: Draft): Promise<OpenedDraft['handles']> {
    const closed: FileSystemHandle[] = [];
    const open = new Map<string, FileSystemHandle>();
    for (const [root, handle] of await draft.roots()) {
      if (await isGranted(handle)) open.set(root, handle);
      else closed.push(handle);
    }
    for (const file of draft.record.files) {
      const root = file.at && open.get(file.at.root);
      if (root === undefined || file.at === undefined || this.#sources.has(file.id)) continue;
      const found = await fileAt(root, file.at.path);
      if (found?.size === file.size && found.lastModified === file.mtime) this.#sources.set(file.id, found);
    }
    return closed;
  }

  async reopen(): Promise<Nothing> {
    const draft = await this.begun();
    await this.#find(draft);
    for (const file of draft.record.files) if (this.#sources.has(file.id)) this.#tools.say({ kind: 'file', id: file.id, state: this.#stateOf(file) });
    this.#engine(draft).reconsider(draft.record.objects);
    return {};
  }

  async keepForm(form: Form): Promise<Nothing> {
    const draft = await this.begun();
    draft.record.form = form;
    // Once something is sealed, another level is another parcel: posting sees to that.
    if (draft.record.objects.length === 0) draft.record.level = form.level;
    await draft.save();
    return {};
  }

  async add({ files, folders, roots }: MemberCalls['addFiles']['ask']): Promise<MemberCalls['addFiles']['answer']> {
    const draft = await this.begun();
    const kept = await Promise.all(roots.map(async (handle) => {
      const root = crypto.randomUUID();
      await draft.addRoot(root, handle);
      return root;
    }));
    const names = new Names(draft.record.files);
    const adding: Adding = { draft, names, roots: kept, fresh: [], found: new Set() };
    const refused: { name: string; code: SealCode }[] = [];
    for (const given of files) {
      const problem = nameProblem(given.name);
      if (problem !== undefined) refused.push({ name: given.name, code: problem });
      else this.#take(given, adding);
    }
    for (const name of folders) if (nameProblem(name) === undefined && !names.has(name)) this.#entry(adding, `${name}/`, 0, 0);
    const objects = adding.fresh.filter((file) => !isFolder(file) && file.size >= PACK_BELOW).map((file) => makeObject([file], false));
    draft.record.objects.push(...objects);
    await draft.save();
    const found = draft.record.objects.filter((object) => object.files.some((id) => adding.found.has(id)));
    this.#engine(draft).reconsider([...objects, ...found]);
    return { entries: this.#entries(draft), refused };
  }

  #entry({ draft, names, fresh }: Adding, wanted: string, size: number, mtime: number): DraftFile {
    this.#ids += 1;
    const entry = { id: String(this.#ids), name: names.free(wanted), size, mtime };
    names.add(entry);
    draft.record.files.push(entry);
    fresh.push(entry);
    return entry;
  }

  /** A file that is asked for takes its place; one that is there already is not added twice. */
  #take({ file, name, at }: GivenFile, adding: Adding): void {
    const known = adding.names.get(name);
    const equal = known?.size === file.size && known.mtime === file.lastModified;
    const there = known !== undefined && this.#sources.has(known.id) && !this.#failing.has(known.id);
    if (there && equal) return;
    let entry = known;
    if (known === undefined || there || !equal || this.#failing.has(known.id)) {
      if (known && !there) {
        this.#out(adding.draft, known.id);
        adding.names.delete(known);
      }
      entry = this.#entry(adding, name, file.size, file.lastModified);
    } else adding.found.add(known.id);
    const root = at && adding.roots[at.root];
    if (entry && at && root !== undefined) entry.at = { root, path: at.path };
    if (entry) this.#sources.set(entry.id, file);
  }

  #out(draft: Draft, id: string): void {
    draft.record.files = draft.record.files.filter((file) => file.id !== id);
    this.#sources.delete(id);
    this.#failing.delete(id);
    // A pack is made anew when it is posted.
    const own = draft.record.objects.find((object) => !object.pack && object.files[0] === id);
    if (own) void this.#engine(draft).remove(own).catch(() => undefined);
  }

  async remove(ids: string[]): Promise<Nothing> {
    const draft = await this.begun();
    for (const id of ids) this.#out(draft, id);
    await draft.save();
    return {};
  }

  /** Everything for posting what is on the desk: the engine, begun anew where the draft becomes another parcel. */
  protected async posting(form: Form): Promise<Posting> {
    const draft = await this.begun();
    draft.record.form = form;
    await draft.save();
    this.#posting?.abort();
    this.#posting = new AbortController();
    const renew = (): Upload => {
      this.#upload?.end();
      this.#upload = undefined;
      return this.#engine(draft);
    };
    return { draft, upload: this.#engine(draft), renew, signal: this.#posting.signal };
  }

  stop(): Nothing {
    this.#posting?.abort();
    return {};
  }

  async discard(): Promise<Nothing> {
    const draft = this.#draft;
    this.end();
    if (draft === undefined) return {};
    const upload = new AbortController();
    await draft.discard();
    const patience = { signal: upload.signal, waiting: () => undefined, session: () => Promise.reject(new Error('no session')) };
    // What cannot be told the server now it deletes by itself after some days.
    void patiently(() => this.#tools.server.abandon(draft.record.parcel), patience).catch(() => undefined);
    return {};
  }

  /** Ends the engine and lets go of the draft. */
  end(): void {
    this.#posting?.abort();
    this.#upload?.end();
    this.#upload = undefined;
    this.#draft?.close();
    this.#draft = undefined;
  }
}
