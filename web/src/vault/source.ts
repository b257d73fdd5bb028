/** What is read: the files that somebody chose, as they were then. */
import type { Piece } from '../seal/file.ts';
import { concat, type Bytes } from '../seal/primitives.ts';
import type { DraftFile, DraftObject } from './draft-record.ts';
import { fileOf, held } from './held.ts';

/** A file is not any more what was chosen. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly file: string;
  readonly why: 'changed' | 'unreadable';

  constructor(file: string, why: 'changed' | 'unreadable') {
    super(why);
    this.file = file;
    this.why = why;
  }
}

async function slice(file: File, id: string, from: number, to: number): Promise<Bytes> {
  try {
    const bytes = new Uint8Array(await file.slice(from, to).arrayBuffer());
    if (bytes.length === to - from) return bytes;
  } catch (error) {
    // The browser compares size and time at each read: NotReadableError is its word for a file that changed.
    if (error instanceof DOMException && error.name === 'NotFoundError') throw new SourceError(id, 'unreadable');
  }
  throw new SourceError(id, 'changed');
}

/** Puts pieces that follow one another in the text into a room of `length` bytes: the one that is lent, if it fits, and unfit from then on. */
export type Fill = (length: number, pieces: readonly Piece[], lent?: Bytes) => Promise<Bytes>;

/** Pieces read at once. */
const AT_ONCE = 4;

async function filled(room: Bytes, pieces: readonly Piece[], read: (from: number, to: number) => Promise<Bytes>): Promise<Bytes> {
  const rest = pieces.values();
  const lane = async (): Promise<void> => {
    for (const { at, from, to } of rest) room.set(await read(from, to), at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return room;
}

/** Reads the pieces into their room; none if the stream ends before. */
async function pour(reader: ReadableStreamBYOBReader, room: Bytes, pieces: readonly Piece[]): Promise<Bytes | undefined> {
  let buffer = room.buffer;
  for (const { at, from, to } of pieces) {
    for (let next = at; next < at + to - from;) {
      const { value } = await reader.read(new Uint8Array(buffer, next, at + to - from - next));
      if (value === undefined || value.length === 0) return undefined;
      ({ buffer } = value);
      next += value.length;
    }
  }
  return new Uint8Array(buffer);
}

/** As `filled`, by one stream that writes into the room itself: nothing is left over for the collector. None: that failed, and the room is gone. */
async function poured(file: File, room: Bytes, pieces: readonly Piece[]): Promise<Bytes | undefined> {
  try {
    const reader = file.slice(pieces[0]?.from, pieces.at(-1)?.to).stream().getReader({ mode: 'byob' });
    try {
      return await held(reader, () => pour(reader, room, pieces));
    } finally {
      void reader.cancel().catch(() => undefined);
    }
  } catch {
    return undefined;
  }
}

export class Sources {
  readonly #files = new Map<string, File>();

  set(id: string, file: File): void {
    this.#files.set(id, file);
  }

  delete(id: string): void {
    this.#files.delete(id);
  }

  has(id: string): boolean {
    return this.#files.has(id);
  }

  /** Reads the text of a file object, its files one after the other, into rooms. */
  filler(object: DraftObject, files: ReadonlyMap<string, DraftFile>): Fill {
    const read = this.#reader(object, files);
    const [only] = object.files;
    return async (length, pieces, lent) => {
      const room = lent?.length === length ? lent : new Uint8Array(length);
      const file = object.files.length === 1 && only !== undefined ? this.#files.get(only) : undefined;
      if (file === undefined) return filled(room, pieces, read);
      // Without such streams, and where one breaks off: what is wrong with the file is said by reading piece by piece.
      return (await poured(file, room, pieces)) ?? filled(new Uint8Array(length), pieces, read);
    };
  }

  #reader(object: DraftObject, files: ReadonlyMap<string, DraftFile>): (from: number, to: number) => Promise<Bytes> {
    let end = 0;
    const places = object.files.map((id) => {
      const start = end;
      end += files.get(id)?.size ?? 0;
      return { id, start, end };
    });
    const read = ({ id, start, end: stop }: (typeof places)[number], from: number, to: number): Promise<Bytes> => {
      const file = this.#files.get(id);
      if (file === undefined) throw new SourceError(id, 'unreadable');
      return slice(file, id, Math.max(from, start) - start, Math.min(to, stop) - start);
    };
    return async (from, to) => {
      const [only] = places;
      if (places.length === 1 && only !== undefined) return read(only, from, to);
      const met: Promise<Bytes>[] = [];
      for (let at = firstEndingBehind(places, from); at < places.length; at += 1) {
        const place = places[at];
        if (place === undefined || place.start >= to) break;
        if (place.end > place.start) met.push(read(place, from, to));
      }
      return concat(...(await Promise.all(met)));
    };
  }
}

/** Places follow one another: the first that ends behind `at`, by halving. */
function firstEndingBehind(places: readonly { end: number }[], at: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle]?.end ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether the browser lets us read it without asking. */
export async function isGranted(handle: FileSystemHandle): Promise<boolean> {
  const asked = handle as FileSystemHandle & { queryPermission?: (options: { mode: 'read' }) => Promise<PermissionState> };
  const state = await asked.queryPermission?.({ mode: 'read' });
  return state === undefined || state === 'granted';
}

/** The file at a place below a chosen root; none if it is gone. */
export async function fileAt(root: FileSystemHandle, path: readonly string[]): Promise<File | undefined> {
  try {
    let folder = root;
    for (const [at, name] of path.entries()) {
      const parent = folder as FileSystemDirectoryHandle;
      folder = await held(parent, (inside): Promise<FileSystemHandle> =>
        at === path.length - 1 ? inside.getFileHandle(name) : inside.getDirectoryHandle(name));
    }
    return await fileOf(folder as FileSystemFileHandle);
  } catch {
    return undefined;
  }
}
