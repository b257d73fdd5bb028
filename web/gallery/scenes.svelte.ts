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
import { peopleScenes, releaseOf } from './people.svelte.ts';
import { protectedScenes } from './protected.svelte.ts';
import { say } from './samples.ts';
import Queue from '../src/pages/Queue.svelte';
import type { QueueKind, QueueRow, QueueState, QueueView } from '../src/flows/queue.svelte.ts';
import Protected from '../src/pages/protected/Protected.svelte';
import Details from '../src/pages/sent/Details.svelte';
import SentList from '../src/pages/sent/SentList.svelte';

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
    letter, step, busy, typeCode: nothing, open: nothing, giveMailedCode: nothing, askMailedCode: nothing, otherAddress: nothing, login: nothing, invite: nothing,
    save: nothing, saveAll: nothing, stop: nothing, stopAll: nothing, again: nothing,
  };
}

function sendOf(code: Code, step: SendStep, empty = false, level: 1 | 2 | 3 | 4 = 3): SendView {
  const s = say[code];
  const [a, b, c] = s.files;
  const view: SendView = $state({
    people: empty ? [] : [{ address: 'j.novakova@advokat.example', name: 'Jana Nováková' }, { address: 't.huber@huber-bau.example' }],
    subject: empty ? '' : s.subject,
    message: empty ? '' : s.note,
    level,
    keys: { 'j.novakova@advokat.example': { key: true, trust: 'verified', upTo: 4 }, 't.huber@huber-bau.example': { key: false } },
    noSealPass: false, replyTo: undefined,
    files: empty
      ? []
      : [
          { id: '1', name: a, size: 2.4e6, state: { kind: 'verified' } },
          { id: '2', name: b, size: 38.1e6, state: { kind: 'running', done: 23.6e6, secondsLeft: 9 } },
          { id: '3', name: c, size: 184e3, state: { kind: 'waiting' } },
        ],
    options: { days: '30', limit: '', password: '', mailedCode: false, notify: true, passOn: false, language: code },
    step,
    offered: { lowest: 1, highest: 4 },
    mostDays: 30,
    mostBytes: 20e9,
    unfinished: empty && level === 1 ? { subject: s.subject, done: 23.6e6, total: 40.7e6, byClick: false } : undefined,
    refusedNames: [], loggedOut: false, lockedDraft: false, unlockDraft: nothing,
    elsewhere: false, away: { locked: false, drafts: [] }, unlockAway: nothing, takeAway: nothing,
    addPeople: nothing, removePerson: nothing, addFiles: nothing, removeFile: nothing, allow: nothing, send: nothing, stop: nothing,
    discard: nothing, another: nothing,
  });
  return view;
}

function codeOf(view: SendView): SendView {
  view.options.claimCode = 'confirm';
  return view;
}

function rowsOf(code: Code): SentRow[] {
  const s = say[code].subjects;
  return [
    { id: 'a', level: 3, ended: undefined, subject: s[0], posted: NOW - 3_000_000, expires: EXPIRES, size: 40.7e6, recipients: [
      { address: 'j.novakova@advokat.example', name: 'Jana Nováková', state: 'downloaded' },
      { address: 't.huber@huber-bau.example', name: 'Thomas Huber', state: 'waits_release' } ] },
    { id: 'b', level: 4, ended: undefined, subject: '', posted: NOW - DAY, expires: EXPIRES - DAY, size: 1.2e6, recipients: [
      { address: 'e.markova@markova.example', name: 'Eva Marková', state: 'waits_release' } ] },
    { id: 'c', level: 2, ended: undefined, subject: s[1], posted: NOW - 4 * DAY, expires: EXPIRES - 4 * DAY, size: 8.9e6, recipients: [
      { address: 's.bauer@bauer.example', state: 'waits_registration' }, { address: 'office@kolin.example', state: 'bounced' } ] },
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

function parcelOf(code: Code, ended: boolean, level: 1 | 3 = 1): ParcelView {
  const s = say[code];
  return {
    state: 'there', busy: false, problem: undefined, resent: undefined, known: !ended, mostDays: 30, locked: false, codes: [], unlock: nothing, showCodes: nothing, newCode: nothing,
    parcel: {
      id: 'a', level, ended: ended ? 'withdrawn' : undefined, closed: ended ? NOW : undefined, subject: ended ? '' : s.subject,
      message: ended ? '' : s.note, posted: NOW - 3_000_000, expires: EXPIRES, size: 40.7e6, files: 3,
      list: ended ? undefined : s.files.map((name, at) => ({ name, size: [2.4e6, 38.1e6, 184e3][at] ?? 0 })),
      recipients: [
        { address: 'j.novakova@advokat.example', name: 'Jana Nováková', state: 'downloaded', notified: NOW - 2_990_000, opened: NOW - 1_500_000, downloaded: NOW - 1_400_000, limit: 3, taken: 1, url: 'https://x/d/1',
          visits: [{ address: 'j.novakova@advokat.example', proven: false, state: 'committed', opened: NOW - 1_500_000, files: 3 }] },
        ...(level === 3 ? [
          { address: 't.huber@huber-bau.example', name: 'Thomas Huber', state: 'waits_release' as const, notified: NOW - 2_990_000, taken: 0, visits: [], claimCode: { mode: 'confirm' as const, triesLeft: 3, registered: false } },
          { address: 'e.markova@markova.example', name: 'Eva Marková', state: 'waits_sealpass' as const, notified: NOW - 2_990_000, release: { at: NOW - 2_000_000, verified: 'words' as const }, lost: NOW - 90_000, taken: 0, visits: [] },
        ] : []),
        { address: 'office@kolin.example', state: 'bounced', notified: NOW - 2_990_000, bounced: NOW - 2_900_000, taken: 0, visits: [], url: 'https://x/d/2' },
      ],
    },
    extend: nothing, resend: nothing, add: nothing, drop: nothing, withdraw: nothing, copy: () => Promise.resolve(true),
  };
}

function queueOf(): QueueView {
  const row = (id: string, kind: QueueKind, state: QueueState, recipient: string, more: Partial<QueueRow> = {}): QueueRow => ({
    id, mail: id, position: 0, kind, sender: 'a.keller@keller-novak.example', recipient, size: 48_200, received: NOW - 7_200_000, state, due: undefined, attempts: 0, reply: undefined, ...more,
  });
  return {
    rows: [
      row('1', 'relayed', 'queued', 'office@kolin.example', { attempts: 4, due: NOW + 900_000, received: NOW - DAY, reply: '451 4.7.1 Greylisting in action, please come back later' }),
      row('2', 'carrier', 'hold_password', 'm.huber@beispiel.de', { size: 2.4e6 }),
      row('3', 'relayed', 'hold_error', 'j.novakova@advokat.example', { attempts: 2, due: NOW + 240_000 }),
      row('4', 'notice', 'queued', 's.bauer@bauer.example', { sender: '', size: 4100, received: NOW - 30_000 }),
    ],
    counts: { queued: 2, convert: 0, hold_password: 1, hold_error: 1 }, loading: false, offline: false, more: true, gone: false,
    showMore: nothing, retry: nothing, retryAll: nothing, drop: nothing,
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
    ...Object.fromEntries(Object.entries(peopleScenes(code, brand)).map(([name, scene]) => [name, scene.framed ? page(Framed, { brand, ...scene, here: scene.framed }) : page(scene.page, scene.props)])),
    components: page(Components, {}),
    landing: landing(claim(letter, { at: 'closed', password: false })),
    'landing-address': landing(claim(letter, { at: 'closed', password: false, problem: { kind: 'address' } })),
    'landing-password': landing(claim({ ...letter, subject: '', files: undefined }, { at: 'closed', password: true, problem: { kind: 'password', triesLeft: 3, pauseSeconds: 300 } })),
    'landing-busy': landing(claim(letter, { at: 'closed', password: false }, true)),
    'landing-level2': landing(claim({ ...letter, level: 2 }, { at: 'closed', password: false })),
    'landing-login': landing(claim({ ...letter, level: 2, files: undefined }, { at: 'login', sealed: false })),
    'landing-invited': landing(claim({ ...letter, level: 2, files: undefined }, { at: 'login', sealed: false, as: 'info@beispiel.de', invited: 'm.huber@beispiel.de' })),
    'landing-known': landing(claim({ ...letter, level: 2 }, { at: 'closed', password: false, known: true })),
    'landing-sealed': landing(claim(undefined, { at: 'login', sealed: true })),
    'landing-mailed-code': landing(claim(letter, { at: 'mailed-code', address: 'm.huber@beispiel.de' })),
    'landing-code': landing(claim(undefined, { at: 'code' })),
    'landing-code-slip': landing(claim(undefined, { at: 'code', problem: 'slip' })),
    'landing-open': landing(claim(letterOf(code, true), { at: 'open', left: undefined, saving: false })),
    'landing-saving': landing(claim(letterOf(code, true), { at: 'open', left: 2, saving: true })),
    'landing-many': landing(claim({ ...letterOf(code, true), files: many }, { at: 'open', left: undefined, saving: false, note: 'memory' })),
    'landing-many-closed': landing(claim({ ...letter, files: many }, { at: 'closed', password: false })),
    'landing-message-only': landing(claim({ ...letterOf(code, true), files: [] }, { at: 'open', left: undefined, saving: false })),
    attachments: landing(claim({ ...letter, attachedFor: 'm.huber@beispiel.de' }, { at: 'closed', password: false, known: true })),
    'attachments-open': landing(claim({ ...letterOf(code, true), message: '', attachedFor: 'm.huber@beispiel.de' }, { at: 'open', left: undefined, saving: false })),
    'landing-looking': landing(claim(undefined, { at: 'looking' })),
    'gone-expired': gone('expired', true, EXPIRES),
    'gone-expired-plain': gone('expired', false),
    'gone-withdrawn': gone('withdrawn'),
    'gone-limit': gone('spent'),
    'gone-unknown': gone('unknown', false),
    'gone-damaged': gone('damaged'),
    'gone-cut': gone('cut', false),
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
    'compose-away': page(Compose, { view: Object.assign(sendOf(code, { at: 'writing' }, true), { away: { locked: false, drafts: [{ parcel: 'a', subject: 'Kaufvertrag Lindenhof 4, Entwurf', begun: Date.UTC(2025, 10, 23, 8, 41) }] } }) }),
    'compose-away-locked': page(Compose, { view: Object.assign(sendOf(code, { at: 'writing' }, true), { away: { locked: true, drafts: [] } }) }),
    'compose-limit': page(Compose, { view: Object.assign(sendOf(code, { at: 'writing', problem: 'limit' }), { options: { days: '30', limit: '0', password: 'x', mailedCode: true, notify: true, passOn: true, language: code } }) }),
    'compose-level4': page(Compose, { view: Object.assign(sendOf(code, { at: 'writing' }, false, 4), { noSealPass: true }) }),
    'compose-code': page(Compose, { view: codeOf(sendOf(code, { at: 'writing' })) }),
    'compose-level1': page(Compose, { view: sendOf(code, { at: 'writing' }, false, 1) }),
    'compose-reply': page(Compose, { view: Object.assign(sendOf(code, { at: 'writing' }, false, 4), { replyTo: { parcel: 'a', name: 'Dr. Anna Keller', level: 4, subject: '' }, people: [{ address: 'a.keller@keller-novak.example', name: 'Dr. Anna Keller' }], keys: { 'a.keller@keller-novak.example': { key: true, trust: 'seen', upTo: 3 } } }) }),
    'compose-codes': page(Compose, { view: sendOf(code, { at: 'sent', id: 'a', mailed: ['Jana Nováková', 'Thomas Huber'], links: [], waiting: ['Thomas Huber'], codes: [{ email: 't.huber@huber-bau.example', words: 'birne-kutsche-nordwind-elf', mode: 'confirm' }] }) }),
    'compose-sending': page(Compose, { view: sendOf(code, { at: 'sending', done: 26e6, total: 40.7e6, perSecond: 2.6e6, secondsLeft: 6 }) }),
    'compose-waiting': page(Compose, { view: sendOf(code, { at: 'sending', done: 26e6, total: 40.7e6, waiting: 'offline' }) }),
    'compose-sent': page(Compose, { view: sendOf(code, { at: 'sent', id: 'a', mailed: ['Jana Nováková'], codes: [], waiting: [], links: [{ address: 't.huber@huber-bau.example', url: 'https://zustellung.keller-novak.example/d/Zm9vYmFyYmF6cXV4MTIzNA#1.abcdefgh' }] }) }),
    sent: page(Framed, { brand, page: SentList, here: 'sent', props: { view: sentOf(rowsOf(code)), now: NOW, waiting: releaseOf(code, { at: 'closed' }), guest: false } }),
    'sent-empty': page(Framed, { brand, page: SentList, here: 'sent', props: { view: sentOf([]), now: NOW, waiting: releaseOf(code, { at: 'closed' }, { waiting: [] }), guest: false } }),
    parcel: page(Framed, { brand, page: Details, here: 'sent', props: { view: parcelOf(code, false), waiting: releaseOf(code, { at: 'closed' }, { waiting: [] }) } }),
    'parcel-sealed': page(Framed, { brand, page: Details, here: 'sent', props: { view: parcelOf(code, false, 3), waiting: releaseOf(code, { at: 'closed' }, { waiting: releaseOf(code, { at: 'closed' }).waiting.slice(0, 1).map((one) => ({ ...one, parcel: 'a' })) }) } }),
    'parcel-withdrawn': page(Framed, { brand, page: Details, here: 'sent', props: { view: parcelOf(code, true), waiting: releaseOf(code, { at: 'closed' }, { waiting: [] }) } }),
    queue: page(Framed, { brand, page: Queue, here: 'queue', props: { view: queueOf(), passwords: { state: { at: 'rest' }, reset: nothing }, now: NOW } }),
    'queue-empty': page(Framed, { brand, page: Queue, here: 'queue', props: { view: { ...queueOf(), rows: [], counts: { queued: 0, convert: 0, hold_password: 0, hold_error: 0 } }, passwords: { state: { at: 'done', email: 'm.huber@beispiel.de' }, reset: nothing }, now: NOW } }),
    caught: page(Caught, { view: { mails: [{ id: '1', from: 'zustellung@keller-novak.example', to: 'm.huber@beispiel.de', subject: say[code].mail, text: `${say[code].message}\n\nhttps://x.example/d/abc#1.key\n`, html: '', raw: 'From: x' }], clear: nothing } }),
    'caught-empty': page(Caught, { view: { mails: [], clear: nothing } }),
    ...Object.fromEntries(Object.entries(handoffScenes(code)).map(([name, props]) => [`handoff-${name}`, page(Handoff, { brand, most: 8 << 20, ...props })])),
    ...Object.fromEntries(Object.entries(protectedScenes(code)).map(([name, props]) => [`mail-${name}`, page(Protected, { brand, ...props })])),
    'message-insecure': page(Message, { brand, what: 'insecure' }),
    'message-not-found': page(Message, { brand: { name: '' }, what: 'not-found' }),
  };
}
