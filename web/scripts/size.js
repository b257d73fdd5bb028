// Weighs what the landing page loads before and at opening, as the server sends it (gzip): fails over budget.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const DIST = new URL('../dist/', import.meta.url);
/** KB = 1000 bytes, compressed. */
const BUDGET = { script: 45, style: 8, page: 6, font: 15, all: 80 };

const weigh = (/** @type {string} */ path) => {
  const bytes = readFileSync(new URL(path, DIST));
  return path.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
};
const assets = readdirSync(new URL('assets/', DIST)).map((name) => `assets/${name}`);
// The German page: its catalogue is the largest, and a visitor loads one.
const html = readFileSync(new URL('visit.de.html', DIST), 'utf8');

/** Files a script imports at once, and theirs. @param {string} path @param {Set<string>} seen */
function imported(path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  const code = readFileSync(new URL(path, DIST), 'utf8');
  for (const [, name] of code.matchAll(/(?:import|from)\s*["']\.\/([\w.-]+\.js)["']/g)) if (name) imported(`assets/${name}`, seen);
  return seen;
}

const linked = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1] ?? '');
const find = (/** @type {RegExp} */ pattern) => assets.filter((name) => pattern.test(name));
const entry = linked.filter((name) => name.endsWith('.js')).flatMap((name) => [...imported(name)]);
const worker = find(/^assets\/worker-[\w-]+\.js$/).flatMap((name) => [...imported(name)]);
const opened = find(/(Opened|disk|client-zip|index)-?[\w-]*\.js$/).filter((name) => !/\/index-/.test(name));
const groups = {
  script: [...new Set([...entry, ...worker, 'sw.js'])],
  style: linked.filter((name) => name.endsWith('.css')),
  page: ['visit.de.html', ...find(/(icons|mark)-.*\.svg$/)],
  font: find(/hanken-west-.*\.woff2$/),
};
if (/^\s*(import|export)\b/m.test(readFileSync(new URL('sw.js', DIST), 'utf8'))) throw new Error('sw.js is a classic script: no imports');

let [all, bad] = [0, false];
for (const [group, names] of Object.entries(groups)) {
  const sum = names.reduce((total, name) => total + weigh(name), 0);
  all += sum;
  const limit = BUDGET[/** @type {keyof typeof BUDGET} */ (group)];
  if (sum > limit * 1000) bad = true;
  console.log(`${group.padEnd(6)} ${(sum / 1000).toFixed(1).padStart(5)} of ${limit} KB`);
  for (const name of names) console.log(`         ${(weigh(name) / 1000).toFixed(1).padStart(5)} ${name}`);
}
if (all > BUDGET.all * 1000) bad = true;
console.log(`all    ${(all / 1000).toFixed(1).padStart(5)} of ${BUDGET.all} KB`);
for (const name of opened) console.log(`when used: ${(weigh(name) / 1000).toFixed(1)} ${name}`);
if (bad) {
  console.error('over budget');
  process.exitCode = 1;
}
