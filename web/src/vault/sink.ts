/** Where opened bytes go; each takes them no faster than it can. */
import type { Pull, Push, Sink } from './protocol.ts';
import type { Bytes } from '../seal/primitives.ts';
import { fileOf, held, syncAccess } from './held.ts';

export interface Writer {
  write(pieces: Bytes[]): Promise<void>;
  /** All is there. Gives a Blob where somebody must still save it. */
  close(): Promise<Blob | undefined>;
  /** Nothing of it shall stay. */
  abort(): Promise<void>;
}

/** The job is stopped when the other side does not want any more; a stopped one waits for nobody. */
export function openSink(sink: Sink, name: string, job: AbortController): Promise<Writer> {
  switch (sink.kind) {
    case 'port':
      return Promise.resolve(portWriter(sink.port, job));
    case 'handle':
      return fileWriter(sink.handle);
    case 'private':
      return privateWriter(name);
    case 'memory':
      return Promise.resolve(memoryWriter());
  }
}

/** The service worker pulls; one answer for one pull, so that nothing piles up between. */
function portWriter(port: MessagePort, job: AbortController): Writer {
  let wanted = 0;
  let wake: (() => void) | undefined;
  port.onmessage = (event: MessageEvent<Pull>) => {
    if (event.data.kind === 'cancel') job.abort();
    else wanted += 1;
    wake?.();
  };
  job.signal.addEventListener('abort', () => wake?.());
  const say = (push: Push): void => { port.postMessage(push, push.kind === 'bytes' ? push.bytes.map(({ buffer }) => buffer) : []); };
  return {
    async write(pieces) {
      while (wanted === 0) {
        job.signal.throwIfAborted();
        await new Promise<void>((resolve) => { wake = resolve; });
      }
      wanted -= 1;
      // Pieces that share a buffer with others are copied: a buffer is transferred whole, and once.
      say({ kind: 'bytes', bytes: pieces.map((piece) => (piece.length === piece.buffer.byteLength ? piece : piece.slice())) });
    },
    close() {
      say({ kind: 'end' });
      return Promise.resolve(undefined);
    },
    abort() {
      say({ kind: 'fail' });
      return Promise.resolve();
    },
  };
}

async function fileWriter(handle: FileSystemFileHandle): Promise<Writer> {
  const stream = await held(handle, (file) => file.createWritable());
  return {
    async write(pieces) {
      for (const piece of pieces) await stream.write(piece);
    },
    async close() {
      await stream.close();
      return undefined;
    },
    abort: () => stream.abort(),
  };
}

async function privateWriter(name: string): Promise<Writer> {
  const folder = await navigator.storage.getDirectory();
  const handle = await held(folder, (root) => root.getFileHandle(name, { create: true }));
  const access = await syncAccess(handle);
  access.truncate(0);
  let at = 0;
  return {
    write(pieces) {
      for (const piece of pieces) {
        const written = access.write(piece, { at });
        if (written < piece.length) throw new DOMException('', 'QuotaExceededError');
        at += written;
      }
      return Promise.resolve();
    },
    close() {
      access.close();
      return fileOf(handle);
    },
    async abort() {
      access.close();
      await held(folder, (root) => root.removeEntry(name));
    },
  };
}

function memoryWriter(): Writer {
  let kept: Blob[] = [];
  return {
    write(pieces) {
      kept.push(new Blob(pieces));
      return Promise.resolve();
    },
    close: () => Promise.resolve(new Blob(kept)),
    abort() {
      kept = [];
      return Promise.resolve();
    },
  };
}
