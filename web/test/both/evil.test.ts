/**
 * The server as an attacker (docs/threats.md): it swaps keys, adds stanzas, weakens parameters, serves what is old or another's.
 * Each time: no plaintext, no silent acceptance, and nothing derived from a secret is sent.
 */
import { beforeEach, expect, test, vi } from 'vitest';
import type { ApiInboxDelivery, ApiKeyring, ApiPerson, KeyedApi } from '../../src/api/keyed-port.ts';
import { ApiProblem } from '../../src/api/port.ts';
import { fileStream, sealPart } from '../../src/seal/file.ts';
import { concat, toText, u32 } from '../../src/seal/format.ts';
import type { SealedObject } from '../../src/seal/manifest.ts';
import { parseHeader } from '../../src/seal/parcel.ts';
import { random, type Bytes } from '../../src/seal/primitives.ts';
import { release, sealStanza, writeReleased } from '../../src/seal/stanza.ts';
import { makeHeader, sealedSize } from '../../src/seal/stream.ts';
import { bytesOf } from '../../src/vault/keyed-wire.ts';
import { Letter } from '../../src/vault/letter.ts';
import { Device, problem, SEALPASS } from './support/device.ts';
import { asked } from './support/quick-argon2.ts';
import { roomOf } from './support/room.ts';
import { FakeServer } from './support/server.ts';

vi.mock('hash-wasm', () => import('./support/quick-argon2.ts'));

const KLINIK = 'klinik@example.test';
const JANA = 'jana@example.test';
let server: FakeServer;
let klinik: Device;
let jana: Device;
/** Keys that the attacker made under the same names. */
let forged: FakeServer;

beforeEach(async () => {
  [server, forged] = [new FakeServer(), new FakeServer()];
  for (const one of [server, forged]) {
    one.register(KLINIK, 'a', 'Klinik');
    one.register(JANA, 'b', 'Jana');
  }
  klinik = await new Device(server, KLINIK).withKeyring();
  jana = await new Device(server, JANA).withKeyring();
});

/** The device again, in front of a server that lies in some calls. */
async function lied(device: Device, lies: (honest: KeyedApi) => Partial<KeyedApi>, unlock = true): Promise<Device> {
  const honest = server.as(device.email);
  const again = new Device(server, device.email, { ...honest, ...lies(honest) });
  for (const [account, seen] of device.seen) again.seen.set(account, seen);
  for (const [parcel, key] of device.claims) again.claims.set(parcel, key);
  await again.here().catch(() => undefined);
  if (unlock) await again.calls.unlock({ sealPass: SEALPASS });
  return again;
}

/** The attacker's key in the place of somebody's, in the account that is right. */
async function attacker(email: string): Promise<{ device: Device; person: ApiPerson }> {
  forged.account(email).id = server.account(email).id;
  const device = await new Device(forged, email).withKeyring();
  return { device, person: forged.person(email) };
}

const calls = (device: Device): string[] => server.log.filter(({ who }) => who === device.email).map(({ call }) => call);

/* A4: weak parameters */

function lockWith(memory: number, passes: number, lanes: number): string {
  return toText(concat(Uint8Array.of(1, 0, 25), u32(memory), u32(passes), Uint8Array.of(lanes), random(16), random(92)));
}

const WEAK: [number, number, number][] = [8, 1024, 19 * 1024, 64 * 1024 - 1, 64 * 1024, 128 * 1024].flatMap((memory) =>
  [0, 1, 2, 3].flatMap((passes) => [0, 1].map((lanes): [number, number, number] => [memory, passes, lanes]))).filter(([memory, passes, lanes]) =>
  memory < 64 * 1024 || passes < 3 || lanes < 1);
const HEAVY: [number, number, number][] = [[1024 * 1024 + 1, 3, 1], [2 ** 32 - 1, 3, 1], [64 * 1024, 17, 1], [64 * 1024, 2 ** 32 - 1, 1], [64 * 1024, 3, 2]];

test('weak or heavy parameters: nothing is derived, nothing is sent', async () => {
  expect(WEAK.length + HEAVY.length).toBeGreaterThanOrEqual(40);
  for (const params of [...WEAK, ...HEAVY]) {
    const lie = (honest: KeyedApi): Partial<KeyedApi> => ({
      keyring: async (): Promise<ApiKeyring> => ({ ...(await honest.keyring()), locks: [{ id: 'x', kind: 1, bytes: lockWith(...params) }] }),
    });
    const device = await lied(jana, lie, false);
    const [before, derived] = [server.log.length, asked.length];
    expect(await problem(device.calls.unlock({ sealPass: SEALPASS })), params.join(' ')).toEqual({ kind: 'distrusted', why: 'weak' });
    expect(asked).toHaveLength(derived);
    expect(server.log.slice(before).map(({ call }) => call)).toEqual(['keyring']);
  }
});

test('an old or unknown kind of lock is not tried', async () => {
  const derived = asked.length;
  for (const type of [0, 5, 9, 255]) {
    const bytes = toText(concat(Uint8Array.of(type, 0, 25), random(25), random(92)));
    const lie = (honest: KeyedApi): Partial<KeyedApi> => ({ keyring: async () => ({ ...(await honest.keyring()), locks: [{ id: 'x', kind: 1, bytes }] }) });
    const device = await lied(jana, lie, false);
    expect(await problem(device.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'sealpass', why: 'wrong' });
  }
  expect(asked).toHaveLength(derived);
});

test('another account\'s lock and body do not open', async () => {
  const theirs = await server.as(KLINIK).keyring();
  const swapped = await lied(jana, () => ({ keyring: () => Promise.resolve(theirs) }), false);
  expect(await problem(swapped.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'distrusted', why: 'foreign' });
  const locks = await lied(jana, (honest) => ({ keyring: async () => ({ ...(await honest.keyring()), locks: theirs.locks }) }), false);
  expect(await problem(locks.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'sealpass', why: 'wrong' });
  const body = await lied(jana, (honest) => ({ keyring: async () => ({ ...(await honest.keyring()), body: theirs.body }) }), false);
  expect(await problem(body.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'distrusted', why: 'foreign' });
});

/* A7: an older keyring */

test('an older keyring, and another one of the same number, are refused', async () => {
  const old = structuredClone(server.account(JANA).bodies);
  await jana.calls.trustKey({ email: KLINIK, fingerprint: klinik.fingerprint, verified: 'words' });
  expect(server.account(JANA).bodies).toHaveLength(2);
  const older = await lied(jana, (honest) => ({ keyring: async () => ({ ...(await honest.keyring()), ...old[0] }) }), false);
  expect(await problem(older.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'distrusted', why: 'older' });
  // From the same old version another second one was made: by a device that was shown the old one.
  const fresh = new FakeServer();
  Object.assign(fresh, { accounts: structuredClone(server.accounts) });
  fresh.account(JANA).bodies = structuredClone(old);
  const fooled = await new Device(fresh, JANA).unlocked();
  await fooled.calls.trustKey({ email: KLINIK, fingerprint: klinik.fingerprint, verified: 'no' });
  const forked = await lied(jana, (honest) => ({ keyring: async () => ({ ...(await honest.keyring()), ...fresh.account(JANA).bodies[1] }) }), false);
  expect(await problem(forked.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'distrusted', why: 'older' });
  expect(forked.keyed.desk.isOpen).toBe(false);
});

test('a keyring that is said to be none: no new one is made in silence', async () => {
  const none = (): Promise<never> => Promise.reject(new ApiProblem({ code: 'no_sealpass', status: 404 }));
  const device = await lied(jana, () => ({ keyring: none, keys: () => Promise.resolve([{ email: JANA, name: '', sealpass: false, records: [] }]) }), false);
  expect(await device.calls.keyring({ account: server.account(JANA).id, email: JANA })).toMatchObject({ state: 'none', reset: true });
  expect(await problem(device.calls.setUpSealPass({ sealPass: SEALPASS, language: 'en' }))).toEqual({ kind: 'distrusted', why: 'older' });
});

test('other records in the place of one\'s own are refused', async () => {
  const { person } = await attacker(JANA);
  const device = await lied(jana, (honest) => ({ keyring: async () => ({ ...(await honest.keyring()), records: person.records }) }), false);
  expect(await problem(device.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'distrusted', why: 'chain' });
  const none = await lied(jana, (honest) => ({ keyring: async () => ({ ...(await honest.keyring()), records: [] }) }), false);
  expect(await problem(none.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'distrusted', why: 'chain' });
});

test('a lock that is not kept as it was sent: the old one stays', async () => {
  const before = structuredClone(server.account(JANA).locks);
  const device = await lied(jana, () => ({ addLock: () => Promise.resolve({ id: 'x' }) }));
  expect(await problem(device.calls.changeSealPass({ old: SEALPASS, sealPass: 'another seal pass of hers', known: false }))).toEqual({ kind: 'distrusted', why: 'foreign' });
  expect(await problem(device.calls.makeKit({}))).toEqual({ kind: 'distrusted', why: 'foreign' });
  expect(server.account(JANA).locks).toEqual(before);
});

/* A5: a key swapped at registration, release, reset */

test('a key swapped at release: the words differ, and the key that was shown gets it or none', async () => {
  const { id } = await klinik.send({ to: [JANA] });
  const { device: mallory, person } = await attacker(JANA);
  const lie = (honest: KeyedApi): Partial<KeyedApi> => ({ waiting: async () => ({ ...(await honest.waiting()), people: [person] }) });
  const fooled = await lied(klinik, lie);
  const [shown, right] = [mallory.fingerprint, jana.fingerprint];
  await fooled.calls.waiting({});
  await klinik.calls.waiting({});
  const words = { ...(await fooled.calls.wordsOf({ fingerprints: [shown] })).words, ...(await klinik.calls.wordsOf({ fingerprints: [right] })).words };
  expect(words[shown]).not.toEqual(words[right]);
  // The page compared the right words; at the release the server puts another key there.
  const { refused } = await fooled.calls.release({ sealPass: SEALPASS, releases: [{ parcel: id, email: JANA, fingerprint: right, verified: 'words' }] });
  expect(refused).toMatchObject([{ why: 'changed' }]);
  for (const verified of ['no', 'pinned', 'code'] as const) {
    const { released } = await fooled.calls.release({ sealPass: SEALPASS, releases: [{ parcel: id, email: JANA, fingerprint: shown, verified }] });
    expect(released, `level 4 by ${verified}`).toEqual([]);
  }
  expect(calls(fooled)).not.toContain('release');
});

test('level 3 to a swapped key is possible without comparing, and stays labelled', async () => {
  const { id } = await klinik.send({ to: [JANA], level: 3 });
  const { device: mallory, person } = await attacker(JANA);
  const fooled = await lied(klinik, (honest) => ({
    waiting: async () => ({ ...(await honest.waiting()), people: [person] }), keys: () => Promise.resolve([person]),
  }));
  await fooled.calls.release({ sealPass: SEALPASS, releases: [{ parcel: id, email: JANA, fingerprint: mallory.fingerprint, verified: 'no' }] });
  expect(server.mine(JANA, id).verified).toBe('no');
  expect((await fooled.calls.keysOf({ emails: [JANA] })).people[0]?.key).toMatchObject({ trust: 'seen', upTo: 3 });
  // When the right key comes, that is the alarm.
  expect((await (await lied(klinik, () => ({}))).calls.keysOf({ emails: [JANA] })).people[0]?.key?.trust).toBe('changed');
});

test('a swapped key with a claim code: its tag is wrong, and nothing goes', async () => {
  const { id, codes } = await klinik.send({ to: [JANA], claimCode: 'confirm' });
  await jana.calls.enterClaimCode({ parcel: id, code: codes[JANA] ?? '' });
  const { device: mallory, person } = await attacker(JANA);
  const fooled = await lied(klinik, (honest) => ({ waiting: async () => ({ ...(await honest.waiting()), people: [person] }) }));
  expect((await fooled.calls.waiting({})).people[0]?.code.state).toBe('wrong');
  const { released, refused } = await fooled.calls.release({ sealPass: SEALPASS, releases: [{ parcel: id, email: JANA, fingerprint: mallory.fingerprint, verified: 'code' }] });
  expect([released, refused[0]?.why]).toEqual([[], 'code-wrong']);
});

test('an instant claim acknowledged for another key is not confirmed', async () => {
  const { id, codes } = await klinik.send({ to: [JANA], claimCode: 'instant' });
  await jana.calls.enterClaimCode({ parcel: id, code: codes[JANA] ?? '' });
  const { person } = await attacker(JANA);
  const right = server.mine(JANA, id).stanza;
  const lies: ((honest: KeyedApi) => Partial<KeyedApi>)[] = [
    (honest) => ({ waiting: async () => ({ ...(await honest.waiting()), people: [person] }) }),
    (honest) => ({
      async waiting() {
        const waiting = await honest.waiting();
        return { ...waiting, waiting: waiting.waiting.map((one) => ({ ...one, ack: toText(random(32)) })) };
      },
    }),
  ];
  for (const lie of lies) {
    const fooled = await lied(klinik, lie);
    expect((await fooled.calls.waiting({})).people[0]?.code.state).toBe('wrong');
    expect(calls(fooled)).not.toContain('release');
  }
  expect(server.mine(JANA, id).stanza).toBe(right);
});

test('a pinned key swapped while composing: nothing is sealed to it', async () => {
  await klinik.calls.trustKey({ email: JANA, fingerprint: jana.fingerprint, verified: 'words' });
  const { person } = await attacker(JANA);
  const cases: ApiPerson[] = [person, { ...person, account: toText(random(16)) }, { ...person, records: [...person.records, ...person.records] }, { ...person, records: [] }];
  for (const lie of cases) {
    const fooled = await lied(klinik, () => ({ keys: () => Promise.resolve([lie]) }));
    const before = server.parcels.size;
    for (const level of [3, 4]) expect(await problem(fooled.send({ to: [JANA], level }))).toEqual({ kind: 'key', why: 'changed', email: JANA });
    expect(server.parcels.size).toBe(before);
  }
});

test('a reset that nobody made: level 4 waits for words, level 3 for a release', async () => {
  await klinik.calls.trustKey({ email: JANA, fingerprint: jana.fingerprint, verified: 'words' });
  const ghost = new FakeServer();
  ghost.register(JANA, 'x');
  Object.assign(ghost.account(JANA), { id: server.account(JANA).id, records: structuredClone(server.account(JANA).records) });
  await new Device(ghost, JANA).withKeyring();
  const fooled = await lied(klinik, () => ({ keys: () => Promise.resolve([ghost.person(JANA)]) }));
  for (const level of [3, 4]) expect((await fooled.send({ to: [JANA], level })).waiting).toEqual([JANA]);
  expect(fooled.reports).toContainEqual({ kind: 'key-changed', email: JANA, trust: 'reset' });
});

/* A2: ghosts */

test('people whom nobody wrote to get no stanza', async () => {
  server.register('ghost@example.test', 'x');
  const ghost = await new Device(server, 'ghost@example.test').withKeyring();
  await klinik.calls.trustKey({ email: JANA, fingerprint: jana.fingerprint, verified: 'words' });
  const fooled = await lied(klinik, (honest) => ({ keys: async (emails) => [...(await honest.keys(emails)), server.person('ghost@example.test')] }));
  const { id } = await fooled.send({ to: [JANA] });
  expect(server.parcel(id).recipients.map(({ email }) => email)).toEqual([JANA]);
  // In the place of the one who was asked for: the alarm.
  const swapped = await lied(klinik, () => ({ keys: () => Promise.resolve([server.person('ghost@example.test')]) }));
  expect(await problem(swapped.send({ to: [JANA] }))).toEqual({ kind: 'key', why: 'changed', email: JANA });
  // A ghost in the waiting list is released to by nobody who did not ask for it.
  const { id: other } = await klinik.send({ to: ['somebody@example.test'] });
  server.parcel(other).recipients.push({ email: 'ghost@example.test' });
  await klinik.calls.release({ sealPass: SEALPASS, releases: [] });
  expect(server.mine('ghost@example.test', other).stanza).toBeUndefined();
  expect(await problem(ghost.open(other))).toEqual({ kind: 'code', code: 'waits_release' });
});

/* A delivery forged, changed or exchanged on its way to the recipient */

async function arrived(level = 4): Promise<string> {
  await klinik.calls.trustKey({ email: JANA, fingerprint: jana.fingerprint, verified: 'words' });
  return (await klinik.send({ to: [JANA], level, subject: 'CANARY', message: 'CANARY' })).id;
}

const opened = (device: Device, id: string): Promise<unknown> => problem(device.open(id));

test('a parcel forged in the sender\'s name is refused where he is pinned, and labelled where he is not', async () => {
  server.register('eva@example.test', 'x');
  const eva = await new Device(server, 'eva@example.test').withKeyring();
  const { device: mallory, person } = await attacker(KLINIK);
  for (const device of [jana, eva]) {
    forged.accounts.set(device.email, server.account(device.email));
    await mallory.calls.trustKey({ email: device.email, fingerprint: device.fingerprint, verified: 'words' });
  }
  const { id } = await mallory.send({ to: [JANA, eva.email] });
  server.parcels.set(id, forged.parcel(id));
  const lie = (honest: KeyedApi): Partial<KeyedApi> => ({
    delivery: async (parcel): Promise<ApiInboxDelivery> => ({ ...(await honest.delivery(parcel)), sender_records: person.records }),
  });
  expect((await (await lied(eva, lie)).open(id)).sender.trust).toBe('new');
  await jana.calls.trustKey({ email: KLINIK, fingerprint: klinik.fingerprint, verified: 'words' });
  expect(await opened(await lied(jana, lie), id)).toEqual({ kind: 'key', why: 'changed', email: KLINIK });
  expect(await opened(jana, id)).toEqual({ kind: 'code', code: 'sender_unknown_key' });
});

test('a forged release after a claim code: tag_A is missing or wrong', async () => {
  const { id, codes } = await klinik.send({ to: [JANA], claimCode: 'confirm' });
  await jana.calls.enterClaimCode({ parcel: id, code: codes[JANA] ?? '' });
  await klinik.release(id, JANA, 'code');
  const wrong = await lied(jana, (honest) => ({ delivery: async (parcel) => ({ ...(await honest.delivery(parcel)), tag_a: toText(random(32)) }) }));
  expect(await opened(wrong, id)).toEqual({ kind: 'distrusted', why: 'release' });
  const none = await lied(jana, (honest) => ({
    async delivery(parcel) {
      const { tag_a: _, ...rest } = await honest.delivery(parcel);
      return rest;
    },
  }));
  expect((await none.open(id)).sender.trust).toBe('new');
});

test('a stanza that the sender did not release opens nothing', async () => {
  const id = await arrived();
  const { own, header, hash } = server.parcel(id);
  const { openOwnParcel } = await import('../../src/vault/release-desk.ts');
  const parcel = await openOwnParcel(klinik.keyed.desk, { ...(own && { stanza: own }), header, manifest_hash: hash });
  if (parcel === undefined) throw new Error('it opens for its sender');
  // A co-recipient who knows the parcel's key works for the server.
  const { device: mallory } = await attacker(KLINIK);
  const stanza = await sealStanza(parcel.key, jana.keyed.desk.use().chain.current, { header: parseHeader(bytesOf(header)), hash: bytesOf(hash) });
  const { signingKey } = await import('../../src/seal/keyring.ts');
  for (const by of ['sender', 'opener'] as const) {
    const made = await release(stanza, by, await signingKey(mallory.keyed.desk.use().keyring), parcel.bound);
    server.mine(JANA, id).stanza = toText(writeReleased(made));
    expect(await opened(jana, id)).toEqual({ kind: 'code', code: 'signature_wrong' });
  }
});

test('stanzas, manifests, levels and senders exchanged between deliveries', async () => {
  const [one, two] = [await arrived(), await arrived(3)];
  const delivery = (change: Partial<ApiInboxDelivery>) => (honest: KeyedApi): Partial<KeyedApi> => ({ delivery: async (id) => ({ ...(await honest.delivery(id)), ...change }) });
  const stanza = await lied(jana, delivery({ stanza: server.mine(JANA, two).stanza ?? '' }));
  expect(await opened(stanza, one)).toEqual({ kind: 'code', code: 'authentication' });
  const manifest = await lied(jana, () => ({ open: () => Promise.resolve({ manifest: toText(server.parcel(two).manifest) }) }));
  expect(await opened(manifest, one)).toEqual({ kind: 'distrusted', why: 'foreign' });
  expect(await opened(await lied(jana, delivery({ level: 3 })), one)).toEqual({ kind: 'distrusted', why: 'foreign' });
  const sender = { name: 'Chef', email: 'chef@example.test' };
  expect(await opened(await lied(jana, delivery({ sender })), one)).toEqual({ kind: 'distrusted', why: 'sender' });
  expect(await opened(await lied(jana, delivery({ sender_records: [] })), one)).toEqual({ kind: 'code', code: 'record_chain' });
});

test('every changed byte is noticed: of stanza, manifest, body, lock and record', async () => {
  const id = await arrived();
  const flip = (text: string, at: number): string => {
    const bytes = bytesOf(text);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return toText(bytes);
  };
  const places = (length: number): number[] => [...new Set(Array.from({ length: 24 }, (_, at) => Math.floor((at * (length - 1)) / 23)))];
  const stanza = server.mine(JANA, id).stanza ?? '';
  for (const at of places(1287)) {
    server.mine(JANA, id).stanza = flip(stanza, at);
    expect(JSON.stringify(await opened(jana, id)), `stanza ${at}`).not.toContain('CANARY');
  }
  server.mine(JANA, id).stanza = stanza;
  const manifest = toText(server.parcel(id).manifest);
  for (const at of places(server.parcel(id).manifest.length)) {
    const device = await lied(jana, () => ({ open: () => Promise.resolve({ manifest: flip(manifest, at) }) }));
    expect(JSON.stringify(await opened(device, id)), `manifest ${at}`).not.toContain('CANARY');
  }
  const ring = await server.as(JANA).keyring();
  const [lock, record] = [ring.locks[0]?.bytes ?? '', ring.records[0] ?? ''];
  const lies: Partial<ApiKeyring>[] = [
    ...places(bytesOf(ring.body).length).map((at) => ({ body: flip(ring.body, at) })),
    ...places(120).map((at) => ({ locks: [{ id: 'x', kind: 1, bytes: flip(lock, at) }] })),
    ...places(1445).map((at) => ({ records: [flip(record, at)] })),
  ];
  for (const lie of lies) {
    const device = await lied(jana, (honest) => ({ keyring: async () => ({ ...(await honest.keyring()), ...lie }) }), false);
    await problem(device.calls.unlock({ sealPass: SEALPASS }));
    expect(device.keyed.desk.isOpen).toBe(false);
  }
});

test('another parcel in the place of the sender\'s own: nothing is released', async () => {
  const { id } = await klinik.send({ to: ['later@example.test'] });
  server.register('later@example.test', 'x');
  const later = await new Device(server, 'later@example.test').withKeyring();
  const { device: mallory } = await attacker(KLINIK);
  forged.register('later@example.test', 'x');
  const { id: theirs } = await mallory.send({ to: ['later@example.test'] });
  const [own, other] = [server.parcel(id), forged.parcel(theirs)];
  for (const lie of [{ stanza: other.own ?? '' }, { stanza: other.own ?? '', header: other.header, manifest_hash: other.hash }, { manifest_hash: other.hash }, { header: other.header }]) {
    const fooled = await lied(klinik, (honest) => ({
      async waiting() {
        const waiting = await honest.waiting();
        return { ...waiting, parcels: waiting.parcels.map((parcel) => ({ ...parcel, ...lie })) };
      },
    }));
    const { released, refused } = await fooled.calls.release({ sealPass: SEALPASS, releases: [{ parcel: id, email: 'later@example.test', fingerprint: later.fingerprint, verified: 'words' }] });
    expect([released, refused[0]?.why]).toEqual([[], 'refused']);
  }
  expect(own.recipients[0]?.stanza).toBeUndefined();
});

test('parts exchanged or changed on the way: not a byte is handed on', async () => {
  const sealedFile = async (text: string): Promise<{ object: SealedObject; bytes: Bytes }> => {
    const [id, key, plain] = [random(16), random(32), new TextEncoder().encode(text)];
    const stream = await fileStream(key, id, makeHeader(random));
    const { bytes, hash } = await sealPart(stream, sealedSize(plain.length), 0, roomOf(plain, sealedSize(plain.length), 0));
    return { object: { id, key, size: plain.length, parts: [hash] }, bytes };
  };
  const [one, two] = [await sealedFile('CANARY one'), await sealedFile('CANARY two')];
  const files = [one, two].map(({ object }, at) => ({ name: `${at}.txt`, type: 'text/plain', size: object.size, contents: { kind: 'own' as const, object } }));
  const letter = new Letter({ created: 0, sender: { address: KLINIK }, files, packs: [] });
  const changed = one.bytes.slice();
  changed[50] = (changed[50] ?? 0) ^ 1;
  const source = { token: 't', signal: new AbortController().signal, waiting: () => undefined };
  const read = async (served: Bytes): Promise<string> => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(served, { status: 206 })));
    let out = '';
    for await (const pieces of letter.read(0, source)) for (const piece of pieces) out += new TextDecoder().decode(piece);
    return out;
  };
  try {
    expect(await read(one.bytes)).toBe('CANARY one');
    for (const served of [two.bytes, changed]) expect(await problem(read(served))).toEqual({ kind: 'code', code: 'part_hash' });
  } finally {
    vi.unstubAllGlobals();
  }
});
