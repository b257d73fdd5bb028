/**
 * The converters against the golden files of `crates/settings`: the same bytes, and the same losses, from both halves. What the
 * other half read from a sample lies there as a bundle; that bundle is what a phone gets.
 */
import { describe, expect, test } from 'vitest';
import { blobName, BundleError, bundleText, parseBundle, toBase64, viewOf, type Bundle } from '../../src/settings/bundle.ts';
import { convert, offers, TARGETS, type Target, type Wishes } from '../../src/settings/convert.ts';
import type { MadeFile } from '../../src/settings/file-name.ts';
import type { Loss } from '../../src/settings/loss.ts';
import { contentsOf, HEADINGS, withoutHeadings } from '../../src/settings/select.ts';
import type { JsonObject } from '../../src/settings/shape.ts';
import { PARTS, weightsOf, withoutParts, withoutPictures } from '../../src/settings/weight.ts';
import texts from '../../src/ui/texts/losses.en.ts';

const golden = import.meta.glob<string>(
  ['../../../crates/settings/tests/golden/**/*', '!**/*.p12', '!**/thunderbird/**', '!**/*.sqlite'], { query: '?raw', import: 'default', eager: true },
);
const binary = import.meta.glob<string>('../../../crates/settings/tests/golden/*/keys/*.p12', { query: '?url&inline', import: 'default', eager: true });
const samples = import.meta.glob<string>('../../../crates/settings/tests/samples/*.json', { query: '?raw', import: 'default', eager: true });
const ROOT = '../../../crates/settings/tests/golden';
const CASES = ['bundle.json', 'thunderbird-profile'];
const BUNDLES = Object.keys(golden).filter((path) => path.endsWith('.depesche-settings.json'));

/** As the tests of the other half wish it. */
const WISHES: Wishes = {
  signatures: 'text',
  texts: {
    name: 'Mail-Einstellungen (Depesche)', description: 'Konten vom Desktop. Jederzeit in den Einstellungen löschbar.', organization: 'Depesche',
  },
};
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const bundleOf = async (path: string): Promise<Bundle> => (await parseBundle(bytesOf(golden[path] ?? ''))).bundle;
const caseOf = (name: string): Promise<Bundle> => bundleOf(`${ROOT}/${name}/bundle/settings.depesche-settings.json`);

function expected(name: string, target: Target): Record<string, string> {
  const folder = `${ROOT}/${name}/${target}/`;
  const all = Object.entries({ ...golden, ...binary }).filter(([path]) => path.startsWith(folder));
  return Object.fromEntries(all.map(([path, text]) => [path.slice(folder.length), path.endsWith('.p12') ? text.replace(/^data:[^,]*,/, '') : text]));
}
const made = (files: MadeFile[]): Record<string, string> =>
  Object.fromEntries(files.map(({ name, bytes }) => [name, name.endsWith('.p12') ? toBase64(bytes) : textOf(bytes)]));
const spoken = ({ category, item, reason }: Loss): string => `${category}${item === undefined ? '' : `/${item}`}: ${reason}`;

describe.each(CASES)('%s', (name) => {
  test.each(TARGETS)('becomes the golden files of %s', async (target) => {
    const bundle = await caseOf(name);
    const { files, losses } = await convert(bundle, target, WISHES);
    expect(files.length).toBeGreaterThan(0);
    expect(made(files)).toEqual(expected(name, target));
    expect(`${[...bundle.losses, ...losses].map(spoken).join('\n')}\n`).toBe(golden[`${ROOT}/${name}/${target}.losses`]);
  });
});

test.each(BUNDLES)('%s is written as it was read', async (path) => {
  const { bundle, notes } = await parseBundle(bytesOf(golden[path] ?? ''));
  expect(textOf(bundleText(bundle.document))).toBe(golden[path]);
  // What could not be made out at reading is among the losses already; nothing of it is new.
  const known = bundle.losses.map(spoken);
  if (!path.includes('future')) expect(notes.map(spoken).filter((note) => !known.includes(note))).toEqual([]);
});

test('a bundle of a later version keeps what is unknown, and says so', async () => {
  const text = Object.entries(samples).find(([path]) => path.endsWith('/bundle-future-1.7.json'))?.[1] ?? '';
  const { bundle, notes } = await parseBundle(bytesOf(text));
  expect(notes.map(({ reason }) => reason)).toContain('newer-version');
  expect(JSON.parse(textOf(bundleText(bundle.document)))).toEqual(JSON.parse(text));
});

test('every reason for a loss has words', () => {
  const reasons = Object.entries(golden).flatMap(([path, text]) => (path.endsWith('.losses') ? [...text.matchAll(/: ([\w-]+)$/gm)].map(([, reason]) => reason ?? '') : []));
  expect(reasons.length).toBeGreaterThan(50);
  expect([...new Set(reasons)].filter((reason) => !(reason in texts.reasons))).toEqual([]);
});

test.each([
  ['{"format":"depesche.settings"', 'not-json'],
  ['{"format":"another"}', 'other-format'],
  ['[]', 'other-format'],
  ['{"format":"depesche.settings","version":"2.0"}', 'other-version'],
  ['{"format":"depesche.settings","version":"1.0"}', 'damaged'],
  ['{"format":"depesche.settings","version":"1.0","id":"x","created":"y","source":{"app":"z"},"secrets":"omitted","blobs":[]}', 'damaged'],
] as const)('%s is refused: %s', async (text, why) => {
  await expect(parseBundle(bytesOf(text))).rejects.toEqual(new BundleError(why));
});

test('what is left out is in no file, and neither are its bytes', async () => {
  const bundle = await caseOf('bundle.json');
  const none = await withoutHeadings(bundle, [...HEADINGS]);
  expect(contentsOf(none)).toEqual([]);
  expect(none.blobs.size).toBe(0);
  const without = await withoutHeadings(bundle, ['contacts', 'certificates']);
  expect(contentsOf(without).map(({ heading }) => heading)).not.toContain('contacts');
  for (const target of TARGETS) {
    const { files } = await convert(without, target, WISHES);
    expect(made(files)).not.toHaveProperty(['mail.mobileconfig'], expect.stringContaining('pkcs12'));
    for (const file of files) expect(textOf(file.bytes)).not.toContain('BEGIN:VCARD');
  }
  expect(contentsOf(await withoutHeadings(bundle, [])).length).toBe(contentsOf(bundle).length);
});

test('odd entries are left alone, and no target stumbles over them', async () => {
  const whole = (await caseOf('bundle.json')).document;
  const odd = [null, 7, 'x', [], {}, { id: 3 }, { id: 'a', incoming: {}, identities: [] }];
  const document: JsonObject = { ...whole };
  for (const [name, value] of Object.entries(whole)) if (Array.isArray(value) && name !== 'losses') document[name] = [...odd, ...value];
  const { bundle, notes } = await viewOf(document);
  expect(notes.filter(({ reason }) => reason === 'not-understood').length).toBeGreaterThan(8);
  for (const target of TARGETS) if (target !== 'bundle') expect(made((await convert(bundle, target, WISHES)).files)).toEqual(expected('bundle.json', target));
});

test('a blob whose name is not its hash is not used', async () => {
  const whole = (await caseOf('bundle.json')).document;
  const blobs = Object.fromEntries(Object.entries(whole.blobs as JsonObject).map(([name, blob]) => [name, { ...(blob as JsonObject), data: 'AAAA' }]));
  const { bundle, notes } = await viewOf({ ...whole, blobs });
  expect(bundle.blobs.size).toBe(0);
  expect(notes.map(({ reason }) => reason)).toContain('damaged');
  expect((await convert(bundle, 'eml', WISHES)).losses.every(({ reason }) => reason === 'broken-reference')).toBe(true);
  expect(await blobName(new Uint8Array([0, 0, 0]))).toMatch(/^sha256-[0-9a-f]{64}$/);
});

test('a target is offered when it takes something', async () => {
  const contacts = await caseOf('contacts.vcf');
  expect(TARGETS.filter((target) => offers(contacts, target))).toEqual(['vcard', 'bundle']);
  const all = await caseOf('bundle.json');
  expect(TARGETS.filter((target) => offers(all, target))).toEqual([...TARGETS]);
});

/** The same cards as in the tests of the other half. */
const CARDS = 'BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Jana\r\nPHOTO:data:image/jpeg;base64,AAAA\r\n BBBB\r\n\tCCCC\r\nTEL:1\r\nEND:VCARD\r\n'
  + 'BEGIN:VCARD\r\nVERSION:4.0\r\nUID:2\r\nFN:Petr\r\nitem1.logo;VALUE=uri:data:,x\r\n y\r\nNOTE:PHOTO:stays\r\nEND:VCARD\r\n';
const BARE = 'BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Jana\r\nTEL:1\r\nEND:VCARD\r\n'
  + 'BEGIN:VCARD\r\nVERSION:4.0\r\nUID:2\r\nFN:Petr\r\nNOTE:PHOTO:stays\r\nEND:VCARD\r\n';

async function withPhotos(): Promise<Bundle> {
  const whole = (await caseOf('bundle.json')).document;
  const bytes = new TextEncoder().encode(CARDS);
  const name = await blobName(bytes);
  const [book, ...more] = whole.addressBooks as JsonObject[];
  const addressBooks = [{ ...book, contacts: name }, ...more];
  return (await viewOf({ ...whole, addressBooks, blobs: { ...(whole.blobs as JsonObject), [name]: { type: 'text/vcard', data: toBase64(bytes) } } })).bundle;
}

test('photos are left out and the contacts stay', async () => {
  expect(withoutPictures(CARDS)).toBe(BARE);
  const whole = await withPhotos();
  const photos = (bundle: Bundle): number | undefined => weightsOf(bundle).find(({ part }) => part === 'photos')?.size;
  expect(photos(whole)).toBe(Math.ceil((CARDS.length - BARE.length) / 3) * 4);
  const bare = await withoutParts(whole, ['photos']);
  expect(photos(bare)).toBeUndefined();
  const [book] = bare.addressBooks;
  expect(textOf(bare.blobs.get(book?.contacts ?? '')?.data ?? new Uint8Array())).toBe(BARE);
  expect(bare.losses.map(spoken)).toContain(`addressBooks/${book?.id}: photos-omitted`);
  expect(bundleText(bare.document).length).toBeLessThan(bundleText(whole.document).length);
  expect((await withoutParts(bare, ['photos'])).document).toEqual(bare.document);
});

test('every part can be left out, and what is left out is told', async () => {
  const whole = await withPhotos();
  const weights = weightsOf(whole);
  expect(weights.map(({ size }) => size)).toEqual(weights.map(({ size }) => size).sort((a, b) => b - a));
  for (const part of PARTS) {
    const bare = await withoutParts(whole, [part]);
    expect(weightsOf(bare).map((one) => one.part)).not.toContain(part);
    const there = weights.some((one) => one.part === part);
    if (there && part !== 'others') expect(bare.losses.length).toBeGreaterThan(whole.losses.length);
  }
});
