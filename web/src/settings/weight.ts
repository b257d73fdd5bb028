/** What takes how much room in a bundle, and a bundle without some of it: for those that are too large to be handed over. */
import { blobName, toBase64, viewOf, type Bundle } from './bundle.ts';
import { HEADINGS, membersOf, withoutHeadings, type Heading } from './select.ts';
import { isObject, type Json, type JsonObject } from './shape.ts';

/** A heading, or the pictures of contacts alone. */
export const PARTS = ['photos', ...HEADINGS] as const;
export type Part = (typeof PARTS)[number];

export interface Weight {
  part: Part;
  /** Bytes of the document, before it is packed. */
  size: number;
}

/** The content lines of a picture, RFC 6350 section 6.2.4 and 6.6.3. */
const PICTURE = /^(?:[^:;]*\.)?(?:photo|logo)[:;]/i;

/** vCards without their pictures. */
export function withoutPictures(cards: string): string {
  let keep = true;
  return cards.split(/(?<=\n)/).filter((line) => {
    // What begins with a blank goes on with the line before: RFC 6350 section 3.2.
    if (!/^[ \t]/.test(line)) keep = !PICTURE.test(line);
    return keep;
  }).join('');
}

const inBase64 = (bytes: number): number => Math.ceil(bytes / 3) * 4;
const utf8 = new TextEncoder();
const lengthOf = (text: string): number => utf8.encode(text).length;

function cardsOf(bundle: Bundle): { book: string; name: string; text: string }[] {
  return bundle.addressBooks.flatMap(({ id, contacts }) => {
    const blob = bundle.blobs.get(contacts ?? '');
    return blob === undefined ? [] : [{ book: id, name: contacts ?? '', text: new TextDecoder().decode(blob.data) }];
  });
}

/** What takes room, the largest first. */
export function weightsOf(bundle: Bundle): Weight[] {
  const left = new Map([...bundle.blobs].map(([name, { data }]) => [name, inBase64(data.length)]));
  const sizes = new Map<Part, number>();
  for (const heading of HEADINGS) {
    let size = 0;
    for (const member of membersOf(bundle, heading)) {
      const value = bundle.document[member];
      if (value === undefined) continue;
      const text = JSON.stringify(value);
      size += lengthOf(text);
      // What several name is counted once.
      for (const [name, bytes] of left) {
        if (!text.includes(name)) continue;
        size += bytes;
        left.delete(name);
      }
    }
    sizes.set(heading, size);
  }
  const photos = cardsOf(bundle).reduce((sum, { text }) => sum + inBase64(lengthOf(text) - lengthOf(withoutPictures(text))), 0);
  sizes.set('contacts', Math.max(0, (sizes.get('contacts') ?? 0) - photos));
  sizes.set('photos', photos);
  return [...sizes].map(([part, size]) => ({ part, size })).filter(({ size }) => size > 0).sort((a, b) => b.size - a.size);
}

const lossesOf = (document: JsonObject): Json[] => (Array.isArray(document.losses) ? document.losses : []);

async function withoutPhotos(bundle: Bundle): Promise<Bundle> {
  const document: JsonObject = { ...bundle.document };
  const blobs: JsonObject = isObject(document.blobs) ? { ...document.blobs } : {};
  const bare = new Map<string, string>();
  for (const { book, name, text } of cardsOf(bundle)) {
    const kept = withoutPictures(text);
    if (kept.length === text.length) continue;
    const bytes = utf8.encode(kept);
    const fresh = await blobName(bytes);
    blobs[fresh] = { type: bundle.blobs.get(name)?.type ?? 'text/vcard', data: toBase64(bytes) };
    bare.set(book, fresh);
  }
  if (bare.size === 0) return bundle;
  const books = Array.isArray(document.addressBooks) ? document.addressBooks : [];
  document.addressBooks = books.map((book) => {
    const fresh = isObject(book) && typeof book.id === 'string' ? bare.get(book.id) : undefined;
    return isObject(book) && fresh !== undefined ? { ...book, contacts: fresh } : book;
  });
  document.losses = [...lossesOf(document), ...[...bare.keys()].map((item) => ({ category: 'addressBooks', item, reason: 'photos-omitted' }))];
  const { blobs: _, ...rest } = document;
  const text = JSON.stringify(rest);
  document.blobs = Object.fromEntries(Object.entries(blobs).filter(([name]) => text.includes(name)));
  return (await viewOf(document)).bundle;
}

/** The same bundle without these parts; what is left out is among its losses. */
export async function withoutParts(bundle: Bundle, parts: readonly Part[]): Promise<Bundle> {
  const bare = parts.includes('photos') ? await withoutPhotos(bundle) : bundle;
  const headings = parts.filter((part): part is Heading => part !== 'photos');
  const omitted = headings.flatMap((heading) => (heading === 'others' ? [] : membersOf(bare, heading))).filter((member) => member in bare.document);
  const left = await withoutHeadings(bare, headings);
  if (omitted.length === 0) return left;
  const losses = [...lossesOf(left.document), ...omitted.map((category) => ({ category, reason: 'omitted' }))];
  return (await viewOf({ ...left.document, losses })).bundle;
}
