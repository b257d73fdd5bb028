/** `vectors/pdf_*.json` come out as they say (vectors/README.md): the same that the Rust crate and Python read. */
import { expect, test } from 'vitest';
import { deriveCredential, deriveCredentials } from '../../src/pdfkey/credential.ts';
import { parsePassword, PasswordError } from '../../src/pdfkey/password.ts';
import { random } from '../../src/seal/primitives.ts';
import { unhex } from './support/keyed-kinds.ts';

interface CredentialVector {
  password: string;
  expect: string;
  validation_salt?: string;
  key_salt?: string;
  user?: string;
  user_key?: string;
}

const credentials = import.meta.glob<CredentialVector>('../../../vectors/pdf_credential_*.json', { eager: true, import: 'default' });
const characters = import.meta.glob<{ alone: [string, string][] }>('../../../vectors/pdf_characters.json', { eager: true, import: 'default' });

for (const [path, vector] of Object.entries(credentials)) {
  test(path.replace(/.*\//, ''), async () => {
    let outcome = 'ok';
    try {
      const made = await deriveCredential(vector.password, { validation: unhex(vector.validation_salt ?? ''), key: unhex(vector.key_salt ?? '') });
      expect(made).toEqual({ user: unhex(vector.user ?? ''), key: unhex(vector.user_key ?? '') });
    } catch (error) {
      if (!(error instanceof PasswordError)) throw error;
      outcome = error.code;
    }
    expect(outcome).toBe(vector.expect);
  });
}

test('good and bad ones occur', () => {
  expect(new Set(Object.values(credentials).map(({ expect: outcome }) => outcome)).size).toBe(5);
});

function isPassword(text: string): boolean {
  try {
    parsePassword(text);
    return true;
  } catch (error) {
    if (!(error instanceof PasswordError)) throw error;
    return false;
  }
}

test('every character of Unicode is taken or refused as elsewhere', () => {
  const taken: [string, string][] = [];
  let from: number | undefined;
  for (let code = 0; code <= 0x110000; code += 1) {
    const isOne = code < 0x110000 && (code < 0xd800 || code > 0xdfff) && isPassword(String.fromCodePoint(code));
    if (isOne) from ??= code;
    else if (from !== undefined) {
      taken.push([from.toString(16), (code - 1).toString(16)]);
      from = undefined;
    }
  }
  expect(taken).toEqual(Object.values(characters)[0]?.alone);
});

test('the sets of one password have nothing in common', async () => {
  const sets = await deriveCredentials('kiefer tasse mond regal uhr', 3, random);
  expect(new Set(sets.flatMap(({ user, key }) => [user.join(), key.join(), user.slice(32, 40).join(), user.slice(40).join()])).size).toBe(12);
});
