/**
 * Asking the server until it answers: lost connections and a server that is away, busy or full are waited for; a session that
 * has ended waits for a login. Only a real refusal ends it.
 */
import { ApiProblem } from '../api/port.ts';
import { passing, Pauses } from './pause.ts';
import { VaultError } from './problem.ts';

const UNAUTHORIZED = 401;
const FULL = 507;

export interface Patience {
  signal: AbortSignal;
  /** Says why nothing gets through, or that it does again. */
  waiting: (why: 'offline' | 'full' | undefined) => void;
  /** Resolves when somebody has logged in again. */
  session: () => Promise<void>;
}

/** Runs `ask` until it does not fail in passing. */
export async function patiently<T>(ask: () => Promise<T>, patience: Patience): Promise<T> {
  const pauses = new Pauses(patience.signal);
  for (;;) {
    patience.signal.throwIfAborted();
    try {
      const answer = await ask();
      patience.waiting(undefined);
      return answer;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === UNAUTHORIZED) {
        await patience.session();
        continue;
      }
      if (!passing(error.status)) throw error;
      patience.waiting(error.status === FULL ? 'full' : 'offline');
      await pauses.wait((error.retryAfter ?? 0) * 1000);
    }
  }
}

function problemIn(text: string, status: number): ApiProblem {
  try {
    const problem = JSON.parse(text) as { code?: string; retry_after?: number };
    return new ApiProblem({ ...problem, code: problem.code ?? 'unexpected', status });
  } catch {
    return new ApiProblem({ code: 'unexpected', status });
  }
}

/** Where bytes go: below the API's root, and what proves that one may; none where the session does. */
export interface Place {
  path: string;
  authorization?: string | undefined;
}

/** One PUT of bytes. XMLHttpRequest and not fetch: it says how much of the body has gone. */
function putOnce({ path, authorization }: Place, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal, progress: (sent: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => { request.abort(); };
    signal.addEventListener('abort', stop);
    const end = (result: () => void) => (): void => {
      signal.removeEventListener('abort', stop);
      result();
    };
    request.open('PUT', `/api/v1${path}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    if (authorization !== undefined) request.setRequestHeader('Authorization', authorization);
    request.upload.onprogress = ({ loaded }) => { progress(loaded); };
    request.onload = end(() => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(problemIn(request.responseText, request.status));
    });
    request.onerror = end(() => { reject(new ApiProblem({ code: 'offline', status: 0 })); });
    request.onabort = end(() => { reject(new DOMException('', 'AbortError')); });
    request.send(bytes);
  });
}

export async function putBytes(place: Place, bytes: Uint8Array<ArrayBuffer>, patience: Patience, progress: (sent: number) => void): Promise<void> {
  await patiently(async () => {
    try {
      await putOnce(place, bytes, patience.signal, progress);
    } catch (error) {
      progress(0);
      throw error;
    }
  }, patience);
}

/** The stable code of a server's refusal. */
export function refusal(error: unknown): string | undefined {
  if (error instanceof ApiProblem) return error.code;
  return error instanceof VaultError && error.problem.kind === 'server' ? error.problem.code : undefined;
}
