/** Whom and what a reply answers. */
import type { ApiDelivery } from '../api/people.ts';
import { levelOf } from './sent-list.svelte.ts';
import type { ReplyTo } from './send-view.ts';

/** `subject`: makes the reply's of the answered one's; at level 4 the server knows none. */
export async function findReplyTo(
  parcel: string, delivery: (id: string) => Promise<ApiDelivery>, subject: (answered: string) => string,
): Promise<ReplyTo & { address: string }> {
  const { sender, level, subject: answered } = await delivery(parcel);
  return { parcel, name: sender.name || sender.email, address: sender.email, level: levelOf(level), subject: answered === '' ? '' : subject(answered) };
}
