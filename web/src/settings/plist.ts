/** Property lists in XML (Apple's `PropertyList-1.0.dtd`), as configuration profiles are. */
import { toBase64 } from './bundle.ts';
import { escapeXml } from './xml.ts';

export type PlistValue = string | number | boolean | Uint8Array | PlistValue[] | Dict;

/** Keys in their order; one that stands twice is written twice. */
export class Dict {
  readonly pairs: [key: string, value: PlistValue][] = [];

  set(key: string, value: PlistValue): void {
    this.pairs.push([key, value]);
  }
}

/** Writes a document as Apple's own tools do: tabs, and data in lines of 76 columns less the tabs, a tab counting as eight. */
export function writePlist(dict: Dict): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
  ];
  put(lines, dict, 0);
  return `${lines.join('\n')}\n</plist>\n`;
}

function put(lines: string[], value: PlistValue, depth: number): void {
  const line = (text: string): void => { lines.push('\t'.repeat(depth) + text); };
  if (typeof value === 'string') line(`<string>${escapeXml(value)}</string>`);
  else if (typeof value === 'number') line(`<integer>${value}</integer>`);
  else if (typeof value === 'boolean') line(value ? '<true/>' : '<false/>');
  else if (value instanceof Uint8Array) {
    line('<data>');
    // Whole groups of four columns, three bytes each.
    const step = Math.floor(Math.max(16, 76 - 8 * depth) / 4) * 3;
    for (let at = 0; at < value.length; at += step) line(toBase64(value.subarray(at, at + step)));
    line('</data>');
  } else if (value instanceof Dict) {
    line('<dict>');
    for (const [key, one] of value.pairs) {
      lines.push(`${'\t'.repeat(depth + 1)}<key>${escapeXml(key)}</key>`);
      put(lines, one, depth + 1);
    }
    line('</dict>');
  } else if (value.length === 0) line('<array/>');
  else {
    line('<array>');
    for (const one of value) put(lines, one, depth + 1);
    line('</array>');
  }
}
