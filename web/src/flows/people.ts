/** Addresses as people type and paste them: `a@b.example, "Jana Nováková" <j@n.example>; c@d.example`. */
import { addressProblem } from '../ui/address.ts';
import type { Addressee } from './send-view.ts';

const NAMED = /^\s*(?:"([^"]*)"|([^"<]*))\s*<([^<>]*)>\s*$/;

function one(text: string): Addressee[] {
  const [, quoted, plain, between] = NAMED.exec(text) ?? [];
  if (between !== undefined) {
    const name = (quoted ?? plain ?? '').trim();
    return [person(between.trim(), name === '' ? undefined : name)];
  }
  return text.split(/\s+/).filter((word) => word !== '').map((word) => person(word.replace(/^<|>$/g, ''), undefined));
}

function person(address: string, name: string | undefined): Addressee {
  const found: Addressee = addressProblem(address) === undefined ? { address } : { address, invalid: true };
  return name === undefined || name === address ? found : { ...found, name };
}

/** Adds to `people` who is not among them yet; the same address in other letters is the same. */
export function withPeople(people: readonly Addressee[], text: string): Addressee[] {
  const out = [...people];
  const known = new Set(people.map(({ address }) => address.toLowerCase()));
  // A comma inside quotes belongs to a name.
  for (const piece of text.match(/(?:"[^"]*"|[^,;\n"])+/g) ?? []) {
    for (const found of one(piece)) {
      if (known.has(found.address.toLowerCase())) continue;
      known.add(found.address.toLowerCase());
      out.push(found);
    }
  }
  return out;
}
