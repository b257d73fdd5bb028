/** Runs with every test: a failed one tells what stood on its pages. */
import { afterEach, beforeEach } from 'vitest';
import { lastSeen } from './browser.ts';

beforeEach(() => { lastSeen.length = 0; });
afterEach(({ task }) => {
  if (task.result?.state === 'fail') for (const page of lastSeen) console.error(`${task.name}: last seen at ${page}\n`);
});
