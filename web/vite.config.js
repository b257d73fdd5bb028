import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Which page answers which address; the server does the same (docs of crates/http, assets). */
const VISITORS = /^\/(d|a|help)(\/|%23|$)/;

/** @returns {import('vite').Plugin} */
function pages() {
  return {
    name: 'depesche-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const url = request.url ?? '/';
        const path = url.split('?')[0] ?? '/';
        if (path === '/sw.js') request.url = '/src/sw/sw.ts';
        else if (VISITORS.test(path)) request.url = '/visit.html';
        else if (!/\.[a-z0-9]+$|^\/(@|src|node_modules|api|gallery|dev\/mail\.json)/.test(path)) request.url = '/index.html';
        next();
      });
    },
  };
}

export default defineConfig({
  plugins: [svelte(), pages()],
  appType: 'mpa',
  server: { proxy: { '/api': 'http://127.0.0.1:8025', '/dev/mail.json': 'http://127.0.0.1:8025' } },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: 'index.html', visit: 'visit.html', sw: 'src/sw/sw.ts' },
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
});
