/**
 * Fetches sealed bytes by range, and goes on by itself when the connection or the server is gone: it tries again after 1, 2, 4
 * … at most 15 seconds, for as long as nobody stops it.
 */
import { passing, Pauses } from './pause.ts';
import { VaultError } from './problem.ts';

export interface Source {
  /** Claim token. */
  token: string;
  signal: AbortSignal;
  /** Says that nothing arrives for now, or again. */
  waiting: (waits: boolean) => void;
}

async function refusal(response: Response): Promise<{ kind: 'server'; code: string; status: number }> {
  const problem = (await response.json().catch(() => ({}))) as { code?: string };
  return { kind: 'server', code: problem.code ?? 'unexpected', status: response.status };
}

async function leased(source: Source): Promise<boolean> {
  const headers = { Authorization: `Claim ${source.token}` };
  const response = await fetch('/api/v1/claims/lease', { method: 'POST', headers, signal: source.signal, credentials: 'omit' });
  if (response.ok) return true;
  throw new VaultError(await refusal(response));
}

async function once(url: string, from: number, to: number, source: Source): Promise<Uint8Array<ArrayBuffer> | number> {
  const headers = { Authorization: `Claim ${source.token}`, Range: `bytes=${from}-${to - 1}` };
  const response = await fetch(url, { headers, signal: source.signal, cache: 'no-store', credentials: 'omit' });
  if (passing(response.status)) {
    const seconds = Number(response.headers.get('Retry-After'));
    return seconds > 0 ? seconds * 1000 : 0;
  }
  if (response.status !== 206) {
    const problem = await refusal(response);
    // After a nap of the device the lease has lapsed; the same token may lease again while there is room.
    if (problem.code === 'claim_over' && (await leased(source))) return 0;
    throw new VaultError(problem);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  return bytes.length === to - from ? bytes : 0;
}

/** Bytes [from, to) of a sealed file object. */
export async function fetchPart(object: string, from: number, to: number, source: Source): Promise<Uint8Array<ArrayBuffer>> {
  const pauses = new Pauses(source.signal);
  for (;;) {
    let asked = 0;
    try {
      const got = await once(`/api/v1/claims/files/${object}`, from, to, source);
      if (typeof got !== 'number') {
        source.waiting(false);
        return got;
      }
      asked = got;
    } catch (error) {
      // A TypeError is fetch's word for a connection that is not there.
      if (!(error instanceof TypeError)) throw error;
    }
    source.waiting(true);
    await pauses.wait(asked);
  }
}
