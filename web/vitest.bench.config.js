import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

// What it costs, in Chromium alone and one after the other: `npm run bench`; of path/ against the program in target/release.
const chromium = config.test?.projects?.[1];
if (typeof chromium !== 'object' || !('test' in chromium)) throw new Error('no project for Chromium');
export default defineConfig({
  test: {
    globalSetup: ['scripts/temporary.js'],
    fileParallelism: false,
    projects: [
      { ...chromium, test: { ...chromium.test, name: 'page', include: ['bench/*.test.ts'], fileParallelism: false, testTimeout: 600_000 } },
      { test: { name: 'path', environment: 'node', include: ['bench/path/*.test.ts'], fileParallelism: false, testTimeout: 1_200_000, hookTimeout: 60_000 } },
    ],
  },
});
