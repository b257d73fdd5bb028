import type { Trust } from '../../flows/keyring-view.ts';
import type { IconName } from '../../ui/icons.ts';

/** How a key's standing is shown; the words say the same. */
export const TRUST: Record<Trust, { icon: IconName; tone: 'past' | 'way' | 'you' | 'done' | 'failed' }> = {
  verified: { icon: 'check', tone: 'done' },
  seen: { icon: 'key', tone: 'past' },
  new: { icon: 'key', tone: 'way' },
  renewed: { icon: 'key', tone: 'way' },
  reset: { icon: 'hand', tone: 'you' },
  changed: { icon: 'warn', tone: 'failed' },
  locked: { icon: 'lock', tone: 'past' },
};
