/** What is inside, by the headings that people know, and a bundle with some of it left out. */
import { viewOf, type Bundle, type Category } from './bundle.ts';
import type { Loss } from './loss.ts';
import { isObject, type Json, type JsonObject } from './shape.ts';
import { splitCards } from './vcard-lines.ts';

/** A heading on the page. `others`: what this version does not know, kept. */
export const HEADINGS = [
  'accounts', 'contacts', 'signatures', 'templates', 'rules', 'tags', 'certificates', 'calendars', 'preferences', 'others',
] as const;
export type Heading = (typeof HEADINGS)[number];

/** The document's members under each heading. */
const MEMBERS: Record<Exclude<Heading, 'others'>, (Category | 'preferences')[]> = {
  accounts: ['accounts', 'outgoingServers', 'identities'],
  contacts: ['addressBooks'],
  signatures: ['signatures'],
  templates: ['templates', 'quickTexts'],
  rules: ['rules'],
  tags: ['tags'],
  certificates: ['certificates', 'openpgpKeys'],
  calendars: ['calendars'],
  preferences: ['preferences'],
};

/** The document's members under a heading. */
export const membersOf = (bundle: Bundle, heading: Heading): string[] => (heading === 'others' ? bundle.unknown : MEMBERS[heading]);

/** The heading of a category that a loss names. */
export function headingOf(category: string): Heading {
  if (category === 'secrets') return 'accounts';
  const found = HEADINGS.find((heading) => heading !== 'others' && (MEMBERS[heading] as string[]).includes(category));
  return found ?? 'others';
}

export interface Content {
  heading: Heading;
  count: number;
  /** Of accounts: how many bring their password. */
  withPassword?: number;
  /** Of contacts: how many address books stay on a server. */
  onServer?: number;
}

function contactsIn(bundle: Bundle): number {
  return bundle.addressBooks.reduce((sum, book) => {
    const blob = bundle.blobs.get(book.contacts ?? '');
    return sum + (blob ? (book.count ?? splitCards(new TextDecoder().decode(blob.data)).cards.length) : 0);
  }, 0);
}

/** The headings under which there is something. */
export function contentsOf(bundle: Bundle): Content[] {
  const onServer = bundle.addressBooks.filter(({ contacts }) => !bundle.blobs.has(contacts ?? '')).length;
  const contacts = contactsIn(bundle);
  const all: Content[] = [
    { heading: 'accounts', count: bundle.accounts.length, withPassword: bundle.accounts.filter(({ incoming }) => typeof incoming.password === 'string').length },
    { heading: 'contacts', count: contacts || onServer, onServer },
    { heading: 'signatures', count: bundle.signatures.length },
    { heading: 'templates', count: bundle.templates.length + bundle.quickTexts.length },
    { heading: 'rules', count: bundle.rules.length },
    { heading: 'tags', count: bundle.tags.length },
    { heading: 'certificates', count: bundle.certificates.length + bundle.openpgpKeys.length },
    { heading: 'calendars', count: bundle.calendars.length },
    { heading: 'preferences', count: Object.values(bundle.preferences).reduce<number>((sum, own) => sum + (isObject(own) ? Object.keys(own).length : 1), 0) },
    { heading: 'others', count: bundle.unknown.filter((name) => !name.startsWith('x-')).length },
  ];
  return all.filter(({ count }) => count > 0);
}

/** An entry without what led to a category that is left out. */
function without(entry: Json, names: string[]): Json {
  if (!isObject(entry)) return entry;
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !names.includes(name)));
}

const omit = (document: JsonObject, name: string, entries: string[]): void => {
  const list = document[name];
  if (Array.isArray(list)) document[name] = list.map((entry) => without(entry, entries));
};

/** The same bundle without these headings, and without the bytes that nothing names any more. */
export async function withoutHeadings(bundle: Bundle, left: Heading[]): Promise<Bundle> {
  if (left.length === 0) return bundle;
  const gone = new Set(left.flatMap((heading) => membersOf(bundle, heading)));
  const document: JsonObject = Object.fromEntries(Object.entries(bundle.document).filter(([name]) => !gone.has(name)));
  if (gone.has('signatures')) omit(document, 'identities', ['signature']);
  if (gone.has('certificates')) omit(document, 'identities', ['smime', 'openpgp']);
  if (gone.has('accounts')) {
    omit(document, 'rules', ['account']);
    omit(document, 'templates', ['account']);
  }
  if (isObject(document.blobs)) {
    const { blobs, ...rest } = document;
    const text = JSON.stringify(rest);
    document.blobs = Object.fromEntries(Object.entries(blobs).filter(([name]) => text.includes(name)));
    if (Object.keys(document.blobs).length === 0) delete document.blobs;
  }
  return (await viewOf(document)).bundle;
}

/** A loss as the page may say it: under its heading, with the name that people gave. */
export interface NamedLoss extends Loss {
  heading: Heading;
  label: string | undefined;
}

/** Losses with names instead of ids; each said once. */
export function named(bundle: Bundle, losses: Loss[]): NamedLoss[] {
  const accounts = new Map(bundle.accounts.map(({ id, name }) => [id, name]));
  const servers = new Map(bundle.outgoingServers.map(({ id, name, host }) => [id, name ?? host ?? id]));
  const of = <T extends { id: string }>(list: T[], name: (one: T) => string | null | undefined): Map<string, string> =>
    new Map(list.map((one) => [one.id, name(one) ?? one.id]));
  const names: Record<string, Map<string, string>> = {
    accounts, secrets: new Map([...servers, ...accounts]), outgoingServers: servers,
    identities: of(bundle.identities, ({ email }) => email),
    signatures: new Map(bundle.identities.flatMap(({ signature, email }) => (typeof signature === 'string' ? [[signature, email] as const] : []))),
    templates: of(bundle.templates, ({ name }) => name),
    quickTexts: of(bundle.quickTexts, ({ name }) => name),
    certificates: of(bundle.certificates, ({ label, emails }) => label ?? emails?.[0]),
    rules: of(bundle.rules, ({ name }) => name),
    addressBooks: of(bundle.addressBooks, ({ name }) => name),
    calendars: of(bundle.calendars, ({ name }) => name),
  };
  const seen = new Set<string>();
  return losses.flatMap(({ category, item, reason }) => {
    const label = item == null ? undefined : (names[category]?.get(item) ?? item);
    const key = JSON.stringify([category, label, reason]);
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ category, item, reason, heading: headingOf(category), label }];
  });
}
