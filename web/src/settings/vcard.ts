/** Address books to one file of vCards 3.0 (RFC 2426), which phones import: what `crates/settings/src/vcard/writer.rs` writes. */
import { contactListsOf, type AddressBook, type Bundle, type ContactList } from './bundle.ts';
import { lossOf, type Loss } from './loss.ts';
import { bytesOf } from './references.ts';
import { deriveUuid } from './uuid.ts';
import { escapeValue, plainLine, splitCards, valueOf, writeCard, type Card, type Line } from './vcard-lines.ts';

const GONE = ['PREF', 'ALTID', 'PID', 'MEDIATYPE', 'INDEX', 'PROPID', 'CALSCALE', 'LEVEL'];
const TAKES_VALUE = ['BDAY', 'PHOTO', 'LOGO', 'SOUND', 'KEY'];

/** Writes the contacts and lists of all local address books, one behind the other. */
export async function writeVcards(bundle: Bundle): Promise<{ text: string; losses: Loss[] }> {
  let text = '';
  const losses: Loss[] = [];
  for (const book of bundle.addressBooks) {
    const contacts = bytesOf(bundle, book.contacts);
    if (contacts === undefined) {
      losses.push(lossOf('addressBooks', book.id, 'kept-on-a-server'));
      continue;
    }
    const { cards, odd } = splitCards(new TextDecoder('utf-8', { ignoreBOM: true }).decode(contacts));
    if (odd > 0) losses.push(lossOf('addressBooks', book.id, 'lines-not-understood'));
    for (const card of cards) {
      if (card.some((line) => line.name !== 'VERSION' && oldLine(line) === undefined)) {
        losses.push(lossOf('addressBooks', book.id, 'contact-field-not-in-vcard-3'));
      }
      text += writeCard(older(card));
    }
    for (const list of contactListsOf(book)) text += writeCard(await group(bundle, book, list));
  }
  return { text, losses };
}

async function group(bundle: Bundle, book: AddressBook, list: ContactList): Promise<Card> {
  const name = escapeValue(list.name);
  const uuid = await deriveUuid(bundle.id, `${book.id} list ${list.name}`);
  return [
    plainLine('VERSION', '3.0'),
    plainLine('X-ADDRESSBOOKSERVER-KIND', 'group'),
    plainLine('FN', name),
    plainLine('N', `${name};;;;`),
    plainLine('UID', `urn:uuid:${uuid}`),
    ...list.members.map((member) => plainLine('X-ADDRESSBOOKSERVER-MEMBER', member)),
  ];
}

/** Version 3.0 asks for a structured name and for one to show. */
function older(card: Card): Card {
  const lines = [plainLine('VERSION', '3.0'), ...card.flatMap((line) => oldLine(line) ?? [])];
  if (valueOf(card, 'N') === undefined) lines.splice(Math.min(2, lines.length), 0, plainLine('N', `;${valueOf(card, 'FN') ?? '?'};;;`));
  return lines;
}

/** A line of version 4.0 in version 3.0; none for what that version has no place for. */
function oldLine(from: Line): Line | undefined {
  const line: Line = { ...from, parameters: [...from.parameters] };
  switch (line.name) {
    case 'VERSION':
    case 'KIND':
    case 'MEMBER':
    case 'CLIENTPIDMAP':
    case 'XML':
      return undefined;
    case 'ANNIVERSARY':
    case 'GENDER':
    case 'LANG':
    case 'RELATED':
    case 'CALADRURI':
    case 'CALURI':
    case 'FBURL':
      line.name = `X-${line.name}`;
      break;
    case 'TEL':
      line.value = line.value.replace(/^(tel:)+/, '');
      break;
    case 'BDAY':
      oldDate(line);
      break;
    case 'PHOTO':
    case 'LOGO':
    case 'SOUND':
    case 'KEY':
      oldData(line);
  }
  const isPreferred = line.parameters.some(([key]) => key === 'PREF');
  line.parameters = line.parameters.filter(([key]) => !GONE.includes(key) && (key !== 'VALUE' || TAKES_VALUE.includes(line.name)));
  if (isPreferred) line.parameters.push(['TYPE', 'pref']);
  return line;
}

/** `19800229` in the extended form that RFC 2426 asks for. A date without a year stays as it is. */
function oldDate(line: Line): void {
  const isDate = /^\d{8}$/.test(line.value);
  if (isDate) line.value = line.value.replace(/^(....)(..)(..)$/, '$1-$2-$3');
  line.parameters = line.parameters.filter(([key]) => key !== 'VALUE');
  if (isDate) line.parameters.push(['VALUE', 'date']);
}

/** `data:image/png;base64,…` as `ENCODING=b;TYPE=PNG`. */
function oldData(line: Line): void {
  const [, type, data] = /^data:(.*?);base64,([^]*)$/.exec(line.value) ?? [];
  line.parameters = line.parameters.filter(([key]) => key !== 'VALUE' && key !== 'ENCODING');
  if (type === undefined || data === undefined) {
    line.parameters.push(['VALUE', 'uri']);
    return;
  }
  line.parameters = line.parameters.filter(([key]) => key !== 'TYPE');
  line.parameters.push(['ENCODING', 'b'], ['TYPE', (type.split('/').at(-1) ?? '').toUpperCase()]);
  line.value = data;
}
