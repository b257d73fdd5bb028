import type { OwnState } from '../../flows/inbox-view.ts';
import type { IconName } from '../../ui/icons.ts';

/** How a received delivery's state is shown: brass where the reader has to do something. */
export const OWN: Record<OwnState, { icon: IconName; tone: 'past' | 'way' | 'you' | 'done' | 'failed' }> = {
  link: { icon: 'link', tone: 'past' },
  lost: { icon: 'lock', tone: 'past' },
  waits_sealpass: { icon: 'hand', tone: 'you' },
  waits_release: { icon: 'clock', tone: 'way' },
  ready: { icon: 'sealed', tone: 'way' },
  opened: { icon: 'check', tone: 'done' },
  downloaded: { icon: 'download', tone: 'done' },
  withdrawn: { icon: 'x', tone: 'past' },
  expired: { icon: 'clock', tone: 'past' },
  dropped: { icon: 'x', tone: 'past' },
  spent: { icon: 'check', tone: 'past' },
};
