/** What somebody logs in with here. */
import type { Device } from '../api/members.ts';
import { ui } from '../ui/words.svelte.ts';

export const device = (): Device => ({ label: 'browser', language: ui.code });
