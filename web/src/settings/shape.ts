/**
 * What a JSON value must look like to be read. An entry of a list that does not fit is left unread and stays in the document,
 * as in `crates/settings` (extra.rs): a bundle of a later version loses nothing here.
 *
 * A name with `?` may be absent or null; one with `*` may be absent.
 */
export type Kind = 'string' | 'boolean' | 'u16' | 'u64' | 'any' | 'object' | 'strings' | readonly [Kind] | Shape;
export interface Shape {
  readonly [member: string]: Kind;
}

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [member: string]: Json;
}

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

const MOST = { u16: 65_535, u64: Number.MAX_SAFE_INTEGER };

export function fits(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'any':
      return value !== undefined;
    case 'string':
    case 'boolean':
      return typeof value === kind;
    case 'u16':
    case 'u64':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST[kind];
    case 'object':
      return isObject(value);
    case 'strings':
      return isObject(value) && Object.values(value).every((one) => typeof one === 'string');
    default:
      if (Array.isArray(kind)) return Array.isArray(value) && value.every((one) => fits(one, (kind as [Kind])[0]));
      return isObject(value) && Object.entries(kind as Shape).every(([name, of]) => member(value, name, of));
  }
}

function member(value: JsonObject, name: string, kind: Kind): boolean {
  const optional = name.endsWith('?') || name.endsWith('*');
  const found = value[optional ? name.slice(0, -1) : name];
  if (found === undefined) return optional;
  return (found === null && name.endsWith('?')) || fits(found, kind);
}

export interface Listed<T> {
  items: T[];
  /** Entries, or things instead of a list, that could not be read. */
  unread: number;
}

/** Reads a list; none is an empty one. */
export function listOf<T>(value: Json | undefined, kind: Kind): Listed<T> {
  if (value === undefined) return { items: [], unread: 0 };
  if (!Array.isArray(value)) return { items: [], unread: 1 };
  const items = value.filter((one) => fits(one, kind));
  return { items: items as T[], unread: value.length - items.length };
}
