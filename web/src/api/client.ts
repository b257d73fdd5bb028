/** What everybody asks of the server, over HTTP. */
import { bytes, call } from './call.ts';
import { ApiProblem, type Info, type VisitApi } from './port.ts';

export const info = (): Promise<Info> => call('get', '/info', {});

export const visits: VisitApi = {
  look: (id, body) => call('post', '/links/{id}/look', { at: { id }, body }),
  askCode: async (id, body) => { await call('post', '/links/{id}/code', { at: { id }, body }); },
  invite: async (id, body) => { await call('post', '/links/{id}/invite', { at: { id }, body }); },
  open: (id, body) => call('post', '/links/{id}/open', { at: { id }, body }),
  whoami: async () => {
    try {
      return (await call('get', '/me', {})).email;
    } catch (error) {
      if (error instanceof ApiProblem) return undefined;
      throw error;
    }
  },
  logout: async () => { await call('post', '/logout', {}); },
  manifest: (claim) => bytes('/claims/manifest', { claim }),
  lease: (claim) => call('post', '/claims/lease', { claim }),
  ping: (claim) => call('post', '/claims/ping', { claim }),
  receipts: (claim, files) => call('post', '/claims/receipts', { claim, body: { files } }),
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
