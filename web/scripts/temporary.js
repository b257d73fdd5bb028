import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whatever tests, browsers and servers write to the temporary folder goes with the run, also when a test is ended. */
export function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'depesche-'));
  process.env.TMPDIR = folder;
  return () => { rmSync(folder, { recursive: true, force: true, maxRetries: 5 }); };
}
