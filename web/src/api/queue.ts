/** The mail gateway's queue, for administrators. Times in ms, sizes in bytes. */
import { callAt } from './call.ts';

export interface ApiQueueRow {
  mail: string;
  position: number;
  kind: string;
  sender: string;
  recipient: string;
  size: number;
  received: number;
  state: string;
  due?: number;
  attempts: number;
  reply?: string;
  treatment: string;
}

export interface ApiQueue {
  next?: string;
  counts: { queued: number; convert: number; hold_password: number; hold_error: number };
  rows: ApiQueueRow[];
}

const ROW = '/admin/queue/{mail}/{position}';

export const queue = {
  list: (query: { after?: string; limit: number }) => callAt<ApiQueue>('get', '/admin/queue', { query }),
  retry: ({ mail, position }: { mail: string; position: number }) => callAt<undefined>('post', `${ROW}/retry`, { at: { mail, position } }),
  retryAll: () => callAt<undefined>('post', '/admin/queue/retry', {}),
  drop: ({ mail, position }: { mail: string; position: number }, tellSender: boolean) =>
    callAt<undefined>('post', `${ROW}/drop`, { at: { mail, position }, body: { tell_sender: tellSender } }),
};
