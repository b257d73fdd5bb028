/** What is strong enough to protect a PDF, which everybody who has it can guess at in peace. */
import { expect, test } from 'vitest';
import { judge, PDF, SEALPASS } from '../../src/flows/strength.ts';
import { suggest } from '../../src/flows/suggest.ts';

const known = ['m.huber@beispiel.de', 'Dr. Anna Keller', 'Kanzlei Keller & Novák'];
const value = async (text: string): Promise<number> => (await judge(text, 'de', known, PDF)).value;

test('too short, almost, strong, very strong', async () => {
  expect(await value('kiefer')).toBe(0);
  expect(await value('kiefer tasse mond')).toBe(0);
  expect(await value('kiefer tasse mond regal')).toBe(1);
  expect(await value('kiefer tasse mond regal uhr')).toBe(2);
  expect(await value('m3n4k2p7q5r8s2t6')).toBe(2);
});

test('a sentence of common words is no strong password, however long zxcvbn finds it', async () => {
  expect(await value('ich liebe dich für immer')).toBeLessThan(2);
  expect(await value('wir gehen heute abend ins kino')).toBeLessThan(2);
  expect((await judge('wir gehen heute abend ins kino', 'de', [], SEALPASS)).value).toBe(3);
});

test('what is known of the recipient counts as guessed first', async () => {
  expect(await value('Anna.Keller.Huber.1970')).toBeLessThan(2);
});

test('a suggestion has five words, fits the tools that cut at 32, and is another each time', async () => {
  for (const code of ['de', 'en', 'cs'] as const) {
    const drawn = await Promise.all(Array.from({ length: 50 }, () => suggest(code, 32)));
    expect(new Set(drawn).size).toBe(50);
    for (const one of drawn) {
      expect(one).toMatch(/^[a-z]+( [a-z]+){4}$/);
      expect(one.length).toBeLessThanOrEqual(32);
    }
  }
});
