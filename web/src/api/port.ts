/**
 * What flows ask of the server, by use case: the shapes of crates/api, from its description. `client.ts` does it over HTTP; a
 * test hands in another. Times in ms, sizes in bytes, byte strings as base64url.
 */
import type { components } from './schema.ts';

/** What is not there is left out on the wire, never null. */
export type Plain<T> = T extends readonly (infer E)[]
  ? Plain<E>[]
  : T extends object
    ? { [K in keyof T]: Plain<Exclude<T[K], null>> }
    : T;

/** A shape by its name in the description. */
export type Shape<N extends keyof components['schemas']> = Plain<components['schemas'][N]>;

export type Info = Shape<'Info'>;
export type LinkProof = Shape<'LinkProof'>;
export type PasswordParams = Shape<'PasswordParams'>;
export type ApiSender = Shape<'Sender'>;
export type Look = Shape<'Look'>;
export type ApiClaim = Shape<'Claim'>;
export type ApiLetter = Shape<'Letter'>;

/** An answer that is an error: RFC 9457 with a stable code, or `offline` when there was none. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: string;
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly triesLeft: number | undefined;
  /** Seconds of the pause that comes when no try is left. */
  readonly pause: number | undefined;
  readonly since: number | undefined;
  /** Whose delivery it was. */
  readonly sender: ApiSender | undefined;

  constructor(problem: Pick<Shape<'Problem'>, 'code' | 'status'> & Partial<Shape<'Problem'>>) {
    super(problem.code);
    this.code = problem.code;
    this.status = problem.status;
    this.retryAfter = problem.retry_after;
    this.triesLeft = problem.tries_left;
    this.pause = problem.pause;
    this.since = problem.since;
    this.sender = problem.sender;
  }
}

/** A visitor's calls. */
export interface VisitApi {
  look(link: string, proof: LinkProof): Promise<Look>;
  askCode(link: string, ask: Shape<'AskCode'>): Promise<void>;
  /** Level 2: has an invitation mailed, if the address is the recipient's. */
  invite(link: string, ask: Shape<'AskInvitation'>): Promise<void>;
  open(link: string, ask: Shape<'Open'>): Promise<ApiLetter>;
  /** The address of the account that is logged in here; none without a session. */
  whoami(): Promise<string | undefined>;
  logout(): Promise<void>;
  manifest(token: string): Promise<Uint8Array<ArrayBuffer>>;
  lease(token: string): Promise<ApiClaim>;
  ping(token: string): Promise<ApiClaim>;
  receipts(token: string, files: string[]): Promise<ApiClaim>;
}
