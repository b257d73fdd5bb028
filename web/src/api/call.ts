/**
 * One call of the API: the only place that knows how an answer and an error look on the wire. Paths, bodies and answers are
 * those of `schema.ts`, which is generated from the server's own description: `npm run schema`.
 */
import { ApiProblem, type Plain } from './port.ts';
import type { paths } from './schema.ts';

const BASE = '/api/v1';

type Method = 'get' | 'post' | 'put' | 'delete';
type Path = keyof paths extends infer P ? (P extends `/api/v1${infer Short}` ? Short : never) : never;
type Operation<M extends Method, P extends Path> = NonNullable<paths[`/api/v1${P}` & keyof paths][M & keyof paths[`/api/v1${P}` & keyof paths]]>;
/** The paths that know this method. */
type With<M extends Method> = { [P in Path]: [Operation<M, P>] extends [never] ? never : P }[Path];

type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? { body: Plain<B> } : { body?: never };
type AtOf<O> = O extends { parameters: { path: infer A } } ? { at: A } : { at?: never };
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q } : { query?: never };
type Ask<O> = AtOf<O> & BodyOf<O> & QueryOf<O> & {
  /** Claim token of a visitor. */
  claim?: string;
  /** Proof of a reply link. */
  reply?: string;
};
type Answer<O> = O extends { responses: { 200: { content: { 'application/json': infer A } } } } ? Plain<A> : undefined;

interface Loose {
  at?: Record<string, string | number>;
  body?: unknown;
  query?: Record<string, string | number | boolean | undefined>;
  claim?: string;
  /** Proof of a reply link. */
  reply?: string;
}

async function fetched(method: Method, path: string, { at = {}, body, query = {}, claim, reply }: Loose): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['Content-Type'] = body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
  if (claim !== undefined) headers.Authorization = `Claim ${claim}`;
  if (reply !== undefined) headers.Authorization = `Reply ${reply}`;
  const asked = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
  const url = `${BASE}${path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(at[name] ?? ''))}${asked.size > 0 ? `?${asked}` : ''}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method: method.toUpperCase(), headers, cache: 'no-store', credentials: 'same-origin', ...(body === undefined ? {} : { body: body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
    });
  } catch {
    throw new ApiProblem({ code: 'offline', status: 0 });
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<ConstructorParameters<typeof ApiProblem>[0]>;
  throw new ApiProblem({ ...problem, code: problem.code ?? 'unexpected', status: response.status });
}

/** Asks, and gives the answer's JSON, if it has any. Fails with an ApiProblem. */
export async function call<M extends Method, P extends With<M>>(method: M, path: P, ask: Ask<Operation<M, P>>): Promise<Answer<Operation<M, P>>> {
  const response = await fetched(method, path, ask);
  // 202 and 204 say nothing more.
  return (response.status === 200 ? await response.json() : undefined) as Answer<Operation<M, P>>;
}

/** As `call`, for what is answered in bytes. */
export async function bytes<P extends With<'get'>>(path: P, ask: Ask<Operation<'get', P>>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fetched('get', path, ask)).arrayBuffer());
}

/** As `call`, for what has its shapes in a port of its own. */
export async function callAt<A>(method: Method, path: string, ask: Loose): Promise<A> {
  const response = await fetched(method, path, ask);
  return (response.status === 200 ? await response.json() : undefined) as A;
}

export const bytesAt = async (path: string, ask: Loose): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await fetched('get', path, ask)).arrayBuffer());

/** PUTs bytes. */
export async function sendBytes(path: string, id: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  await fetched('put', path, { at: { id }, body });
}
