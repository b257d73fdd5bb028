/** The pages of protected mail with sample data. */
import type { PasswordStep, PasswordView, ReplyStep, ReplyView } from '../src/flows/protected-view.ts';
import type { Attachment } from '../src/flows/send-view.ts';
import { judge, PDF } from '../src/flows/strength.ts';
import { suggest } from '../src/flows/suggest.ts';
import type { Code } from '../src/ui/words.svelte.ts';

const nothing = (): void => undefined;
const NOW = Date.UTC(2026, 10, 23, 10, 28);

const ANNA = { name: 'Dr. Anna Keller', address: 'a.keller@keller-novak.example' };
const say = {
  de: {
    subject: 'Kaufvertrag Lindenhof 4', text: 'Guten Tag Frau Huber,\n\nvielen Dank für das Gespräch am Freitag. Anbei der Entwurf des Kaufvertrags und der Lageplan.\n\nFreundliche Grüße\nAnna Keller',
    message: 'Guten Tag Frau Dr. Keller, anbei die unterschriebene Vollmacht und der Ausweis.', files: ['Vollmacht-signiert.pdf', 'Ausweis-Scan.jpg'], email: 'm.huber@beispiel.de',
  },
  en: {
    subject: 'Purchase contract Lindenhof 4', text: 'Dear Ms Huber,\n\nthank you for the talk on Friday. The draft of the contract and the site plan are attached.\n\nKind regards\nAnna Keller',
    message: 'Dear Dr Keller, the signed power of attorney and my ID are attached.', files: ['Power-of-attorney-signed.pdf', 'ID-scan.jpg'], email: 'm.huber@example.com',
  },
  cs: {
    subject: 'Kupní smlouva Lindenhof 4', text: 'Dobrý den, paní Huberová,\n\nděkuji za páteční rozhovor. V příloze je návrh smlouvy a situace.\n\nS pozdravem\nAnna Keller',
    message: 'Dobrý den, paní doktorko, v příloze je podepsaná plná moc a doklad.', files: ['Plna-moc-podepsana.pdf', 'Doklad-sken.jpg'], email: 'm.huberova@priklad.cz',
  },
} satisfies Record<Code, object>;

function password(code: Code, step: PasswordStep): { password: PasswordView } {
  return {
    password: {
      step, busy: false, set: nothing, ask: nothing, again: nothing, suggest: () => suggest(code, 32),
      judge: async (text) => ({ ...(await judge(text, code, [], PDF)), refused: undefined, bytes: text.length }),
    },
  };
}

function reply(code: Code, step: ReplyStep, more: Partial<ReplyView> = {}): { reply: ReplyView } {
  const { subject, text, message, files: [a = '', b = ''], email } = say[code];
  const files: Attachment[] = [
    { id: '1', name: a, size: 212e3, state: { kind: 'verified' } },
    { id: '2', name: b, size: 3.4e6, state: { kind: 'running', done: 2.65e6 } },
  ];
  const view: ReplyView = $state({
    step, to: ANNA, by: email, answered: { from: ANNA, date: NOW - 86_400_000, subject, text }, subject: `Re: ${subject}`, message, quote: true, files,
    mostBytes: 1e9, refusedNames: [], elsewhere: false, unfinished: undefined, keep: nothing, addFiles: nothing, removeFile: nothing, allow: nothing, send: nothing,
    stop: nothing, discard: nothing, another: nothing, again: nothing, ...more,
  });
  return { reply: view };
}

/** Props of each scene. */
export function protectedScenes(code: Code): Record<string, object> {
  const { email } = say[code];
  const invite = { at: 'choose', purpose: 'invite', email, sender: ANNA, held: 1 } as const;
  return {
    password: password(code, invite),
    'password-change': password(code, { ...invite, purpose: 'change', sender: undefined, held: 0 }),
    'password-reset': password(code, { ...invite, purpose: 'reset', sender: undefined, held: 2, problem: 'offline' }),
    'password-done': password(code, { at: 'done', email, held: 2, changed: false }),
    'password-changed': password(code, { at: 'done', email, held: 0, changed: true }),
    'password-ask': password(code, { at: 'ask', why: 'address' }),
    'password-over': password(code, { at: 'ask', why: 'over' }),
    'password-used': password(code, { at: 'ask', why: 'used', problem: 'busy' }),
    'password-asked': password(code, { at: 'asked', email }),
    'password-asked-plain': password(code, { at: 'asked' }),
    reply: reply(code, { at: 'writing' }),
    'reply-empty': reply(code, { at: 'writing', problem: 'nothing' }, { message: '', files: [] }),
    'reply-left': reply(code, { at: 'writing' }, { unfinished: { byClick: false }, files: [{ id: '1', name: say[code].files[1] ?? '', size: 3.4e6, state: { kind: 'asked', done: 1.2e6 } }] }),
    'reply-refused': reply(code, { at: 'writing', problem: 'refused' }),
    'reply-sending': reply(code, { at: 'sending', done: 2.2e6, total: 3.6e6, perSecond: 4.1e5, secondsLeft: 4 }),
    'reply-waiting': reply(code, { at: 'sending', done: 2.2e6, total: 3.6e6, waiting: 'offline' }),
    'reply-sent': reply(code, { at: 'sent', time: NOW }),
    'reply-looking': reply(code, { at: 'looking' }),
    ...Object.fromEntries((['unknown', 'cut', 'expired', 'damaged', 'offline', 'busy'] as const).map((why) => [`gone-${why}`, reply(code, { at: 'gone', why })])),
    'gone-insecure': { trouble: 'insecure' },
    'gone-old': { trouble: 'old' },
  };
}
