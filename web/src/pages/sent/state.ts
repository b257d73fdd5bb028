import type { RecipientState } from '../../flows/sent-view.ts';
import type { IconName } from '../../ui/icons.ts';

export interface Look {
  icon: IconName;
  tone: 'past' | 'way' | 'you' | 'done' | 'failed';
}

/** How each state is shown: grey past, brand on the way, brass waits for you, green done, red failed. */
export const LOOKS: Record<RecipientState, Look> = {
  posted: { icon: 'sent', tone: 'past' },
  notified: { icon: 'letter', tone: 'past' },
  bounced: { icon: 'warn', tone: 'failed' },
  waits_registration: { icon: 'person', tone: 'way' },
  waits_sealpass: { icon: 'key', tone: 'way' },
  waits_release: { icon: 'hand', tone: 'you' },
  released: { icon: 'key', tone: 'done' },
  opened: { icon: 'check', tone: 'done' },
  downloaded: { icon: 'download', tone: 'done' },
  withdrawn: { icon: 'x', tone: 'past' },
  expired: { icon: 'clock', tone: 'past' },
  dropped: { icon: 'x', tone: 'past' },
  spent: { icon: 'check', tone: 'past' },
};
