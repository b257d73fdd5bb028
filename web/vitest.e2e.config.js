import { defineConfig } from 'vitest/config';

// Browser, program and command line together; the program must be built with the feature `web`.
export default defineConfig({
  test: { environment: 'node', globalSetup: ['scripts/temporary.js', 'e2e/fresh.ts'], include: ['e2e/*.test.ts'], setupFiles: ['e2e/last-seen.ts'], testTimeout: 120_000, hookTimeout: 60_000, maxWorkers: 2 },
});
