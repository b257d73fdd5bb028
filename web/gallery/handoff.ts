/** The handoff pages with sample data. */
import type { Category, Gone, NamedLoss, Settings, SourceStep, SourceView, TargetStep, TargetView } from '../src/flows/handoff-view.ts';
import type { Code } from '../src/ui/words.svelte.ts';

const nothing = (): void => undefined;
const URL = 'https://zustellung.keller-novak.example/h/Zm9vYmFyYmF6cXV4MTIzNA#1.c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U';
const TYPED = ['amber', 'kettle', 'north', 'orchard', 'candle', 'bridge'];
const WORDS = ['maple', 'riverside', 'flute'];
const PACKED = Date.UTC(2026, 10, 23, 10, 28);

const contents: Category[] = [
  { heading: 'accounts', count: 6, withPassword: 2 },
  { heading: 'contacts', count: 214, onServer: 1 },
  { heading: 'signatures', count: 4 },
  { heading: 'templates', count: 31 },
  { heading: 'rules', count: 12 },
  { heading: 'tags', count: 9 },
  { heading: 'certificates', count: 2 },
];
const loss = (heading: NamedLoss['heading'], category: string, label: string | undefined, reason: string): NamedLoss => ({ heading, category, item: label, label, reason });
const losses: NamedLoss[] = [
  loss('accounts', 'secrets', 'anna@gmail.example', 'oauth2-sign-in-again'),
  loss('accounts', 'identities', 'müller@example.org', 'address-not-supported'),
  loss('signatures', 'signatures', 'anna.muster@example.com', 'text-instead-of-html'),
  loss('templates', 'templates', undefined, 'not-in-format'),
  loss('rules', 'rules', undefined, 'not-in-format'),
];
const settings: Settings = {
  contents, losses: [], app: 'thunderbird', created: PACKED,
  targets: [
    { target: 'k9s', carries: ['accounts', 'signatures'] }, { target: 'mobileconfig', carries: ['accounts', 'contacts', 'certificates', 'calendars'] },
    { target: 'vcard', carries: ['contacts'] }, { target: 'bundle', carries: contents.map(({ heading }) => heading) },
  ],
};

export function source(step: SourceStep, fills = false, left = 1661, words?: string[]): { page: 'source'; source: SourceView } {
  return { page: 'source', source: { step, words, left, fills, give: nothing, giveWithout: nothing, cancel: nothing, again: nothing, scan: nothing, scanned: nothing } };
}

export function target(step: TargetStep, more: Partial<TargetView> = {}): { page: 'target'; target: TargetView } {
  const view: TargetView = {
    step, words: WORDS, left: 1500, busy: false, chosen: new Set(contents.map(({ heading }) => heading).filter((heading) => heading !== 'rules')), target: 'k9s',
    targets: ['k9s', 'vcard', 'bundle', 'mobileconfig'], losses, type: nothing, show: nothing, take: nothing, toggle: nothing, aim: nothing, save: nothing, savePlain: nothing,
    saveAgain: nothing, back: nothing, again: nothing, ...more,
  };
  return { page: 'target', target: view };
}

const offered = { at: 'offered', state: 'waiting', name: 'settings.depesche-settings.json', size: 1.3e6, expires: 0, url: URL, typed: TYPED, reverse: false } as const;
const saved: TargetStep & { at: 'saved' } = { at: 'saved', target: 'k9s', name: 'mail.k9s', several: 1, passwords: [], losses, offered: false };
const gone: Gone[] = [
  'taken', 'taken-here', 'expired', 'lapsed', 'cancelled', 'unknown', 'wrong-key', 'garbled', 'newer', 'cut', 'mistyped', 'busy', 'offline', 'too-many', 'filled', 'insecure',
  'old', 'wrong',
];

/** Props of each scene. */
export function handoffScenes(code: Code): Record<string, object> {
  const name = { de: 'Vertrag-Entwurf.pdf', en: 'Contract-draft.pdf', cs: 'Navrh-smlouvy.pdf' }[code];
  return {
    how: { page: 'how' },
    choose: source({ at: 'choose' }),
    'choose-refused': source({ at: 'choose', refused: 'too-large' }),
    'choose-heavy': source({ at: 'choose', refused: 'too-large', weights: [{ part: 'photos', size: 9_400_000 }, { part: 'templates', size: 1_200_000 }, { part: 'contacts', size: 310_000 }, { part: 'accounts', size: 24_000 }] }),
    account: source({ at: 'account' }),
    sealing: source({ at: 'sealing', name }),
    offered: source(offered),
    'offered-late': source(offered, false, 95),
    fetched: source({ ...offered, state: 'leased' }, false, 1490, WORDS),
    'offered-reloaded': source({ ...offered, url: undefined, typed: undefined }),
    committed: source({ at: 'over', why: 'committed', url: URL, reverse: false }, false, 0, WORDS),
    'over-expired': source({ at: 'over', why: 'expired', url: URL, reverse: false }, false, 0),
    'over-cancelled': source({ at: 'over', why: 'cancelled', url: undefined, reverse: false }, false, 0),
    'over-lapsed': source({ at: 'over', why: 'lapsed', url: URL, reverse: false }, false, 0),
    'over-unknown': source({ at: 'over', why: 'unknown', url: undefined, reverse: false }, false, 0),
    fill: source({ at: 'choose' }, true),
    filled: source({ ...offered, url: undefined, typed: undefined, reverse: true }, true),
    scan: source({ at: 'scan' }),
    'scan-foreign': source({ at: 'scan', problem: 'foreign' }),
    words: target({ at: 'words' }),
    'words-wrong': target({ at: 'words', problem: 'nowhere' }),
    showing: target({ at: 'showing', url: URL.replace('#1.', '#2.'), expires: 0, state: 'empty' }),
    looking: target({ at: 'ready' }),
    ready: target({ at: 'ready', size: 262_144, expires: 0 }),
    fetching: target({ at: 'fetching', done: 120_000, total: 262_144, waiting: false }),
    'fetching-waits': target({ at: 'fetching', done: 120_000, total: 262_144, waiting: true }),
    opened: target({ at: 'opened', name: 'settings.depesche-settings.json', size: 170_000, settings, unread: undefined }),
    'opened-nothing': target({ at: 'opened', name: 'settings.depesche-settings.json', size: 170_000, settings, unread: undefined }, { chosen: new Set(['tags']), losses: [] }),
    'opened-file': target({ at: 'opened', name, size: 2.4e6, settings: undefined, unread: undefined }),
    'opened-newer': target({ at: 'opened', name: 'settings.depesche-settings.json', size: 170_000, settings: undefined, unread: 'other-version' }),
    saved: target(saved),
    'saved-apple': target({ ...saved, target: 'mobileconfig', name: 'mail.mobileconfig', offered: true }),
    'saved-keys': target({ ...saved, target: 'keys', name: 'Depesche.zip', several: 3, losses: [], passwords: [{ file: 'cert-anna.muster@example.com.p12', password: 'q7Zs-4kPd-x2Wv' }, { file: 'openpgp-DDE7D5A0343DBEE5.asc', password: 'n3Lm-9sTa-b6Yc' }] }),
    'saved-file': target({ ...saved, target: 'plain', name, losses: [] }),
    ...Object.fromEntries(gone.map((why) => [`gone-${why}`, target({ at: 'gone', why })])),
  };
}
