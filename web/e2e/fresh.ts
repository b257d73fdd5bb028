/** Stories are told of the web client that the program carries: of another one than `web/dist` they would fail and mislead. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROGRAM } from './server.ts';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

export function setup(): void {
  if (process.env.DEPESCHE_FRONT !== undefined) return;
  const built = Math.max(...readdirSync(DIST, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(DIST, name)).mtimeMs));
  if (statSync(PROGRAM).mtimeMs < built) throw new Error(`${PROGRAM} is older than web/dist: build it again, or set DEPESCHE_FRONT=1 to take web/dist as it is`);
}
