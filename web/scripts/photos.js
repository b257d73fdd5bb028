// Photographs scenes of the gallery: `npm run photos -- OUT [scene,scene|all] [de,en,cs] [320,1280] [light,dark]`.
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright';
import { createServer } from 'vite';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const [out = 'photos', names = 'all', langs = 'de', widths = '1280', themes = 'light'] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const server = await createServer({ server: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
await server.listen();
const base = server.resolvedUrls?.local[0] ?? '';
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
const context = await browser.newContext({ locale: 'de-DE', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' });
const page = await context.newPage();
let bad = 0;
page.on('pageerror', (error) => { bad += 1; console.error('page error', error.message); });
page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') console.error(message.text()); });
await page.goto(`${base}gallery.html`);
await page.waitForSelector('html[data-ready]');
const all = await page.$$eval('li', (items) => items.map((item) => (item.textContent ?? '').split(':')[0]?.trim() ?? ''));
for (const name of names === 'all' ? all : names.split(','))
  for (const lang of langs.split(','))
    for (const width of widths.split(',').map(Number))
      for (const theme of themes.split(',')) {
        await page.setViewportSize({ width, height: width < 700 ? 760 : 800 });
        await page.goto(`${base}gallery.html?show=${name}&lang=${lang}&theme=${theme}`);
        await page.waitForSelector('html[data-ready]');
        // A page may fetch a part of itself.
        await page.waitForLoadState('networkidle');
        await page.evaluate(() => document.fonts.ready);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) { bad += 1; console.error(`${name} ${lang} ${width}: ${wide} px too wide`); }
        await page.screenshot({ path: `${out}/${name}-${lang}-${width}-${theme}.png`, fullPage: true });
      }
await browser.close();
await server.close();
console.log(`${bad} problems`);
process.exitCode = bad > 0 ? 1 : 0;
