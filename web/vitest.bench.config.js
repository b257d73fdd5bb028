import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

// What the members' vault costs, in Chromium alone and one after the other: `npm run bench`.
const chromium = config.test?.projects?.[1];
if (typeof chromium !== 'object' || !('test' in chromium)) throw new Error('no project for Chromium');
export default defineConfig({ ...chromium, test: { ...chromium.test, include: ['bench/*.test.ts'], fileParallelism: false, testTimeout: 300_000 } });
