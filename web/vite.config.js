import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

/** Which page answers which address; the server does the same (docs of crates/http, assets). */
const VISITORS = /^\/(d|a|help)(\/|%23|$)/;
const HANDOFF = /^\/(h|handoff)(\/|%23|$)/;
const PROTECTED = /^\/(p|r)(\/|%23|$)/;

/** @returns {import('vite').Plugin} */
function pages() {
  return {
    name: 'depesche-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const url = request.url ?? '/';
        const path = url.split('?')[0] ?? '/';
        if (path === '/sw.js') request.url = '/src/sw/sw.ts';
        else if (path === '/profile-sw.js') request.url = '/src/sw/profile-sw.ts';
        else if (VISITORS.test(path)) request.url = '/visit.html';
        else if (HANDOFF.test(path)) request.url = '/handoff.html';
        else if (PROTECTED.test(path)) request.url = '/protected.html';
        else if (!/\.[a-z0-9]+$|^\/(@|src|node_modules|api|gallery|dev\/mail\.json)/.test(path)) request.url = '/index.html';
        next();
      });
    },
  };
}

/** What every page's head has: head.html in place of its mark. @returns {import('vite').Plugin} */
function head() {
  const shared = readFileSync(new URL('head.html', import.meta.url), 'utf8').trim().replaceAll('\n', '\n    ');
  return { name: 'depesche-head', transformIndexHtml: { order: 'pre', handler: (html) => html.replace('<!-- head -->', shared) } };
}

/** The page's Worker is on its way before the script that asks for it has arrived. @returns {import('vite').Plugin} */
function early() {
  return {
    name: 'depesche-early',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = Object.keys(bundle).find((name) => /\/[a-z-]*worker-[\w-]+\.js$/.test(name));
        for (const [name, file] of Object.entries(bundle)) {
          if (worker === undefined || !name.endsWith('.html') || file.type !== 'asset' || typeof file.source !== 'string') continue;
          file.source = file.source.replace('  </head>', `    <link rel="modulepreload" href="/${worker}">\n  </head>`);
        }
      },
    },
  };
}

/** Lays every text file down packed as well; the server sends what the browser takes. @returns {import('vite').Plugin} */
function packed() {
  return {
    name: 'depesche-packed',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const [fileName, file] of Object.entries(bundle)) {
          const source = file.type === 'chunk' ? file.code : file.source;
          if (!/\.(js|css|svg|html)$/.test(fileName)) continue;
          const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: source.length };
          this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source: brotliCompressSync(source, { params }) });
          this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gzipSync(source, { level: 9 }) });
        }
      },
    },
  };
}

/** What is built in each mode: the pages and service workers. @type {Record<string, Record<string, string>>} */
const INPUTS = {
  visit: { visit: 'visit.html', sw: 'src/sw/sw.ts' },
  member: { index: 'index.html' },
  handoff: { handoff: 'handoff.html', 'profile-sw': 'src/sw/profile-sw.ts' },
  protected: { protected: 'protected.html' },
};

/**
 * Four builds into one folder, so that the landing page carries nothing of what only others need: `vite build --mode visit`
 * (the visitors' page, the vault, the service worker), then `--mode member`, `--mode handoff`, `--mode protected`. Where guests come in
 * there is one style sheet, so that `import()` stays the browser's own and waits for nothing.
 */
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), pages(), head(), early(), packed()],
  appType: 'mpa',
  // The words of keys and codes lie beside the client.
  server: { fs: { allow: ['..'] }, proxy: { '/api': 'http://127.0.0.1:8025', '/dev/mail.json': 'http://127.0.0.1:8025' } },
  worker: { format: 'es', plugins: () => [packed()] },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    emptyOutDir: mode === 'visit',
    cssCodeSplit: mode === 'member',
    modulePreload: false,
    rollupOptions: {
      input: INPUTS[mode] ?? {},
      output: { entryFileNames: (chunk) => (/^(profile-)?sw$/.test(chunk.name) ? '[name].js' : 'assets/[name]-[hash].js') },
    },
  },
}));
