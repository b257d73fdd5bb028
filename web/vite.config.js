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

/** A Czech line never ends with a word of one letter: its space holds. (To a script any space is a space.) @returns {import('vite').Plugin} */
function held() {
  const single = /(?<=[\s('"`„(])([ksvzouai]) (?=[\p{L}\d„$])/giu;
  return {
    name: 'depesche-held',
    enforce: 'pre',
    transform: (code, id) => (/\/ui\/texts\/\w+\.cs\.ts$/.test(id) ? { code: code.replace(single, '$1\u00a0'), map: null } : undefined),
  };
}

/** What is asked for before the script that needs it has arrived. @param {string} kind @param {string} path */
const link = (kind, path) => `    <link rel="${kind}" href="/${path}"${kind === 'preload' ? ' as="fetch" crossorigin' : ''} />\n`;

/** Whose words a mode's pages say: src/ui/texts. @type {Record<string, string>} */
const CATALOGUES = { visit: 'visitor', member: 'member', handoff: 'handoff', protected: 'protected' };

/**
 * What the page's script imports, its Worker, its words and the house's name are on their way before the script that asks for them has arrived: so each
 * page is laid down once for each language, and the server gives the reader's. The one without a language in its name is English.
 * @param {string} mode @returns {import('vite').Plugin}
 */
function early(mode) {
  return {
    name: 'depesche-early',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const files = Object.values(bundle);
        const worker = Object.keys(bundle).find((name) => /\/[a-z-]*worker-[\w-]+\.js$/.test(name));
        const chunks = files.filter((file) => file.type === 'chunk');
        const words = (/** @type {string} */ code) =>
          chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/ui/texts/${CATALOGUES[mode]}.${code}.ts`))?.fileName;
        // Grows while it is walked: what an import imports comes along.
        const imports = new Set(chunks.filter(({ facadeModuleId }) => facadeModuleId?.endsWith('.html')).flatMap((entry) => entry.imports));
        for (const path of imports) for (const next of chunks.find(({ fileName }) => fileName === path)?.imports ?? []) imports.add(next);
        for (const file of files) {
          if (file.type !== 'asset' || typeof file.source !== 'string' || !file.fileName.endsWith('.html')) continue;
          const bare = file.source;
          const [font = ''] = /^ *<link rel="preload"[^>]* as="font"[^>]*>\n/m.exec(bare) ?? [];
          const page = (/** @type {string} */ code) => {
            const scripts = [...imports, words(code), worker].filter((path) => path !== undefined).map((path) => link('modulepreload', path));
            // Without HTTP/2 six are fetched at a time: the font, without which text is there too, and the Worker come last.
            scripts.splice(-1, 0, link('preload', 'api/v1/info'), font);
            return bare.replace(font, '').replace('lang="en"', `lang="${code}"`).replace('  </head>', `${scripts.join('')}  </head>`);
          };
          file.source = page('en');
          for (const code of ['de', 'cs']) this.emitFile({ type: 'asset', fileName: file.fileName.replace('.html', `.${code}.html`), source: page(code) });
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
  plugins: [svelte(), held(), pages(), head(), early(mode), packed()],
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
