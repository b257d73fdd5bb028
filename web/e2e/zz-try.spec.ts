import { chromium } from '/work/main/web/node_modules/playwright/index.mjs';
import { test, expect } from '/work/main/web/node_modules/vitest/dist/index.js';
import { Server, ANNA } from '/work/main/web/e2e/server.ts';
import { writeFileSync, mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';

test('try', async () => {
  const server = await Server.start();
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu'] });
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  page.on('console', (m) => console.log('console', m.type(), m.text()));
  page.on('pageerror', (e) => console.log('pageerror', e.message, e.stack));
  page.on('requestfailed', (r) => console.log('failed', r.url(), r.failure()?.errorText));
  page.on('worker', (w) => { console.log('worker', w.url()); });
  try {
    await page.goto(server.url + '/new');
    await page.getByLabel('E-mail address').fill(ANNA.email);
    await page.getByRole('textbox', { name: 'Password' }).fill(ANNA.password);
    const t = Date.now();
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByLabel('To', { exact: true }).waitFor();
    console.log('login ms', Date.now() - t, page.url());
    await page.getByLabel('To', { exact: true }).fill('jana@example.test, "Bob B" <bob@example.test>');
    await page.keyboard.press('Enter');
    await page.getByLabel('Subject').fill('Drafts');
    await page.getByLabel('Message').fill('Hello both');
    mkdirSync('/tmp/webA/files', { recursive: true });
    writeFileSync('/tmp/webA/files/big.bin', randomBytes(20_000_000));
    writeFileSync('/tmp/webA/files/small.txt', 'hello');
    writeFileSync('/tmp/webA/files/empty.txt', '');
    await page.setInputFiles('input[type=file] >> nth=0', ['/tmp/webA/files/big.bin', '/tmp/webA/files/small.txt', '/tmp/webA/files/empty.txt']);
    await page.getByText('Checked and complete').first().waitFor({ state: 'attached' });
    await page.screenshot({ path: '/tmp/webA/s/compose.png', fullPage: true });
    await page.getByText('Pass the link on myself').click();
    await page.getByRole('button', { name: 'Seal and send' }).click();
    await page.getByRole('heading', { name: 'Sent' }).waitFor();
    await page.screenshot({ path: '/tmp/webA/s/sent.png', fullPage: true });
    const link = await page.locator('code').first().textContent();
    console.log(link);
    console.log(JSON.stringify(await server.run('bob', ['fetch', link, '--out', '/tmp/webA/out' + Date.now()])));
  } catch (e) {
    await page.screenshot({ path: '/tmp/webA/s/fail.png', fullPage: true });
    throw e;
  } finally { await browser.close(); await server.stop(); }
}, 60_000);
