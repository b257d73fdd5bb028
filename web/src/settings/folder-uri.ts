/** Folder URIs as Thunderbird writes them: `imap://user@host/path`. */

export interface FolderUri {
  scheme: string;
  host: string;
  /** With `/` between its parts; empty for the account itself. */
  path: string;
}

export function parseFolderUri(uri: string): FolderUri | undefined {
  const [, scheme, authority = '', path = ''] = /^([^]*?):\/\/([^/]*)(?:\/([^]*))?$/.exec(uri) ?? [];
  if (scheme === undefined) return undefined;
  return { scheme, host: decode(authority.slice(authority.lastIndexOf('@') + 1)), path: fromImap(decode(path)) };
}

/** RFC 3986 section 2.1: `%C3%BC` as `ü`. What is no such triple, or no UTF-8 then, stays readable. */
function decode(text: string): string {
  const bytes: number[] = [];
  const encoded = new TextEncoder().encode(text);
  for (let at = 0; at < encoded.length; at += 1) {
    const pair = String.fromCharCode(...encoded.subarray(at + 1, at + 3));
    if (encoded[at] === 37 && /^[0-9a-f]{2}$/i.test(pair)) {
      bytes.push(parseInt(pair, 16));
      at += 2;
    } else bytes.push(encoded[at] ?? 0);
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** RFC 3501 section 5.1.3: `Entw&APw-rfe` as `Entwürfe`. A name that is not written so stays as it is. */
function fromImap(name: string): string {
  // eslint-disable-next-line no-control-regex -- ASCII
  if (!/^[\u0000-\u007f]*$/.test(name)) return name;
  const pieces = name.split('&');
  let text = pieces[0] ?? '';
  for (const piece of pieces.slice(1)) {
    const end = piece.indexOf('-');
    const run = end < 0 ? undefined : shifted(piece.slice(0, end));
    if (run === undefined) return name;
    text += run + piece.slice(end + 1);
  }
  return text;
}

/** The text of one shifted run: modified base64 of UTF-16. */
function shifted(run: string): string | undefined {
  if (run === '') return '&';
  if (!/^[A-Za-z0-9+,]+$/.test(run) || run.length % 4 === 1) return undefined;
  const binary = atob(run.replaceAll(',', '/'));
  // One form only: the bits that fill up are zero.
  if (btoa(binary).replace(/=+$/, '').replaceAll('/', ',') !== run || binary.length % 2 !== 0) return undefined;
  let text = '';
  for (let at = 0; at < binary.length; at += 2) text += String.fromCharCode((binary.charCodeAt(at) << 8) | binary.charCodeAt(at + 1));
  // A lone surrogate is no text.
  return /(?:[\ud800-\udbff](?![\udc00-\udfff]))|(?:(?<![\ud800-\udbff])[\udc00-\udfff])/.test(text) ? undefined : text;
}
