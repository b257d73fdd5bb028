/** Pages of guests, SealPass, release and inbox with sample data. */
import type { Component } from 'svelte';
import type { InboxView, ReceivedLetter, ReceivedRow, ReceivedStep, ReceivedView } from '../src/flows/inbox-view.ts';
import type { Contact, ContactsView, SealPassStep, SealPassView, Trust, UnlockView } from '../src/flows/keyring-view.ts';
import type { RegisterStep, RegisterView } from '../src/flows/register-view.ts';
import type { ReleaseStep, ReleaseView, WaitingPerson } from '../src/flows/release-view.ts';
import { judge } from '../src/flows/strength.ts';
import InboxList from '../src/pages/inbox/InboxList.svelte';
import LetterPage from '../src/pages/inbox/LetterPage.svelte';
import Contacts from '../src/pages/people/Contacts.svelte';
import KeyNews from '../src/pages/people/KeyNews.svelte';
import Manage from '../src/pages/people/Manage.svelte';
import Register from '../src/pages/people/Register.svelte';
import SetUp from '../src/pages/people/SetUp.svelte';
import ReleaseDialog from '../src/pages/sent/ReleaseDialog.svelte';
import UnlockDialog from '../src/pages/UnlockDialog.svelte';
import type { Brand } from '../src/ui/brand.ts';
import type { Code } from '../src/ui/words.svelte.ts';
import { say } from './samples.ts';

const nothing = (): void => undefined;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 10, 30);
const EXPIRES = Date.UTC(2026, 11, 23, 10, 0);
const WORDS: Record<Code, string[]> = {
  en: ['harbour', 'violin', 'almond', 'copper', 'lantern', 'meadow'],
  de: ['hafen', 'geige', 'mandel', 'kupfer', 'laterne', 'wiese'],
  cs: ['přístav', 'housle', 'mandle', 'měď', 'lucerna', 'louka'],
};
const KELLER = { name: 'Dr. Anna Keller', address: 'a.keller@keller-novak.example' };

export function waitingOf(code: Code): WaitingPerson[] {
  const one = (email: string, name: string, level: number, trust: Trust): WaitingPerson => ({
    parcel: email, level, subject: level === 4 ? undefined : say[code].subject, email, name, since: NOW - 3_000_000, fingerprint: `f${email}`, trust,
    code: { state: 'none', triesLeft: undefined }, lost: undefined, releasable: true,
  });
  return [one('t.huber@huber-bau.example', 'Thomas Huber', 3, 'new'), one('e.markova@markova.example', 'Eva Marková', 4, 'new')];
}

export function releaseOf(code: Code, step: ReleaseStep, more: Partial<ReleaseView> = {}): ReleaseView {
  return {
    waiting: waitingOf(code), step, busy: false, problem: undefined, entered: false, open: nothing, release: nothing, releaseAll: nothing, differ: nothing,
    skip: nothing, all: nothing, close: nothing, ...more,
  };
}

function sealPassOf(code: Code, step: SealPassStep, more: Partial<SealPassView> = {}): SealPassView {
  return {
    step, busy: false, problem: undefined, reset: false, waits: { name: KELLER.name, count: 1 }, strength: (text) => judge(text, code, []), setUp: nothing, change: nothing,
    recover: nothing, makeKit: nothing, putAway: nothing, lock: nothing, go: nothing, ...more,
  };
}

const KIT = { code: '7QH4-ZW2M-K9TD-3XPA-VN6R-E8CJ-Y4FB-M2SK-Q', name: 'Maria Huber', address: 'm.huber@beispiel.de', host: 'zustellung.keller-novak.example', made: NOW, number: 1, id: '4f2a 91c7 08de b35a' };

function inboxOf(code: Code, empty: boolean): InboxView {
  const s = say[code].subjects;
  const rows: ReceivedRow[] = [
    { id: 'a', level: 4, sender: KELLER, subject: '', posted: NOW - 3_000_000, expires: EXPIRES, size: 40.7e6, state: 'waits_sealpass', unread: true, reply: false, closed: false },
    { id: 'l', level: 3, sender: KELLER, subject: s[0], posted: NOW - 8_000_000, expires: EXPIRES, size: 2.4e6, state: 'lost', unread: false, reply: false, closed: true },
    { id: 'b', level: 3, sender: KELLER, subject: s[0], posted: NOW - 9_000_000, expires: EXPIRES, size: 2.4e6, state: 'waits_release', unread: true, reply: false, closed: false },
    { id: 'c', level: 3, sender: { name: '', address: 's.bauer@bauer.example' }, subject: s[1], posted: NOW - 2 * DAY, expires: EXPIRES, size: 8.9e6, state: 'ready', unread: true, reply: true, closed: false },
    { id: 'd', level: 1, sender: { name: 'Jana Nováková', address: 'j.novakova@advokat.example' }, subject: s[2], posted: NOW - 5 * DAY, expires: EXPIRES, size: 1.6e9, state: 'link', unread: false, reply: false, closed: false },
    { id: 'e', level: 3, sender: KELLER, subject: s[0], posted: NOW - 9 * DAY, expires: EXPIRES, size: 184e3, state: 'downloaded', unread: false, reply: false, closed: false },
    { id: 'f', level: 2, sender: KELLER, subject: '', posted: NOW - 40 * DAY, expires: NOW - 10 * DAY, size: 184e3, state: 'expired', unread: false, reply: false, closed: false },
  ];
  const view: InboxView = $state({ rows: empty ? [] : rows, loading: false, more: false, offline: false, filter: 'all', search: { text: '', sender: '', from: '', to: '', size: 'any' }, showMore: nothing });
  return view;
}

function letterOf(code: Code, level: 1 | 3 | 4, opened: boolean, trust?: Trust | 'unsigned'): ReceivedLetter {
  const s = say[code];
  const sizes = [2.4e6, 38.1e6, 184e3];
  return {
    sender: KELLER, trust, level, subject: level === 4 && !opened ? '' : s.subject, message: opened ? s.message : '', expires: EXPIRES, reply: false,
    files: opened ? s.files.map((name, at) => ({ id: String(at), name, size: sizes[at] ?? 0, state: at === 0 ? { kind: 'verified' as const } : { kind: 'rest' as const } })) : undefined,
  };
}

function receivedOf(letter: ReceivedLetter | undefined, step: ReceivedStep): ReceivedView {
  return { letter, step, busy: false, enterCode: nothing, unlock: nothing, save: nothing, saveAll: nothing, stop: nothing, stopAll: nothing, again: nothing };
}

function contactsOf(code: Code, empty: boolean, locked = false): ContactsView {
  const one = (email: string, name: string | undefined, trust?: Trust): Contact => ({
    email, name, since: trust === 'verified' ? NOW - 20 * DAY : undefined, key: trust && { account: email, fingerprint: email, epoch: 0, trust: locked ? 'locked' : trust, upTo: 3 },
  });
  const contacts = [
    one('j.novakova@advokat.example', 'Jana Nováková', 'verified'), one('t.huber@huber-bau.example', 'Thomas Huber', 'seen'),
    one('e.markova@markova.example', 'Eva Marková', 'reset'), one('p.richter@gutachten.example', 'Peter Richter', 'changed'), one('office@kolin.example', undefined),
  ];
  return {
    contacts: empty ? [] : contacts, loading: false, offline: false, locked, words: Object.fromEntries(contacts.map(({ email }) => [email, WORDS[code]])),
    show: nothing, trust: nothing, unlock: nothing,
  };
}

function registerOf(code: Code, step: RegisterStep): RegisterView {
  return { step, busy: false, problem: undefined, strength: (text) => judge(text, code, []), make: nothing, again: nothing };
}

export interface Scene {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- props differ per page
  page: Component<any>;
  props: Record<string, unknown>;
  framed?: 'received' | 'sent' | 'contacts' | 'sealpass' | 'logins';
  guest?: boolean;
}

export function peopleScenes(code: Code, brand: Brand): Record<string, Scene> {
  const [first] = waitingOf(code);
  if (first === undefined) throw new Error('nobody waits');
  const one = (more: Partial<WaitingPerson>, step: Partial<ReleaseStep & { at: 'one' }> = {}): ReleaseStep => ({ at: 'one', person: { ...first, ...more }, number: 1, of: 2, next: 'Eva Marková', words: WORDS[code], differ: false, ...step });
  const dialog = (step: ReleaseStep, more: Partial<ReleaseView> = {}): Scene => ({ page: ReleaseDialog, props: { view: releaseOf(code, step, more) } });
  const letter = (step: ReceivedStep, of: ReceivedLetter | undefined, guest = true): Scene => ({ page: LetterPage, props: { view: receivedOf(of, step), id: 'a', words: step.at === 'waits' && step.code === 'given' ? WORDS[code] : undefined, onwords: nothing }, framed: 'received', guest });
  const inbox = (empty: boolean, guest: boolean, setUp: boolean): Scene => ({ page: InboxList, props: { view: inboxOf(code, empty), now: NOW, unread: empty ? 0 : 3, guest, setUp }, framed: 'received', guest });
  const setUp = (step: SealPassStep, more: Partial<SealPassView> = {}): Scene => ({ page: SetUp, props: { view: sealPassOf(code, step, more), brand } });
  const manage = (step: SealPassStep, more: Partial<SealPassView> = {}): Scene => ({ page: Manage, props: { view: sealPassOf(code, step, more) }, framed: 'sealpass' });
  const news = (state: 'none' | 'locked', changed: { email: string; trust: Trust }[]): Scene => ({
    page: KeyNews, props: { keyring: { keyring: { state, fingerprint: undefined, version: 0, kit: false, resetDue: undefined, reset: true }, changed }, closed: true, here: '/received', onstop: nothing },
    framed: 'received', guest: true,
  });
  const unlock: UnlockView = { asking: true, busy: false, problem: undefined, unlock: nothing, cancel: nothing };
  return {
    'key-news-reset': news('none', []),
    'key-news': news('locked', [{ email: 'p.richter@gutachten.example', trust: 'changed' }, { email: 'e.markova@markova.example', trust: 'reset' }]),
    register: { page: Register, props: { view: registerOf(code, { at: 'form', invitation: { email: 'm.huber@beispiel.de', sender: { name: KELLER.name, email: KELLER.address } } }), brand } },
    'register-over': { page: Register, props: { view: registerOf(code, { at: 'gone', why: 'over' }), brand } },
    inbox: inbox(false, true, true),
    'inbox-member': inbox(false, false, false),
    'inbox-empty': inbox(true, false, false),
    'inbox-empty-guest': inbox(true, true, false),
    'letter-set-up': letter({ at: 'set-up' }, letterOf(code, 4, false)),
    'letter-lost-set-up': letter({ at: 'set-up', lost: true }, letterOf(code, 4, false)),
    'letter-lost': letter({ at: 'waits', lost: true, code: 'none' }, letterOf(code, 3, false)),
    'letter-waits': letter({ at: 'waits', code: 'none' }, letterOf(code, 3, false)),
    'letter-waits4': letter({ at: 'waits', code: 'none' }, letterOf(code, 4, false)),
    'letter-code': letter({ at: 'waits', code: 'ask', problem: 'wrong' }, letterOf(code, 4, false)),
    'letter-code-given': letter({ at: 'waits', code: 'given' }, letterOf(code, 4, false)),
    'letter-locked': letter({ at: 'locked' }, letterOf(code, 4, false)),
    'letter-link': letter({ at: 'link' }, letterOf(code, 1, false)),
    'letter-open': letter({ at: 'open', left: undefined, saving: false }, letterOf(code, 4, true, 'verified')),
    'letter-open-unverified': letter({ at: 'open', left: undefined, saving: false }, letterOf(code, 3, true, 'seen'), false),
    'letter-unknown': letter({ at: 'gone', why: 'unknown' }, undefined),
    'letter-distrusted': letter({ at: 'gone', why: 'distrusted' }, letterOf(code, 4, false)),
    'letter-withdrawn': letter({ at: 'gone', why: 'withdrawn' }, letterOf(code, 3, false)),
    'sealpass-choose': setUp({ at: 'choose', by: 'nothing' }),
    'sealpass-login': setUp({ at: 'choose', by: 'nothing' }, { problem: 'login-password', waits: undefined }),
    'sealpass-kit': setUp({ at: 'kit', first: true, kit: KIT }),
    'sealpass-recover': setUp({ at: 'choose', by: 'kit' }, { problem: 'kit-mistyped', waits: undefined }),
    sealpass: manage({ at: 'manage', kit: true, open: true, words: WORDS[code] }),
    'sealpass-change': manage({ at: 'change' }, { problem: 'wrong' }),
    contacts: { page: Contacts, props: { view: contactsOf(code, false) }, framed: 'contacts' },
    'contacts-locked': { page: Contacts, props: { view: contactsOf(code, false, true) }, framed: 'contacts' },
    'contacts-empty': { page: Contacts, props: { view: contactsOf(code, true) }, framed: 'contacts' },
    release: dialog(one({})),
    'release-level4': dialog(one({ level: 4, subject: undefined }), { problem: 'wrong' }),
    'release-differ': dialog(one({}, { differ: true })),
    'release-code': dialog(one({ code: { state: 'right', triesLeft: undefined } }, { number: 2, next: undefined })),
    'release-changed': dialog(one({ trust: 'changed' })),
    'release-all': dialog({ at: 'all', sure: 1, unsure: 3, alarmed: 2 }),
    'release-done': dialog({ at: 'done', released: ['Thomas Huber'], refused: [{ name: 'Eva Marková', why: 'changed' }, { name: 'Jutta Jung', why: 'disabled' }], later: 1 }),
    unlock: { page: UnlockDialog, props: { view: { ...unlock, problem: 'wrong' } } },
  };
}
