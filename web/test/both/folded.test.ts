/** Addresses as the server compares them: an address in other letters is the same one. */
import { expect, test } from 'vitest';
import { folded } from '../../src/vault/folded.ts';

test('case, Unicode form and the two forms of a domain make no difference', () => {
  expect(folded(' Jana.Novak@Example.TEST ')).toBe('jana.novak@example.test');
  expect(folded('JÜRGEN@B\u00fccher.example')).toBe('jürgen@xn--bcher-kva.example');
  expect(folded('ju\u0308rgen@bu\u0308cher.example')).toBe('jürgen@xn--bcher-kva.example');
  expect(folded('jürgen@xn--bcher-kva.example')).toBe('jürgen@xn--bcher-kva.example');
});

test('what is no address is another than every address', () => {
  expect(folded('a@b.example/c')).not.toBe(folded('a@b.example'));
  expect(folded('a@b.example:80')).not.toBe(folded('a@b.example'));
  expect(folded('nobody')).toBe('nobody');
});
