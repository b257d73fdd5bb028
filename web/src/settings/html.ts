/** HTML of signatures as plain text, and its images out of blobs. String work only: nothing here is ever shown as HTML. */
import { toBase64, type Blob } from './bundle.ts';

const BLOCKS = new Set(['p', 'div', 'tr', 'li', 'ul', 'ol', 'table', 'blockquote', 'h1', 'h2', 'h3']);
const UNSEEN = new Set(['style', 'script', 'head', 'title']);
const ENTITIES: Record<string, string> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', euro: '€', copy: '©', ndash: '–', mdash: '—', auml: 'ä', ouml: 'ö', uuml: 'ü',
  Auml: 'Ä', Ouml: 'Ö', Uuml: 'Ü', szlig: 'ß',
};

/** The text of a piece of HTML: line breaks where a browser breaks lines, no tags, no styles. */
export function htmlToText(html: string): string {
  let text = '';
  let rest = html;
  for (let open = rest.indexOf('<'); open >= 0; open = rest.indexOf('<')) {
    text = withWords(text, rest.slice(0, open));
    const behind = rest.slice(open + 1);
    const end = behind.indexOf('>');
    const tag = end < 0 ? behind : behind.slice(0, end);
    rest = end < 0 ? '' : behind.slice(end + 1);
    const name = (tag.split(/[ \t\n\r/]/).find((part) => part !== '') ?? '').toLowerCase();
    const closes = tag.startsWith('/');
    if (name === 'br') text += '\n';
    else if (UNSEEN.has(name) && !closes) rest = behindEnd(rest, name);
    else if (BLOCKS.has(name) && text !== '' && !text.endsWith('\n')) text += '\n';
    else if ((name === 'td' || name === 'th') && closes) text += ' ';
  }
  text = withWords(text, rest);
  return text.split('\n').map((line) => line.replace(/(?:(?!\ufeff)[\s\u0085])+$/, '')).join('\n').replace(/^\n+|\n+$/g, '');
}

/** What stands behind the end tag of `name`, or nothing. */
function behindEnd(html: string, name: string): string {
  const at = html.toLowerCase().indexOf(`</${name}`);
  const end = at < 0 ? -1 : html.indexOf('>', at);
  return end < 0 ? '' : html.slice(end + 1);
}

/** White space counts once, and not at the beginning of a line. */
function withWords(text: string, html: string): string {
  let out = text;
  for (const c of unescape(html)) {
    if (!/[ \t\n\f\r]/.test(c)) out += c;
    else if (out !== '' && !/[ \n]$/.test(out)) out += ' ';
  }
  return out;
}

const unescape = (html: string): string => html.replace(/&([^;&]{0,8});/g, (whole, entity: string) => character(entity) ?? whole);

function character(entity: string): string | undefined {
  const [, hex, decimal] = /^#(?:[xX]\+?([0-9a-fA-F]+)|\+?(\d+))$/.exec(entity) ?? [];
  if (hex === undefined && decimal === undefined) return Object.hasOwn(ENTITIES, entity) ? ENTITIES[entity] : undefined;
  const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : String.fromCodePoint(code);
}

/** Puts images back as `data:` URLs. A blob that is missing leaves its name behind. */
export function imagesFromBlobs(html: string, blobs: Map<string, Blob>): string {
  return html.replace(/blob:(sha256-[0-9a-f]{64})/g, (whole, id: string) => {
    const blob = blobs.get(id);
    return blob === undefined ? whole : `data:${blob.type};base64,${toBase64(blob.data)}`;
  });
}
