/** The server over HTTP: one place that knows how an answer and an error look on the wire. */
import { ApiProblem, type ApiClaim, type ApiLetter, type Look, type VisitApi } from './port.ts';

const BASE = '/api/v1';

interface Asked {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  /** Claim token of a visitor. */
  claim?: string;
}

export async function send(path: string, { method = 'POST', body, claim }: Asked): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (claim !== undefined) headers.Authorization = `Claim ${claim}`;
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method, headers, cache: 'no-store', credentials: 'same-origin', ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiProblem({ code: 'offline', status: 0 });
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<ConstructorParameters<typeof ApiProblem>[0]>;
  throw new ApiProblem({ ...problem, code: problem.code ?? 'unexpected', status: response.status });
}

export async function json<T>(path: string, asked: Asked): Promise<T> {
  return (await (await send(path, asked)).json()) as T;
}

export interface Info {
  /** Where links begin. */
  public_url: string;
  name: string;
  demo: boolean;
  /** There is no account yet. */
  first_run?: boolean;
  levels: { lowest: number; default: number; highest: number };
  limits: { delivery: number; retention: number };
}

export const info = (): Promise<Info> => json('/info', { method: 'GET' });

export const visits: VisitApi = {
  look: (link, proof) => json<Look>(`/links/${link}/look`, { body: proof }),
  async askCode(link, ask) {
    await send(`/links/${link}/code`, { body: ask });
  },
  open: (link, ask) => json<ApiLetter>(`/links/${link}/open`, { body: ask }),
  async manifest(claim) {
    return new Uint8Array(await (await send('/claims/manifest', { method: 'GET', claim })).arrayBuffer());
  },
  lease: (claim) => json<ApiClaim>('/claims/lease', { claim }),
  ping: (claim) => json<ApiClaim>('/claims/ping', { claim }),
  receipts: (claim, files) => json<ApiClaim>('/claims/receipts', { claim, body: { files } }),
};

export interface ApiMail {
  id: string;
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  raw: string;
}

/** The demo server's mail; none elsewhere. */
export const caughtMail = {
  async list(): Promise<ApiMail[]> {
    const response = await fetch('/dev/mail.json', { cache: 'no-store' });
    return response.ok ? ((await response.json()) as ApiMail[]) : [];
  },
  async clear(): Promise<void> {
    await fetch('/dev/mail.json', { method: 'DELETE' });
  },
};
