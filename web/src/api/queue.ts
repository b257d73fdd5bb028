/** The mail gateway for administrators: its queue, and the passwords that its PDFs open with. Times in ms, sizes in bytes. */
import { call } from './call.ts';
import type { Shape } from './port.ts';

export type ApiQueue = Shape<'Queue'>;
export type ApiQueueRow = Shape<'QueueRow'>;

/** One recipient's part of a mail. */
export interface QueuePlace {
  mail: string;
  position: number;
}

export const queue = {
  list: (query: { after?: string; limit: number }) => call('get', '/admin/queue', { query }),
  retry: ({ mail, position }: QueuePlace) => call('post', '/admin/queue/{mail}/{position}/retry', { at: { mail, position } }),
  retryAll: () => call('post', '/admin/queue/retry', {}),
  drop: ({ mail, position }: QueuePlace, tellSender: boolean) =>
    call('post', '/admin/queue/{mail}/{position}/drop', { at: { mail, position }, body: { tell_sender: tellSender } }),
};

/** Takes somebody's password for protected mail away; a link to set another is mailed. */
export const resetPdfPassword = async (email: string): Promise<void> => { await call('post', '/pdf-passwords/reset', { body: { email } }); };
