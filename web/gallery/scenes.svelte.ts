/** Pages with sample data. People, firms and addresses are invented. */
import { mount, type Component } from 'svelte';
import type { ClaimStep, ClaimView, Letter } from '../src/flows/claim-view.ts';
import type { SendStep, SendView } from '../src/flows/send-view.ts';
import type { ParcelView, SentRow, SentView } from '../src/flows/sent-view.ts';
import Caught from '../src/pages/Caught.svelte';
import Compose from '../src/pages/compose/Compose.svelte';
import FirstRun from '../src/pages/FirstRun.svelte';
import Handoff from '../src/pages/handoff/Handoff.svelte';
import Help from '../src/pages/Help.svelte';
import Landing from '../src/pages/landing/Landing.svelte';
import Login from '../src/pages/Login.svelte';
import Message from '../src/pages/Message.svelte';
import NotFound from '../src/pages/NotFound.svelte';
import type { Brand } from '../src/ui/brand.ts';
import type { Code } from '../src/ui/words.svelte.ts';
import logo from './logo.svg?url';
import Components from './Components.svelte';
import Framed from './Framed.svelte';
import { handoffScenes } from './handoff.ts';
import { say } from './samples.ts';

const nothing = (): void => undefined;
const DAY = 86_400_000;
export const NOW = Date.UTC(2026, 10, 23, 10, 30);
const EXPIRES = Date.UTC(2026, 11, 23, 10, 0);

function brandOf(code: Code): Brand {
  return { name: { de: 'Kanzlei Keller & Novák', en: 'Kanzlei Keller & Novák', cs: 'Keller & Novák advokáti' }[code], logo, imprint: '#i', privacy: '#p' };
}

function letterOf(code: Code, opened: boolean): Letter {
  const s = say[code];
  const [a, b, c] = s.files;
  return {
    sender: { name: 'Dr. Anna Keller', address: 'a.keller@keller-novak.example' },
    level: 1,
    subject: s.subject,
    message: opened ? s.message : '',
    expires: EXPIRES,
    files: [
      { id: '1', name: a, size: 2.4e6, state: opened ? { kind: 'verified' } : { kind: 'rest' } },
      { id: '2', name: b, size: 38.1e6, state: opened ? { kind: 'running', done: 24.1e6, secondsLeft: 9 } : { kind: 'rest' } },
      { id: '3', name: c, size: 184e3, state: { kind: 'rest' } },
    ],
  };
}

function claim(letter: Letter | undefined, step: ClaimStep, busy = false): ClaimView {
  return {
    letter, step, busy, typeCode: nothing, open: nothing, giveMailedCode: nothing, askMailedCode: nothing, otherAddress: nothing,
    save: nothing, saveAll: nothing, stop: nothing, stopAll: nothing, again: nothing,
  };
}

function sendOf(code: Code, step: SendStep, empty = false): SendView {
  const s = say[code];
  const [a, b, c] = s.files;
  const view: SendView = $state({
    people: empty ? [] : [{ address: 'j.novakova@advokat.example', name: 'Jana Nováková' }, { address: 't.huber@huber-bau.example' }],
    subject: empty ? '' : s.subject,
    message: empty ? '' : s.note,
    level: 1,
    files: empty
      ? []
      : [
          { id: '1', name: a, size: 2.4e6, state: { kind: 'verified' } },
          { id: '2', name: b, size: 38.1e6, state: { kind: 'running', done: 23.6e6, secondsLeft: 9 } },
          { id: '3', name: c, size: 184e3, state: { kind: 'waiting' } },
        ],
    options: { days: '30', limit: '', password: '', mailedCode: false, notify: true, passOn: false, language: code },
    step,
    offered: { lowest: 1, highest: 4, built: 1 },
    mostDays: 30,
    mostBytes: 20e9,
    unfinished: empty ? { subject: s.subject, done: 23.6e6, total: 40.7e6, byClick: false } : undefined,
    refusedNames: [], loggedOut: false,
    elsewhere: false,
    addPeople: nothing, removePerson: nothing, addFiles: nothing, removeFile: nothing, allow: nothing, send: nothing, stop: nothing,
    discard: nothing, another: nothing,
  });
  return view;
}

function rowsOf(code: Code): SentRow[] {
  const s = say[code].subjects;
  return [
    { id: 'a', level: 1, ended: undefined, subject: s[0], posted: NOW - 3_000_000, expires: EXPIRES, size: 40.7e6, recipients: [
      { address: 'j.novakova@advokat.example', name: 'Jana Nováková', state: 'downloaded' },
      { address: 't.huber@huber-bau.example', state: 'opened' } ] },
    { id: 'c', level: 1, ended: undefined, subject: s[1], posted: NOW - 4 * DAY, expires: EXPIRES - 4 * DAY, size: 8.9e6, recipients: [
      { address: 's.bauer@bauer.example', state: 'notified' }, { address: 'office@kolin.example', state: 'bounced' } ] },
    { id: 'd', level: 1, ended: undefined, subject: s[2], posted: NOW - 11 * DAY, expires: EXPIRES - 11 * DAY, size: 1.6e9, recipients: [
      { address: 'p.richter@gutachten.example', state: 'posted' } ] },
    { id: 'e', level: 1, ended: 'expired', closed: NOW - 22 * DAY, subject: '', posted: NOW - 52 * DAY, expires: NOW - 22 * DAY, size: 184e3, recipients: [
      { address: 'm.weiss@weiss.example', state: 'downloaded' } ] },
    { id: 'f', level: 1, ended: 'withdrawn', closed: NOW - 30 * DAY, subject: '', posted: NOW - 53 * DAY, expires: NOW - 22 * DAY, size: 21e3, recipients: [
      { address: 'm.weiss@weiss.example', state: 'withdrawn' } ] },
  ];
}

function sentOf(rows: SentRow[]): SentView {
  const view: SentView = $state({ rows, loading: false, more: rows.length > 0, offline: false, filter: 'all', search: '', showMore: nothing });
  return view;
}

function parcelOf(code: Code, ended: boolean): ParcelView {
  const s = say[code];
  return {
    state: 'there', busy: false, problem: undefined, resent: undefined, known: !ended, mostDays: 30,
    parcel: {
      id: 'a', level: 1, ended: ended ? 'withdrawn' : undefined, closed: ended ? NOW : undefined, subject: ended ? '' : s.subject,
      message: ended ? '' : s.note, posted: NOW - 3_000_000, expires: EXPIRES, size: 40.7e6, files: 3,
      list: ended ? undefined : s.files.map((name, at) => ({ name, size: [2.4e6, 38.1e6, 184e3][at] ?? 0 })),
      recipients: [
        { address: 'j.novakova@advokat.example', name: 'Jana Nováková', state: 'downloaded', notified: NOW - 2_990_000, opened: NOW - 1_500_000, downloaded: NOW - 1_400_000, limit: 3, taken: 1, url: 'https://x/d/1',
          visits: [{ address: 'j.novakova@advokat.example', proven: false, state: 'committed', opened: NOW - 1_500_000, files: 3 }] },
        { address: 'office@kolin.example', state: 'bounced', notified: NOW - 2_990_000, bounced: NOW - 2_900_000, taken: 0, visits: [], url: 'https://x/d/2' },
      ],
    },
    extend: nothing, resend: nothing, add: nothing, drop: nothing, withdraw: nothing, copy: () => Promise.resolve(true),
  };
}

type Show = (target: Element) => void;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- props differ per page; each call below is checked where it is built
const page = (component: Component<any>, props: Record<string, unknown>): Show => (target) => void mount(component, { target, props });

export function scenes(code: Code): Record<string, Show> {
  const brand = brandOf(code);
  const letter = letterOf(code, false);
  const landing = (view: ClaimView): Show => page(Landing, { view, brand });
  const gone = (why: (ClaimStep & { at: 'gone' })['why'], known = true, since?: number): Show =>
    landing(claim(known ? letter : undefined, { at: 'gone', why, since, seconds: 40 }));
  const login = { busy: false, problem: undefined, login: nothing };
  const many = Array.from({ length: 214 }, (_, i) => ({ id: String(i), name: `IMG_${String(4000 + i)}.jpg`, size: 7.4e6, state: { kind: 'rest' as const } }));
  return {
    components: page(Components, {}),
    landing: landing(claim(letter, { at: 'closed', password: false })),
    'landing-address': landing(claim(letter, { at: 'closed', password: false, problem: { kind: 'address' } })),
    'landing-password': landing(claim({ ...letter, subject: '', files: undefined }, { at: 'closed', password: true, problem: { kind: 'password', triesLeft: 3, pauseSeconds: 300 } })),
    'landing-busy': landing(claim(letter, { at: 'closed', password: false }, true)),
    'landing-level2': landing(claim({ ...letter, level: 2 }, { at: 'closed', password: false })),
    'landing-mailed-code': landing(claim(letter, { at: 'mailed-code', address: 'm.huber@beispiel.de' })),
    'landing-code': landing(claim(undefined, { at: 'code' })),
    'landing-code-slip': landing(claim(undefined, { at: 'code', problem: 'slip' })),
    'landing-open': landing(claim(letterOf(code, true), { at: 'open', left: undefined, saving: false })),
    'landing-saving': landing(claim(letterOf(code, true), { at: 'open', left: 2, saving: true })),
    'landing-many': landing(claim({ ...letterOf(code, true), files: many }, { at: 'open', left: undefined, saving: false, note: 'memory' })),
    'landing-many-closed': landing(claim({ ...letter, files: many }, { at: 'closed', password: false })),
    'landing-message-only': landing(claim({ ...letterOf(code, true), files: [] }, { at: 'open', left: undefined, saving: false })),
    'landing-looking': landing(claim(undefined, { at: 'looking' })),
    'gone-expired': gone('expired', true, EXPIRES),
    'gone-expired-plain': gone('expired', false),
    'gone-withdrawn': gone('withdrawn'),
    'gone-limit': gone('spent'),
    'gone-unknown': gone('unknown', false),
    'gone-damaged': gone('damaged'),
    'gone-offline': gone('offline', false),
    'gone-busy': gone('busy', false),
    'gone-insecure': gone('insecure', false),
    'gone-old': gone('old', false),
    help: page(Help, { brand }),
    'not-found': page(NotFound, { brand: { name: '' } }),
    login: page(Login, { view: login, brand }),
    'login-wrong': page(Login, { view: { ...login, problem: { kind: 'wrong' } }, brand: { name: '' } }),
    'first-run': page(FirstRun, { view: { busy: false, problem: undefined, make: nothing }, brand: { name: '' } }),
    compose: page(Compose, { view: sendOf(code, { at: 'writing' }) }),
    'compose-empty': page(Compose, { view: sendOf(code, { at: 'writing', problem: 'to-missing' }, true) }),
    'compose-limit': page(Compose, { view: Object.assign(sendOf(code, { at: 'writing', problem: 'limit' }), { options: { days: '30', limit: '0', password: 'x', mailedCode: true, notify: true, passOn: true, language: code } }) }),
    'compose-sending': page(Compose, { view: sendOf(code, { at: 'sending', done: 26e6, total: 40.7e6, perSecond: 2.6e6, secondsLeft: 6 }) }),
    'compose-waiting': page(Compose, { view: sendOf(code, { at: 'sending', done: 26e6, total: 40.7e6, waiting: 'offline' }) }),
    'compose-sent': page(Compose, { view: sendOf(code, { at: 'sent', id: 'a', mailed: ['Jana Nováková'], links: [{ address: 't.huber@huber-bau.example', url: 'https://zustellung.keller-novak.example/d/Zm9vYmFyYmF6cXV4MTIzNA#1.abcdefgh' }] }) }),
    sent: page(Framed, { brand, view: sentOf(rowsOf(code)), what: 'list', now: NOW }),
    'sent-empty': page(Framed, { brand, view: sentOf([]), what: 'list', now: NOW }),
    parcel: page(Framed, { brand, view: parcelOf(code, false), what: 'parcel', now: NOW }),
    'parcel-withdrawn': page(Framed, { brand, view: parcelOf(code, true), what: 'parcel', now: NOW }),
    caught: page(Caught, { view: { mails: [{ id: '1', from: 'zustellung@keller-novak.example', to: 'm.huber@beispiel.de', subject: say[code].mail, text: `${say[code].message}\n\nhttps://x.example/d/abc#1.key\n`, html: '', raw: 'From: x' }], clear: nothing } }),
    'caught-empty': page(Caught, { view: { mails: [], clear: nothing } }),
    ...Object.fromEntries(Object.entries(handoffScenes(code)).map(([name, props]) => [`handoff-${name}`, page(Handoff, { brand, most: 8 << 20, ...props })])),
    'message-insecure': page(Message, { brand, what: 'insecure' }),
    'message-not-found': page(Message, { brand: { name: '' }, what: 'not-found' }),
  };
}
