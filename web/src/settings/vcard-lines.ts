/** The lines of vCards: unfolding, splitting, folding. Values stay as they are written. */

/** One content line, RFC 6350 section 3.3. */
export interface Line {
  /** The group before the dot: `item1`. */
  group?: string | undefined;
  /** In upper case. */
  name: string;
  /** Name in upper case and value, without quotes. */
  parameters: [key: string, value: string][];
  /** As written, escapes and all. */
  value: string;
}
export type Card = Line[];

export const plainLine = (name: string, value: string): Line => ({ name, parameters: [], value });
export const valueOf = (card: Card, name: string): string | undefined => card.find((line) => line.name === name)?.value;

const isName = (text: string): boolean => /^[A-Za-z0-9-]+$/.test(text);
const upper = (text: string): string => text.replace(/[a-z]/g, (c) => c.toUpperCase());
const unquote = (text: string): string => text.replaceAll('"', '');

/** The places of `separator` outside quotes. */
function placesOf(text: string, separator: string): number[] {
  const places: number[] = [];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === separator && !quoted) places.push(at);
  }
  return places;
}

function parseLine(text: string): Line | undefined {
  const [colon] = placesOf(text, ':');
  if (colon === undefined) return undefined;
  const head = text.slice(0, colon);
  const cuts = [-1, ...placesOf(head, ';'), head.length];
  const [first = '', ...rest] = cuts.slice(1).map((end, at) => head.slice((cuts[at] ?? 0) + 1, end));
  const dot = first.lastIndexOf('.');
  const [group, name] = dot < 0 ? [undefined, first] : [first.slice(0, dot), first.slice(dot + 1)];
  if (!isName(name)) return undefined;
  const parameters = rest.map((part): [string, string] => {
    const at = part.indexOf('=');
    // vCard 2.1 writes the type alone.
    return at < 0 ? ['TYPE', unquote(part)] : [upper(part.slice(0, at)), unquote(part.slice(at + 1))];
  });
  return {
    group: group !== undefined && isName(group) ? group : undefined, name: upper(name), parameters: parameters.filter(([key]) => isName(key)),
    value: text.slice(colon + 1),
  };
}

const utf8 = new TextEncoder();

/** RFC 6350 section 3.2: 75 octets, and never inside a character. */
function fold(line: string): string {
  let out = '';
  let room = 75;
  for (const c of line) {
    const size = utf8.encode(c).length;
    if (size > room) {
      out += '\r\n ';
      room = 74;
    }
    out += c;
    room -= size;
  }
  return `${out}\r\n`;
}

function writeLine({ group, name, parameters, value }: Line): string {
  let text = `${group === undefined ? '' : `${group}.`}${name}`;
  for (const [key, written] of parameters) {
    // RFC 6868 would keep a quote; RFC 2426 has no way to write one.
    const plain = written.replaceAll('"', "'");
    const quote = /[:;]/.test(plain) ? '"' : '';
    text += `;${key}=${quote}${plain}${quote}`;
  }
  return fold(`${text}:${value}`.replace(/[\r\n]/g, ''));
}

export const writeCard = (card: Card): string => `BEGIN:VCARD\r\n${card.map(writeLine).join('')}END:VCARD\r\n`;

/** Joins folded lines, and the soft line breaks of vCard 2.1's quoted-printable. */
function unfold(text: string): string[] {
  const lines: string[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const last = lines.at(-1);
    const goesOn = last?.endsWith('=') === true && upper(last).includes('QUOTED-PRINTABLE');
    if (last !== undefined && /^[ \t]/.test(line)) lines[lines.length - 1] = last + line.slice(1);
    else if (last !== undefined && goesOn) lines[lines.length - 1] = last.slice(0, -1) + line;
    else lines.push(line);
  }
  return lines;
}

/** The cards of a text. What stands outside `BEGIN:VCARD` and `END:VCARD`, and lines that are none, are counted as odd. */
export function splitCards(text: string): { cards: Card[]; odd: number } {
  const cards: Card[] = [];
  let open: Card | undefined;
  let odd = 0;
  for (const raw of unfold(text.replace(/^\ufeff+/, ''))) {
    if (raw.trim() === '') continue;
    const line = parseLine(raw);
    const marker = line !== undefined && upper(line.value.trim()) === 'VCARD' ? line.name : undefined;
    if (marker === 'BEGIN') {
      if (open) odd += 1;
      open = [];
    } else if (marker === 'END' && open) {
      cards.push(open);
      open = undefined;
    } else if (open && line) open.push(line);
    else odd += 1;
  }
  return { cards, odd: odd + (open ? 1 : 0) };
}

/** A text as a value, RFC 6350 section 3.4. */
export const escapeValue = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(/[\\,;]/g, '\\$&').replace(/[\n\r]/g, '\\n');
