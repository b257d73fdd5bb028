/** Machines that follow links in mails, as mail gateways do: nothing is used up without proof of the key and a person's doing. */
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, random, visitor } from './browser.ts';
import { Server, until } from './server.ts';

let browser: Browser;
let server: Server;

beforeAll(async () => { [browser, server] = await Promise.all([launch(), Server.start()]); });
afterAll(async () => { await Promise.all([browser.close(), server.stop()]); });

/** All that is asked of the server, until it is quiet. */
async function scan(url: string, then: (page: Page) => Promise<void> = () => Promise.resolve()): Promise<string[]> {
  const { context, page } = await visitor(browser, { locale: 'en-US', userAgent: 'Mozilla/5.0 (compatible; mail scanner)' });
  const asked: string[] = [];
  context.on('request', (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith('/api/') && !path.endsWith('/info')) asked.push(`${request.method()} ${path.split('/').at(-1)}`);
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  await then(page);
  await page.waitForLoadState('networkidle');
  await context.close();
  return asked;
}

/** Clicks whatever can be clicked, again and again, and fills in nothing. */
async function clickAll(page: Page): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    for (const one of await page.locator('button, a[href^="/"], summary').all()) {
      await one.click({ timeout: 1000, noWaitAfter: true }).catch(() => undefined);
      await page.waitForLoadState('networkidle');
    }
  }
}

test('one that runs JavaScript and clicks nothing', async () => {
  const { id, link } = await server.send({ 'a.pdf': random(5000) }, ['--max-downloads', '1']);
  // Looking is the only question, and no GET has an effect.
  expect(await scan(link)).toEqual(['POST look']);
  expect((await server.show(id)).recipients).toMatchObject([{ taken: 0, visits: [] }]);
});

test('one that clicks everything: without an address no letter is opened', async () => {
  const { id, link } = await server.send({ 'a.pdf': random(5000) }, ['--max-downloads', '1']);
  const asked = await scan(link, clickAll);
  expect(new Set(asked)).toEqual(new Set(['POST look']));
  expect((await server.show(id)).recipients).toMatchObject([{ taken: 0, visits: [] }]);
});

test('one that has lost the fragment proves nothing and changes nothing', async () => {
  const { id, link } = await server.send({ 'a.pdf': random(5000) }, ['--max-downloads', '1']);
  // It asks whether this is sealed to a person, with an empty proof.
  expect(new Set(await scan(link.split('#')[0] ?? '', clickAll))).toEqual(new Set(['POST look']));
  expect((await server.show(id)).recipients).toMatchObject([{ taken: 0, visits: [] }]);
});

test('one that fills in an address and opens the letter takes no download', async () => {
  const { id, link } = await server.send({ 'a.pdf': random(5000) }, ['--max-downloads', '1']);
  await scan(link, async (page) => {
    await page.locator('input[type=email]').fill('scanner@example.test');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Save a.pdf' }).waitFor();
  });
  // It is seen as an opening, by whom it said; the one download is still there.
  await until('the opening', async () => ((await server.show(id)).recipients[0]?.state === 'opened' ? true : undefined));
  expect((await server.show(id)).recipients).toMatchObject([{ taken: 0, visits: [{ stated: 'scanner@example.test', state: 'opened' }] }]);
});

test('a plain GET or HEAD of the link, many times, changes nothing', async () => {
  const { id, link } = await server.send({ 'a.pdf': random(5000) }, ['--max-downloads', '1']);
  for (const method of ['GET', 'HEAD', 'GET']) {
    const [plain, mangled] = await Promise.all([fetch(link, { method }), fetch(link.replace('#', '%23'), { method })]);
    expect([plain.status, mangled.status]).toEqual([200, 200]);
    expect(await plain.text()).toBe(await mangled.text());
  }
  expect((await server.show(id)).recipients).toMatchObject([{ taken: 0, visits: [] }]);
});
