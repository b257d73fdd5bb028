/** A text as part of a file's name: letters, digits, `.`, `-`, `_`, `@`, at most 64 of them, no dot first. */
export function safeName(text: string): string {
  const name = [...text].slice(0, 64).map((c) => (/^[\p{Alphabetic}\p{N}.\-_@]$/u.test(c) ? c : '_')).join('').replace(/^\.+/, '');
  return name === '' ? '_' : name;
}

/** A file that a writer made. */
export interface MadeFile {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export const textFile = (name: string, type: string, text: string): MadeFile => ({ name, type, bytes: new TextEncoder().encode(text) });
