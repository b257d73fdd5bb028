import { ApiProblem } from '../api/port.ts';
import { SealError } from '../seal/error.ts';
import type { VaultProblem } from './protocol.ts';

/** A problem as an exception inside the vault, and for the page that called. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly problem: VaultProblem;

  constructor(problem: VaultProblem) {
    super(problem.kind);
    this.problem = problem;
  }
}

export function problemOf(error: unknown): VaultProblem {
  if (error instanceof VaultError) return error.problem;
  if (error instanceof SealError) return { kind: 'seal', code: error.code };
  if (error instanceof ApiProblem) return { kind: 'server', code: error.code, status: error.status, retryAfter: error.retryAfter };
  if (error instanceof DOMException && error.name === 'QuotaExceededError') return { kind: 'disk-full' };
  if (error instanceof DOMException && error.name === 'AbortError') return { kind: 'stopped' };
  return { kind: 'internal' };
}
