/**
 * What flows ask of the server, by use case: the shapes of crates/api. `client.ts` does it over HTTP; a test hands in
 * another. Times in ms, sizes in bytes, byte strings as base64url.
 */

/** An answer that is an error: RFC 9457 with a stable code, or `offline` when there was none. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: string;
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly triesLeft: number | undefined;
  readonly since: number | undefined;

  constructor(problem: { code: string; status: number; retry_after?: number; tries_left?: number; since?: number }) {
    super(problem.code);
    this.code = problem.code;
    this.status = problem.status;
    this.retryAfter = problem.retry_after;
    this.triesLeft = problem.tries_left;
    this.since = problem.since;
  }
}

export interface LinkProof {
  auth: string;
  auth2?: string;
}

export interface PasswordParams {
  /** KiB */
  m: number;
  t: number;
  p: number;
  salt: string;
}

export interface ApiSender {
  name: string;
  email: string;
}

export interface Look {
  sender: ApiSender;
  level: number;
  expires: number;
  password?: PasswordParams;
  mailed_code: boolean;
  subject: string;
  record?: string;
  manifest?: string;
}

export interface ApiClaim {
  state: string;
  until?: number;
  left?: number;
}

export interface ApiLetter {
  parcel: string;
  sender: ApiSender;
  level: number;
  posted: number;
  expires: number;
  subject: string;
  message: string;
  record: string;
  manifest_size: number;
  claim: ApiClaim;
}

/** A visitor's calls. */
export interface VisitApi {
  look(link: string, proof: LinkProof): Promise<Look>;
  askCode(link: string, ask: LinkProof & { email: string; language: string }): Promise<void>;
  open(link: string, ask: LinkProof & { email: string; code?: string; token: string }): Promise<ApiLetter>;
  manifest(token: string): Promise<Uint8Array<ArrayBuffer>>;
  lease(token: string): Promise<ApiClaim>;
  ping(token: string): Promise<ApiClaim>;
  receipts(token: string, files: string[]): Promise<ApiClaim>;
}
