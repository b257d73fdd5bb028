/**
 * The page's way to the disk, in the order of what carries most: the service worker streams to the browser's downloads; a
 * place that somebody chooses; a private file that is saved when it is complete; memory, for little.
 */
import type { Sink } from './protocol.ts';
import { scriptUrl } from './script-url.ts';

/** Most bytes that are gathered in memory. */
export const MEMORY = 256_000_000;
/** Being spoken to this often keeps a service worker alive (ms). */
const PING = 10_000;
const PATIENCE = 3000;

/** Where a save goes, and what ends it. */
export interface Place {
  sink: Sink;
  transfer: Transferable[];
  /** To be called when the vault is done; saves the Blob if there is one. */
  finish: (blob: Blob | undefined) => void;
  /** To be called when it failed or was stopped. */
  drop: () => void;
}

const nothing = (): void => undefined;

/** None if these bytes can be put nowhere. */
export async function findPlace(name: string, size: number): Promise<Place | undefined> {
  return (await streamed(name, size)) ?? (await chosen(name)) ?? (await kept(name)) ?? (size <= MEMORY ? inMemory(name) : undefined);
}

/** WebKit buffers a service worker's stream in memory and then ends the worker: there the private file is the better way. */
const isWebKit = (): boolean => 'GestureEvent' in globalThis;

async function activeWorker(): Promise<ServiceWorker | undefined> {
  if (!('serviceWorker' in navigator) || isWebKit()) return undefined;
  try {
    const registration = await navigator.serviceWorker.register(scriptUrl('/sw.js'), { scope: '/save/', updateViaCache: 'none' });
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    if (worker === null || worker.state === 'activated') return worker ?? undefined;
    return await within(new Promise<ServiceWorker>((resolve) => {
      worker.addEventListener('statechange', () => {
        if (worker.state === 'activated') resolve(worker);
      });
    }));
  } catch {
    return undefined; // private mode, blocked storage
  }
}

/** What comes in time; none else. */
function within<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, new Promise<undefined>((resolve) => setTimeout(() => { resolve(undefined); }, PATIENCE))]);
}

async function streamed(name: string, size: number): Promise<Place | undefined> {
  const worker = await activeWorker();
  if (worker === undefined) return undefined;
  const { port1, port2 } = new MessageChannel();
  const id = crypto.randomUUID();
  const heard = new Promise<true>((resolve) => { port1.onmessage = () => { resolve(true); }; });
  worker.postMessage({ kind: 'carry', id, name, size }, [port2]);
  if ((await within(heard)) === undefined) return undefined;
  port1.onmessage = null;
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = `/save/${id}/${encodeURIComponent(name)}`;
  document.body.append(frame);
  const ping = setInterval(() => { worker.postMessage({ kind: 'ping' }); }, PING);
  const end = (): void => {
    clearInterval(ping);
    // The download outlives the frame's removal only once its last byte has been taken over.
    setTimeout(() => { frame.remove(); }, PING);
  };
  return { sink: { kind: 'port', port: port1 }, transfer: [port1], finish: end, drop: end };
}

interface Picker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
}

async function chosen(name: string): Promise<Place | undefined> {
  const pick = (globalThis as Picker).showSaveFilePicker;
  if (pick === undefined) return undefined;
  try {
    return { sink: { kind: 'handle', handle: await pick({ suggestedName: name }) }, transfer: [], finish: nothing, drop: nothing };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error; // somebody cancelled
    return undefined;
  }
}

/** Hands a Blob to the browser's downloads. */
function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 60_000);
}

const saved = (name: string): Pick<Place, 'transfer' | 'finish' | 'drop'> => ({
  transfer: [],
  finish: (blob) => {
    if (blob) download(blob, name);
  },
  drop: nothing,
});

async function kept(name: string): Promise<Place | undefined> {
  try {
    await navigator.storage.getDirectory();
    return { sink: { kind: 'private' }, ...saved(name) };
  } catch {
    return undefined;
  }
}

const inMemory = (name: string): Place => ({ sink: { kind: 'memory' }, ...saved(name) });
