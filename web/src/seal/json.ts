/**
 * JSON (RFC 8259) as the manifest needs it read: a member that stands twice is refused, and a number keeps its written form,
 * because `1.0` and `1e0` are no integers there. `JSON.parse` tells neither.
 */
import { refuse } from './error.ts';

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
  readonly #token = new RegExp(TOKEN);
  /** The sign, string, numeral or literal in turn; empty at the end. */
  #now: (string | undefined)[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#next();
  }

  #next(): void {
    const match = this.#token.exec(this.#text) ?? refuse('manifest_json');
    this.#now = match.slice(1, 5);
  }

  #take(sign: string): boolean {
    if (this.#now[0] !== sign) return false;
    this.#next();
    return true;
  }

  #string(): string {
    const text = this.#now[1] ?? refuse('manifest_json');
    this.#next();
    try {
      return JSON.parse(text) as string;
    } catch {
      return refuse('manifest_json');
    }
  }

  value(depth: number): Json {
    if (depth > DEEPEST) refuse('manifest_json');
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
    return sign === '{' ? this.#object(depth) : refuse('manifest_json');
  }

  #array(depth: number): Json[] {
    const out: Json[] = [];
    if (this.#take(']')) return out;
    do out.push(this.value(depth + 1));
    while (this.#take(','));
    return this.#take(']') ? out : refuse('manifest_json');
  }

  #object(depth: number): Map<string, Json> {
    const out = new Map<string, Json>();
    if (this.#take('}')) return out;
    do {
      const name = this.#string();
      if (out.has(name) || !this.#take(':')) refuse('manifest_json');
      out.set(name, this.value(depth + 1));
    } while (this.#take(','));
    return this.#take('}') ? out : refuse('manifest_json');
  }

  end(): void {
    if (this.#now.some((part) => part !== undefined)) refuse('manifest_json');
  }
}

export function parseJson(text: string): Json {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}
