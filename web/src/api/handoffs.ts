/** Handoffs over HTTP: sealed bytes travel as they are, what belongs to them stands in headers. Byte strings are base64url. */
import { ApiProblem, type Shape } from './port.ts';

export type ApiHandoff = Shape<'Handoff'>;
export type ApiFoundHandoff = Shape<'FoundHandoff'>;
export type ApiHandoffState = Shape<'HandoffState'>;

interface Ask {
  method?: 'GET' | 'POST' | 'DELETE';
  headers?: Record<string, string>;
  /** The source's secret or the token. */
  secret?: string;
  json?: unknown;
  sealed?: Uint8Array<ArrayBuffer>;
  signal?: AbortSignal | undefined;
}

/** One request; fails with an ApiProblem, `offline` where nobody answers. */
async function asked(path: string, { method = 'POST', headers = {}, secret, json, sealed, signal }: Ask): Promise<Response> {
  const all: Record<string, string> = { ...headers };
  if (secret !== undefined) all.Authorization = `Handoff ${secret}`;
  if (json !== undefined) all['Content-Type'] = 'application/json';
  if (sealed !== undefined) all['Content-Type'] = 'application/octet-stream';
  const body = json === undefined ? sealed : JSON.stringify(json);
  let response: Response;
  try {
    response = await fetch(`/api/v1/handoffs${path}`, {
      method, headers: all, cache: 'no-store', credentials: 'same-origin', ...(body === undefined ? {} : { body }), ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem({ code: 'offline', status: 0 });
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<ConstructorParameters<typeof ApiProblem>[0]>;
  throw new ApiProblem({ ...problem, code: problem.code ?? 'unexpected', status: response.status });
}

const at = (id: string): string => `/${encodeURIComponent(id)}`;
const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T;

export interface Offer {
  /** SHA-256(auth). */
  auth: string;
  /** SHA-256 of the source's secret. */
  source: string;
  find: string;
  wrap: string;
}

export const handoffs = {
  offer: (sealed: Uint8Array<ArrayBuffer>, { auth, source, find, wrap }: Offer) =>
    json<ApiHandoff>(asked('', { sealed, headers: { 'Handoff-Auth': auth, 'Handoff-Source': source, 'Handoff-Find': find, 'Handoff-Wrap': wrap } })),
  /** An empty slot, for another device to fill. */
  ask: (body: Shape<'AskHandoff'>) => json<ApiHandoff>(asked('/ask', { json: body })),
  fill: (id: string, sealed: Uint8Array<ArrayBuffer>, fill: string, source: string) =>
    json<ApiHandoff>(asked(`${at(id)}/fill`, { sealed, headers: { 'Handoff-Fill': fill, 'Handoff-Source': source } })),
  /** By the typed words. Takes nothing. */
  find: (find: string) => json<ApiFoundHandoff>(asked('/find', { json: { find } })),
  /** Takes nothing. */
  look: (id: string, auth: string) => json<ApiHandoff>(asked(`${at(id)}/look`, { json: { auth } })),
  /** This is the tap. The same token again is the same taking. */
  take: (id: string, auth: string, token: string) => asked(`${at(id)}/take`, { json: { auth, token } }),
  /** Goes on behind a break. */
  sealed: (id: string, token: string, from: number) => asked(`${at(id)}/sealed`, { method: 'GET', secret: token, headers: { Range: `bytes=${from}-` } }),
  commit: (id: string, token: string) => asked(`${at(id)}/commit`, { secret: token }),
  /** At once, or when it is another than `after`. */
  state: (id: string, source: string, after: number | undefined, signal?: AbortSignal) =>
    json<ApiHandoffState>(asked(`${at(id)}/state${after === undefined ? '' : `?after=${after}`}`, { method: 'GET', secret: source, signal })),
  cancel: (id: string, source: string) => asked(at(id), { method: 'DELETE', secret: source }),
};
