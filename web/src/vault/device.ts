/** What this device is, as far as its browser says, and its ways to take a file. */
import { scriptUrl } from './script-url.ts';

export type Device = 'android' | 'apple' | 'other';

/** An iPad with a desktop's page says that it is a Mac with fingers. */
export function deviceOf(agent: string, touches: number): Device {
  if (agent.includes('Android')) return 'android';
  return /iPhone|iPad|iPod/.test(agent) || (agent.includes('Macintosh') && touches > 1) ? 'apple' : 'other';
}

export interface FileToSave {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Into the browser's downloads. */
export function download({ name, type, bytes }: FileToSave): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 60_000);
}

const PATIENCE = 3000;

async function activated(): Promise<ServiceWorker | undefined> {
  const registration = await navigator.serviceWorker.register(scriptUrl('/profile-sw.js'), { scope: '/profile/', updateViaCache: 'none' });
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker === null || worker.state === 'activated') return worker ?? undefined;
  return new Promise((resolve) => {
    worker.addEventListener('statechange', () => { if (worker.state === 'activated') resolve(worker); });
    setTimeout(() => { resolve(undefined); }, PATIENCE);
  });
}

/**
 * Offers a configuration profile as a server would, so that Apple's systems ask whether to install it: the service worker
 * answers the navigation. No server ever has it; one that is asked anyway knows nothing of that address. False: not here.
 */
export async function offerProfile(file: FileToSave): Promise<boolean> {
  try {
    const worker = 'serviceWorker' in navigator ? await activated() : undefined;
    if (worker === undefined) return false;
    const { port1, port2 } = new MessageChannel();
    const id = crypto.randomUUID();
    const heard = new Promise<boolean>((resolve) => {
      port1.onmessage = () => { resolve(true); };
      setTimeout(() => { resolve(false); }, PATIENCE);
    });
    worker.postMessage({ kind: 'hold', id, type: file.type, bytes: file.bytes }, [port2]);
    if (!(await heard)) return false;
    location.assign(`/profile/${id}/${encodeURIComponent(file.name)}`);
    return true;
  } catch {
    return false; // private mode, blocked storage
  }
}
