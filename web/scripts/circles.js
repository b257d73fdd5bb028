// No file of src/ reaches itself by its imports; types count as well. (The floors are eslint's: no-restricted-imports.)
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|svelte)$/.test(name));

/** @type {Map<string, string[]>} */
const imports = new Map(
  files.map((file) => {
    const code = readFileSync(join(SRC, file), 'utf8');
    const named = [...code.matchAll(/(?:from|import)\s*\(?\s*'(\.[^'?]+)/g)].map((match) => normalize(join(dirname(file), match[1] ?? '')));
    return [file, named.filter((name) => files.includes(name))];
  }),
);

/** @type {Map<string, 'open' | 'done'>} */
const state = new Map();
/** @param {string} file @param {string[]} way */
function walk(file, way) {
  if (state.get(file) === 'done') return;
  if (state.get(file) === 'open') {
    console.error(`circle: ${[...way.slice(way.indexOf(file)), file].join(' > ')}`);
    process.exitCode = 1;
    return;
  }
  state.set(file, 'open');
  for (const next of imports.get(file) ?? []) walk(next, [...way, file]);
  state.set(file, 'done');
}
for (const file of files) walk(file, []);
