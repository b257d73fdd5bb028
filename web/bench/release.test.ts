/** Releasing a thousand waiting recipients: one SealPass entry, one batch, at most 10 ms each (Argon2id left out). */
import { expect, test, vi } from 'vitest';
import { makeKeyring } from '../src/seal/keyring.ts';
import { hasOwnKem, random } from '../src/seal/primitives.ts';
import { bytesOf, recordToWire } from '../src/vault/keyed-wire.ts';
import { Device, SEALPASS } from '../test/both/support/device.ts';
import { FakeServer } from '../test/both/support/server.ts';

vi.mock('hash-wasm', () => import('../test/both/support/quick-argon2.ts'));

const PEOPLE = 1000;
const MOST = 10;

test(`${PEOPLE} waiting recipients`, async () => {
  const server = new FakeServer();
  server.register('klinik@example.test', 'a', 'Klinik');
  const emails = Array.from({ length: PEOPLE }, (_, at) => `patient-${at}@example.test`);
  for (const email of emails) {
    const account = server.register(email, 'x');
    const fresh = { signatureSeed: random(32), kemSeed: random(32), claimSeed: random(32) };
    const { record } = await makeKeyring(fresh, bytesOf(account.id), 1, 'en');
    Object.assign(account, { live: true, records: [recordToWire(record)] });
  }
  const klinik = await new Device(server, 'klinik@example.test').withKeyring();
  const { id } = await klinik.send({ to: emails });
  const { people } = await klinik.calls.waiting({});
  expect(people).toHaveLength(PEOPLE);
  const releases = people.map(({ parcel, email, fingerprint }) => ({ parcel, email, fingerprint, verified: 'words' as const }));
  const before = performance.now();
  const { released, refused } = await klinik.calls.release({ sealPass: SEALPASS, releases });
  const each = (performance.now() - before) / PEOPLE;
  expect([released.length, refused.length]).toEqual([PEOPLE, 0]);
  expect(server.log.filter(({ call }) => call === 'release')).toHaveLength(1);
  expect(server.parcel(id).recipients.every(({ stanza }) => stanza !== undefined)).toBe(true);
  console.info(`bench: releasing a thousand people, KEM ${hasOwnKem() ? 'of the browser' : 'of noble'} | ${each.toFixed(2)} ms each`);
  expect(each).toBeLessThanOrEqual(MOST);
});
