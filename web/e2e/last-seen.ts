/** Runs with every test: a failed one tells what stood on its pages. */
import { afterEach, beforeEach } from 'vitest';
import { lastSeen, open, remember } from './browser.ts';

beforeEach(() => { lastSeen.length = 0; });
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const context of open) await remember(context);
  for (const page of lastSeen) console.error(`${task.name}: last seen at ${page.replace(/\n+/g, ' | ')}`);
});
