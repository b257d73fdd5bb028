/** Saving: one file as it is, or several as one zip (stored, UTF-8 names, ZIP64 where needed, length known before). */
import type { Bytes } from '../seal/primitives.ts';
import type { Letter } from './letter.ts';
import type { Report, Sink } from './protocol.ts';
import { openSink } from './sink.ts';

export interface Job {
  number: number;
  token: string;
  /** Stops it. */
  controller: AbortController;
  report: (report: Report) => void;
}

/** Bytes between two reports of one file. */
const STEP = 1 << 20;
/** Bytes of a zip that are gathered into one message. */
const BATCH = 1 << 20;

function sizes(letter: Letter, files: number[]): { index: number; name: string; size: number; lastModified: Date | undefined }[] {
  const known = new Map(letter.list().map((file) => [file.index, file]));
  return files.flatMap((index) => {
    const file = known.get(index);
    return file ? [{ index, name: file.name, size: file.size, lastModified: letter.lastModified(index) }] : [];
  });
}

/** A name that ends in a slash is a folder to every unzipper. */
const folders = (letter: Letter): { name: string }[] => letter.folders().map((name) => ({ name: `${name}/` }));

/** Bytes that saving will give. */
export async function measure(letter: Letter, files: number[], zip: boolean): Promise<number> {
  const list = sizes(letter, files);
  if (zip) {
    const { predictLength } = await import('client-zip');
    return Number(predictLength([...folders(letter), ...list]));
  }
  return list.reduce((sum, { size }) => sum + size, 0);
}

/** A file's pieces, with a report now and then and one at the end. */
async function* reported(letter: Letter, index: number, job: Job): AsyncGenerator<Bytes[]> {
  let [done, told, waiting] = [0, 0, false];
  const say = (verified: boolean): void => { job.report({ job: job.number, file: index, done, verified, waiting }); };
  const source = {
    token: job.token,
    signal: job.controller.signal,
    waiting: (waits: boolean): void => {
      if (waits === waiting) return;
      waiting = waits;
      say(false);
    },
  };
  say(false);
  for await (const pieces of letter.read(index, source)) {
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    yield pieces;
    done += size;
    if (done - told >= STEP) {
      told = done;
      say(false);
    }
  }
  say(true);
}

async function* flat(pieces: AsyncIterable<Bytes[]>): AsyncGenerator<Bytes> {
  for await (const some of pieces) yield* some;
}

async function* zipped(letter: Letter, files: number[], job: Job): AsyncGenerator<Bytes[]> {
  const entries = (function* () {
    yield* folders(letter);
    for (const file of sizes(letter, files)) {
      const input = flat(reported(letter, file.index, job));
      yield file.lastModified === undefined
        ? { name: file.name, size: file.size, input }
        : { name: file.name, size: file.size, lastModified: file.lastModified, input };
    }
  })();
  const { makeZip } = await import('client-zip');
  const reader = makeZip(entries).getReader();
  let [batch, size]: [Bytes[], number] = [[], 0];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    batch.push(next.value as Bytes);
    size += next.value.length;
    if (size < BATCH) continue;
    yield batch;
    [batch, size] = [[], 0];
  }
  yield batch;
}

export async function save(letter: Letter, files: number[], zip: boolean, sink: Sink, job: Job): Promise<Blob | undefined> {
  const writer = await openSink(sink, `save-${job.number}`, job.controller);
  try {
    const [only] = files;
    const pieces = zip || only === undefined ? zipped(letter, files, job) : reported(letter, only, job);
    for await (const some of pieces) {
      job.controller.signal.throwIfAborted();
      await writer.write(some);
    }
    const blob = await writer.close();
    for (const index of files) await letter.saved(index);
    return blob;
  } catch (error) {
    await writer.abort().catch(() => undefined);
    throw error;
  }
}
