import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

// Debian's Chromium; a missing one fails the run.
const chromium = playwright({
  launchOptions: {
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  },
});

const shared = { plugins: [svelte()], server: { fs: { allow: ['..'] } } };

export default defineConfig({
  test: {
    globalSetup: ['scripts/temporary.js'],
    projects: [
      { ...shared, test: { name: 'node', environment: 'node', include: ['test/{both,node}/*.test.ts'], testTimeout: 60_000 } },
      {
        ...shared,
        // Known beforehand: a package that is found while tests run is bundled then, and what was loaded is thrown away.
        optimizeDeps: {
          include: [
            '@noble/hashes/sha3.js', '@noble/post-quantum/hybrid.js', '@noble/post-quantum/ml-kem.js', '@panva/hpke-noble', 'client-zip', 'hash-wasm', 'hpke',
          ],
        },
        test: {
          name: 'chromium',
          include: ['test/{both,browser}/*.test.ts'],
          testTimeout: 60_000,
          browser: { enabled: true, provider: chromium, headless: true, screenshotFailures: false, instances: [{ browser: 'chromium' }] },
        },
      },
    ],
  },
});
