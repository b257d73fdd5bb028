/**
 * File names are data: what a sender wrote, refused where no receiver could show or write it safely. A name is one or more
 * components with `/` between them, so that a folder keeps its shape.
 */
import { refuse, SealError, type SealCode } from './error.ts';

/** Most bytes of one component, in UTF-8. */
const MAX_COMPONENT = 255;
/** Most bytes of a whole name. */
const MAX_NAME = 4096;

/** General category Cc, and the two line separators of Unicode. */
// eslint-disable-next-line no-control-regex -- the point of this pattern
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** Unicode property Bidi_Control (UAX #9). */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

const utf8 = new TextEncoder();
export const utf8Length = (text: string): number => utf8.encode(text).length;

/** Nothing of a single line of text that is shown: control or direction. */
export const isUnprintable = (text: string): boolean => CONTROL.test(text) || BIDI.test(text);

/** Refuses the first rule that is broken, component by component from the left. */
export function checkName(text: string): void {
  if (utf8Length(text) > MAX_NAME) refuse('name_too_long');
  for (const component of text.split('/')) {
    if (component === '') refuse('name_empty');
    if (utf8Length(component) > MAX_COMPONENT) refuse('name_too_long');
    if (component === '.' || component === '..') refuse('name_dots');
    if (component.includes('\\')) refuse('name_separator');
    if (CONTROL.test(component)) refuse('name_control');
    if (BIDI.test(component)) refuse('name_bidi');
  }
}

/** What is wrong with a name, if anything. */
export function nameProblem(text: string): SealCode | undefined {
  try {
    checkName(text);
    return undefined;
  } catch (error) {
    if (error instanceof SealError) return error.code;
    throw error;
  }
}

const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])$/i;
const noEnd = (text: string): string => text.replace(/[. ]$/, '_');

/** The same name as Windows can write it, `/` still between folders. Two names may become one. */
export function forWindows(name: string): string {
  return name.split('/').map(windowsComponent).join('/');
}

function windowsComponent(text: string): string {
  let out = noEnd(text.replace(/[<>:"|?*]/g, '_'));
  const stem = (out.split('.')[0] ?? '').replace(/ +$/, '');
  if (!DEVICE.test(stem)) return out;
  out = `${stem}_${out.slice(stem.length)}`;
  const letters = [...out];
  while (utf8Length(letters.join('')) > MAX_COMPONENT) letters.pop();
  return noEnd(letters.join(''));
}
