/** What a recipient who waits for a release is told: at level 4 nobody relies on the server, and nothing is one click. */
import { mount, unmount } from 'svelte';
import { expect, test } from 'vitest';
import type { SendView } from '../../src/flows/send-view.ts';
import type { ReceivedStep, ReceivedView } from '../../src/flows/inbox-view.ts';
import { happening } from '../../src/pages/compose/happens.ts';
import LetterPage from '../../src/pages/inbox/LetterPage.svelte';
import { member } from '../../src/pages/member-words.ts';
import { visitor } from '../../src/pages/visitor-words.ts';
import type { Code } from '../../src/ui/words.svelte.ts';

const SENDER = { name: 'Dr. Anna Keller', address: 'anna@beispiel.test' };
const nothing = (): void => undefined;

/** The text beside the letter. */
function shown(level: 3 | 4, step: ReceivedStep): string {
  const view: ReceivedView = {
    step, letter: { sender: SENDER, trust: undefined, level, subject: '', message: '', expires: 0, files: undefined, reply: false }, busy: false,
    enterCode: nothing, unlock: nothing, save: nothing, saveAll: nothing, stop: nothing, stopAll: nothing, again: nothing,
  };
  const target = document.createElement('div');
  const page = mount(LetterPage, { target, props: { view, id: 'a', words: undefined, onwords: nothing } });
  const text = target.querySelector('.aside')?.textContent ?? '';
  void unmount(page);
  return text;
}

/** What happens to a recipient without a SealPass, as the sender reads it before sending. */
function foretold(level: 3 | 4): string {
  const options = { language: 'en', claimCode: 'none', notify: false };
  const view = { level, options, keys: { 'm@x.test': { key: false, trust: 'new', upTo: 0 } }, files: [], replyTo: undefined } as unknown as SendView;
  return happening(view, { address: 'm@x.test' }, member.t).steps.join(' ');
}

const LANGUAGES: [Code, { server: RegExp; six: RegExp; click: RegExp }][] = [
  ['de', { server: /Server/, six: /sechs Wörter/, click: /mit einem Klick/ }],
  ['en', { server: /server/, six: /six words/, click: /one click/ }],
  ['cs', { server: /server/, six: /šest slov/, click: /kliknutím/ }],
];

for (const [code, words] of LANGUAGES)
  test(`${code}: level 3 may be released without comparing, level 4 not`, async () => {
    await visitor.use(code);
    await member.use(code);
    const waits: ReceivedStep = { at: 'waits', code: 'none' };
    expect(shown(3, waits)).toMatch(words.server);
    expect(shown(4, waits)).not.toMatch(words.server);
    for (const level of [3, 4] as const) expect(shown(level, waits)).toMatch(words.six);

    for (const lost of [{ at: 'waits', code: 'none', lost: true }, { at: 'set-up', lost: true }] satisfies ReceivedStep[]) {
      expect(shown(3, lost)).toMatch(words.click);
      expect(shown(4, lost)).not.toMatch(words.click);
      expect(shown(4, lost)).toMatch(words.six);
    }

    expect(foretold(3)).not.toMatch(words.six);
    expect(foretold(4)).toMatch(words.six);
  });
