/** A failure of a handoff, as the page that says what to do. */
import { VaultError } from '../vault/problem.ts';
import type { Gone, Refused } from './handoff-view.ts';

const BY_CODE: Record<string, Gone> = {
  handoff_taken: 'taken', handoff_expired: 'expired', handoff_lapsed: 'lapsed', handoff_cancelled: 'cancelled', handoff_unknown: 'unknown', not_found: 'unknown',
  handoff_wrong_key: 'wrong-key', handoff_busy: 'busy', handoff_filled: 'filled', handoff_not_yours: 'lapsed', handoff_too_many: 'too-many', too_many_tries: 'too-many', too_many_requests: 'too-many',
  handoff_form: 'mistyped', handoff_mistyped: 'mistyped', handoff_cut: 'cut', handoff_version: 'newer', handoff_newer: 'newer', offline: 'offline',
};

const REFUSED: Record<string, Refused> = {
  too_large: 'too-large', handoff_too_large: 'too-large', handoff_full: 'full', handoff_too_many: 'too-many', too_many_tries: 'too-many', offline: 'offline',
  handoff_type: 'name',
};

export const secondsOf = (error: unknown): number | undefined =>
  error instanceof VaultError && error.problem.kind === 'server' ? error.problem.retryAfter : undefined;

/** A server's or the format's code; none for anything else. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof VaultError)) return undefined;
  const { problem } = error;
  if (problem.kind === 'server') {
    // What stands in front of a server that is away answers for it; a full one speaks itself.
    const away = problem.status === 0 || (problem.status >= 502 && !problem.code.startsWith('handoff_'));
    return away ? 'offline' : problem.code;
  }
  return problem.kind === 'seal' ? problem.code : undefined;
}

/** Why it cannot be had. What the format refuses and has no page of its own came damaged. */
export function goneOf(error: unknown): Gone {
  const known = BY_CODE[codeOf(error) ?? ''];
  if (known !== undefined) return known;
  return error instanceof VaultError && error.problem.kind === 'seal' ? 'garbled' : 'wrong';
}

/** Why it cannot be offered. */
export function refusedOf(error: unknown): Refused {
  const code = codeOf(error) ?? '';
  return code.startsWith('name_') ? 'name' : (REFUSED[code] ?? 'wrong');
}
