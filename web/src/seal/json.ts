/**
 * JSON (RFC 8259) as manifest and keyring need it read: a member that stands twice is refused, and a number keeps its written form,
 * because `1.0` and `1e0` are no integers there. `JSON.parse` tells neither.
 */
import { refuse, type SealCode } from './error.ts';
import { fromText } from './format.ts';
import type { Bytes } from './primitives.ts';

/** A number as written. */
export class Numeral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Json = null | boolean | string | Numeral | Json[] | Map<string, Json>;

const TOKEN = /[\t\n\r ]*(?:([{}[\]:,])|("(?:[^"\\]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|$)/y;
const LITERALS = new Map<string, Json>([['true', true], ['false', false], ['null', null]]);
const DEEPEST = 100;

class Parser {
  readonly #text: string;
  readonly #code: SealCode;
  readonly #token = new RegExp(TOKEN);
  /** The sign, string, numeral or literal in turn; empty at the end. */
  #now: (string | undefined)[] = [];

  constructor(text: string, code: SealCode) {
    this.#text = text;
    this.#code = code;
    this.#next();
  }

  #next(): void {
    const match = this.#token.exec(this.#text) ?? refuse(this.#code);
    this.#now = match.slice(1, 5);
  }

  #take(sign: string): boolean {
    if (this.#now[0] !== sign) return false;
    this.#next();
    return true;
  }

  #string(): string {
    const text = this.#now[1] ?? refuse(this.#code);
    this.#next();
    try {
      return JSON.parse(text) as string;
    } catch {
      return refuse(this.#code);
    }
  }

  value(depth: number): Json {
    if (depth > DEEPEST) refuse(this.#code);
    const [sign, string, number, literal] = this.#now;
    if (string !== undefined) return this.#string();
    if (number !== undefined) {
      this.#next();
      return new Numeral(number);
    }
    if (literal !== undefined) {
      this.#next();
      return LITERALS.get(literal) ?? null;
    }
    this.#next();
    if (sign === '[') return this.#array(depth);
    return sign === '{' ? this.#object(depth) : refuse(this.#code);
  }

  #array(depth: number): Json[] {
    const out: Json[] = [];
    if (this.#take(']')) return out;
    do out.push(this.value(depth + 1));
    while (this.#take(','));
    return this.#take(']') ? out : refuse(this.#code);
  }

  #object(depth: number): Map<string, Json> {
    const out = new Map<string, Json>();
    if (this.#take('}')) return out;
    do {
      const name = this.#string();
      if (out.has(name) || !this.#take(':')) refuse(this.#code);
      out.set(name, this.value(depth + 1));
    } while (this.#take(','));
    return this.#take('}') ? out : refuse(this.#code);
  }

  end(): void {
    if (this.#now.some((part) => part !== undefined)) refuse(this.#code);
  }
}

export function parseJson(text: string, code: SealCode = 'manifest_json'): Json {
  const parser = new Parser(text, code);
  const value = parser.value(0);
  parser.end();
  return value;
}

/** With which codes a text is refused: as JSON, and for bytes in it. */
interface Codes {
  json: SealCode;
  text: SealCode;
}
const MANIFEST: Codes = { json: 'manifest_json', text: 'manifest_text' };

/** An object's members, each with the kind it must have. An optional one may be absent or null. */
export class Members {
  readonly #members: Map<string, Json>;
  readonly #codes: Codes;

  constructor(value: Json | undefined, codes: Codes = MANIFEST) {
    this.#codes = codes;
    this.#members = value instanceof Map ? value : refuse(codes.json);
  }

  get(name: string): Json | undefined {
    return this.#members.get(name) ?? undefined;
  }

  text(name: string): string {
    return this.optionalText(name) ?? refuse(this.#codes.json);
  }

  optionalText(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : string(value, this.#codes.json);
  }

  integer(name: string, signed = false): number {
    return this.optionalInteger(name, signed) ?? refuse(this.#codes.json);
  }

  /** Beyond 2^53 it is no longer exact, and refused by whoever checks its meaning. */
  optionalInteger(name: string, signed = false): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!(value instanceof Numeral) || !/^(0|-?[1-9]\d*)$/.test(value.text)) return refuse(this.#codes.json);
    const bits = signed ? BigInt.asIntN(64, BigInt(value.text)) : BigInt.asUintN(64, BigInt(value.text));
    if (bits !== BigInt(value.text)) refuse(this.#codes.json);
    return Number(value.text);
  }

  list(name: string): Json[] {
    const value = this.get(name);
    return Array.isArray(value) ? value : refuse(this.#codes.json);
  }

  bytes(name: string, length: number): Bytes {
    return fromText(this.text(name), length, this.#codes.text);
  }

  optionalBytes(name: string, length: number): Bytes | undefined {
    const text = this.optionalText(name);
    return text === undefined ? undefined : fromText(text, length, this.#codes.text);
  }
}

/** A string of well-formed Unicode. */
export function string(value: Json, code: SealCode = 'manifest_json'): string {
  // With the flag u a surrogate matches only if it stands alone.
  return typeof value === 'string' && !/[\ud800-\udfff]/u.test(value) ? value : refuse(code);
}
