/**
 * Fetching a handoff: the tap, then every byte, however often the connection breaks. Going on needs the same token, within the
 * two minutes that the server keeps the lease.
 */
import { handoffs } from '../api/handoffs.ts';
import { ApiProblem } from '../api/port.ts';
import type { Bytes } from '../seal/primitives.ts';
import type { HandoffReport } from './handoff-protocol.ts';
import { piecesOf } from './packed.ts';
import { passing, Pauses } from './pause.ts';
import { VaultError } from './problem.ts';

/** As long as the server keeps a lease that moves no byte. */
const LEASE = 120_000;

export interface Taking {
  id: string;
  auth: string;
  token: string;
  report: (report: HandoffReport) => void;
}

/** Runs `step` until it does not fail in passing; gives up when the lease must be gone. */
async function holding<T>(step: () => Promise<T>, waiting: () => void): Promise<T> {
  const pauses = new Pauses(new AbortController().signal);
  const end = Date.now() + LEASE;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      const comesBack = error instanceof ApiProblem && passing(error.status) && error.code !== 'handoff_full';
      if (!comesBack || Date.now() > end) throw error;
      waiting();
      await pauses.wait((error.retryAfter ?? 0) * 1000);
    }
  }
}

export async function fetchSealed({ id, auth, token, report }: Taking): Promise<Bytes> {
  const first = await handoffs.take(id, auth, token);
  const total = Number(first.headers.get('Content-Length'));
  const sealed = new Uint8Array(total);
  let done = 0;
  let response: Response | undefined = first;
  const pauses = new Pauses(new AbortController().signal);
  while (done < total) {
    const from = done;
    response ??= await holding(() => handoffs.sealed(id, token, from), () => { report({ done, total, waiting: true }); });
    try {
      for await (const piece of piecesOf(response.body)) {
        if (done + piece.length > total) throw new VaultError({ kind: 'internal' });
        sealed.set(piece, done);
        done += piece.length;
        report({ done, total, waiting: false });
      }
    } catch (error) {
      // A TypeError is fetch's word for a connection that broke.
      if (!(error instanceof TypeError)) throw error;
    }
    response = undefined;
    if (done === from) await pauses.wait();
  }
  return sealed;
}

/**
 * Tells the server that it is open here. If that cannot be said in time, the lease lapses: then too the slot is gone, and no
 * other device gets it.
 */
export async function commit(id: string, token: string): Promise<void> {
  try {
    await holding(() => handoffs.commit(id, token), () => undefined);
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
  }
}
