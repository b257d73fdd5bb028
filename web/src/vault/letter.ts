/** An open letter: the parcel's list of contents with the keys in it, and the bytes of any file, verified part by part. */
import { partLength, partsOfText, partText, PART, Opener } from '../seal/file.ts';
import { toText } from '../seal/format.ts';
import type { Manifest, SealedObject } from '../seal/manifest.ts';
import type { Bytes } from '../seal/primitives.ts';
import { sealedSize } from '../seal/stream.ts';
import { fetchPart, type Source } from './fetch-part.ts';
import type { ListedFile } from './protocol.ts';
import { SealError } from '../seal/error.ts';

/** Parts on their way at once: enough to keep the line busy, 24 MiB in memory. */
const AHEAD = 3;
/** How often a part that arrived damaged is fetched again. */
const TRIES = 3;

/** Where an object's parts are kept until it is saved. What one request brings is not worth the disk. */
const partStore = async ({ parts }: SealedObject): Promise<typeof import('./part-store.ts') | undefined> =>
  parts.length > 1 ? import('./part-store.ts').catch(() => undefined) : undefined;

interface Place {
  object: SealedObject;
  /** Bytes of the object's text. */
  from: number;
  to: number;
}

export class Letter {
  readonly #manifest: Manifest;
  readonly #openers = new Map<SealedObject, Opener>();
  /** The pack's part that was opened last: the next small file mostly lies in it, too. */
  #kept: { object: SealedObject; part: number; pieces: Bytes[] } | undefined;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  #place(index: number): Place | undefined {
    const entry = this.#manifest.files[index];
    if (entry === undefined || entry.contents.kind === 'folder') return undefined;
    if (entry.contents.kind === 'own') return { object: entry.contents.object, from: 0, to: entry.size };
    const { pack, offset } = entry.contents;
    const object = this.#manifest.packs[pack];
    return object && { object, from: offset, to: offset + entry.size };
  }

  list(): ListedFile[] {
    return this.#manifest.files.flatMap(({ name, size }, index) => {
      const place = this.#place(index);
      return place ? [{ index, name, size, object: toText(place.object.id) }] : [];
    });
  }

  /** Every file object and pack, each once. */
  objects(): string[] {
    return [...new Set(this.list().map(({ object }) => object))];
  }

  /** Names of the empty folders. */
  folders(): string[] {
    return this.#manifest.files.flatMap(({ name, contents }) => (contents.kind === 'folder' ? [name] : []));
  }

  lastModified(index: number): Date | undefined {
    const mtime = this.#manifest.files[index]?.mtime;
    return mtime === undefined ? undefined : new Date(mtime);
  }

  #opener(object: SealedObject): Opener {
    const known = this.#openers.get(object);
    if (known) return known;
    const opener = new Opener(object.key, object.id, sealedSize(object.size));
    this.#openers.set(object, opener);
    return opener;
  }

  async #header(object: SealedObject, opener: Opener, source: Source): Promise<void> {
    if (opener.knowsHeader) return;
    await opener.setHeader(await fetchPart(toText(object.id), 0, 40, source));
  }

  /** Opens one part: the one kept on this device, else one that is fetched; a damaged one is fetched again before it is given up. */
  async #part(object: SealedObject, part: number, source: Source): Promise<Bytes[]> {
    const opener = this.#opener(object);
    const [id, from] = [toText(object.id), part * PART];
    const size = partLength(opener.sealed, part);
    const store = await partStore(object);
    for (let tried = 0; ; tried += 1) {
      const kept = tried === 0 ? await store?.keptPart(id, part) : undefined;
      if (store && tried === 0 && kept?.length !== size) continue;
      const bytes = kept ?? (await fetchPart(id, from, from + size, source));
      try {
        if (part > 0) await this.#header(object, opener, source);
        const pieces = await opener.openPart(part, bytes, object.parts[part] ?? new Uint8Array(0));
        if (kept === undefined) await store?.keepPart(id, part, bytes);
        return pieces;
      } catch (error) {
        if (!(error instanceof SealError) || error.code !== 'part_hash' || tried === TRIES) throw error;
      }
    }
  }

  /** It is saved: what was kept of it for going on may go. */
  async saved(index: number): Promise<void> {
    const object = this.#place(index)?.object;
    if (object !== undefined) await (await partStore(object))?.dropParts(toText(object.id), object.parts.length);
  }

  /** A file's bytes in order, a few parts ahead of whoever takes them. */
  async *read(index: number, source: Source): AsyncGenerator<Bytes[]> {
    const place = this.#place(index);
    if (place === undefined || place.from === place.to) return;
    const { object, from, to } = place;
    const sealed = sealedSize(object.size);
    const { first, end } = partsOfText(sealed, from, to);
    const packed = to - from < object.size;
    const ahead: Promise<Bytes[]>[] = [];
    const begin = (part: number): void => {
      const kept = this.#kept;
      const job = kept?.object === object && kept.part === part ? Promise.resolve(kept.pieces) : this.#part(object, part, source);
      job.catch(() => undefined); // it is awaited in its turn
      ahead.push(job);
    };
    let next = first;
    for (let part = first; part < end; part += 1) {
      while (next < end && next < part + AHEAD) begin(next++);
      const pieces = (await ahead.shift()) ?? [];
      this.#kept = packed ? { object, part, pieces } : undefined;
      yield cut(pieces, partText(sealed, part).from, from, to, packed);
    }
  }
}

/** What of `pieces`, which begin at `start` of the text, lies in [from, to); copies if the whole is kept for others. */
function cut(pieces: Bytes[], start: number, from: number, to: number, copy: boolean): Bytes[] {
  const out: Bytes[] = [];
  let at = start;
  for (const piece of pieces) {
    const [head, tail] = [Math.max(0, from - at), Math.min(piece.length, to - at)];
    at += piece.length;
    if (head >= tail) continue;
    const part = piece.subarray(head, tail);
    out.push(copy ? part.slice() : part);
  }
  return out;
}

