/** The SealPass and the keyring behind it, over a server that is honest. */
import { beforeEach, expect, test, vi } from 'vitest';
import { ApiProblem } from '../../src/api/port.ts';
import { IDLE } from '../../src/vault/keyring-desk.ts';
import { Device, problem, SEALPASS } from './support/device.ts';
import { FakeServer } from './support/server.ts';

const NEXT = 'another seal pass, long enough';
vi.mock('hash-wasm', () => import('./support/quick-argon2.ts'));

let server: FakeServer;
let jana: Device;

beforeEach(() => {
  server = new FakeServer();
  server.register('jana@klinik.example', 'login password of Jana');
  jana = new Device(server, 'jana@klinik.example');
});

test('it is set up, locked and unlocked again; the server never sees it', async () => {
  expect((await (await jana.here()).calls.keyring({ account: server.account(jana.email).id, email: jana.email })).state).toBe('none');
  const made = await jana.calls.setUpSealPass({ sealPass: SEALPASS, language: 'de' });
  expect(made).toMatchObject({ state: 'open', version: 1, kit: false });
  expect((await jana.calls.lock({})).state).toBe('locked');
  expect(() => jana.keyed.desk.use()).toThrow();
  expect(await problem(jana.calls.unlock({ sealPass: `${SEALPASS}!` }))).toEqual({ kind: 'sealpass', why: 'wrong' });
  expect(await jana.calls.unlock({ sealPass: SEALPASS })).toEqual(made);
  expect(JSON.stringify(server.log)).not.toContain(SEALPASS);
});

test('the login password, and what is short, is no SealPass', async () => {
  await jana.here();
  expect(await problem(jana.calls.setUpSealPass({ sealPass: 'login password of Jana', language: 'de' }))).toEqual({ kind: 'sealpass', why: 'login-password' });
  expect(await problem(jana.calls.setUpSealPass({ sealPass: 'elf Zeichen', language: 'de' }))).toEqual({ kind: 'sealpass', why: 'short' });
  expect(server.log.map(({ call }) => call).filter((call) => call !== 'keyring' && call !== 'keys')).toEqual([]);
  await jana.calls.setUpSealPass({ sealPass: SEALPASS, language: 'de' });
  expect(await problem(jana.calls.changeSealPass({ old: SEALPASS, sealPass: 'login password of Jana', known: false }))).toEqual({ kind: 'sealpass', why: 'login-password' });
  expect(await problem(jana.calls.setUpSealPass({ sealPass: NEXT, language: 'de' }))).toEqual({ kind: 'code', code: 'sealpass_exists' });
});

test('composed and decomposed letters are one SealPass', async () => {
  await jana.withKeyring('Schlüsselbund für Jana');
  expect((await jana.calls.unlock({ sealPass: 'Schlüsselbund für Jana'.normalize('NFD') })).state).toBe('open');
});

test('nobody uses it for ten minutes: it is locked, and the page hears it', async () => {
  await jana.withKeyring();
  await jana.calls.lock({});
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await jana.calls.unlock({ sealPass: SEALPASS });
    vi.advanceTimersByTime(IDLE - 1);
    jana.keyed.desk.use();
    vi.advanceTimersByTime(IDLE - 1);
    expect(jana.reports).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(jana.reports).toEqual([{ kind: 'locked' }]);
    expect(await problem(jana.calls.makeKit({}))).toEqual({ kind: 'locked' });
  } finally {
    vi.useRealTimers();
  }
});

test('it is changed: the new one opens, the old one does not, the keys are the same', async () => {
  await jana.withKeyring();
  const before = jana.fingerprint;
  expect(await problem(jana.calls.changeSealPass({ old: NEXT, sealPass: NEXT, known: false }))).toEqual({ kind: 'sealpass', why: 'wrong' });
  await jana.calls.changeSealPass({ old: SEALPASS, sealPass: NEXT, known: false });
  expect(server.account(jana.email).locks).toHaveLength(1);
  const phone = await new Device(server, jana.email).here();
  expect(await problem(phone.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'sealpass', why: 'wrong' });
  await phone.calls.unlock({ sealPass: NEXT });
  expect(phone.fingerprint).toBe(before);
});

test('two devices that change the SealPass at once: both new ones open, the old one does not', async () => {
  await jana.withKeyring();
  const third = 'yet another one, long enough too';
  // The phone adds its lock after the laptop has looked, and before the laptop takes the old one away.
  const phone = await new Device(server, jana.email).here();
  const api = server.as(jana.email);
  const laptop = await new Device(server, jana.email, {
    ...api,
    addLock: async (lock) => {
      await phone.calls.changeSealPass({ old: SEALPASS, sealPass: third, known: false });
      return api.addLock(lock);
    },
  }).here();
  await laptop.calls.changeSealPass({ old: SEALPASS, sealPass: NEXT, known: false });
  for (const sealPass of [NEXT, third]) expect((await (await new Device(server, jana.email).here()).calls.unlock({ sealPass })).state).toBe('open');
  expect(await problem((await new Device(server, jana.email).here()).calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'sealpass', why: 'wrong' });
});

test('a change that stopped half-way and was made again: the next one ends both locks', async () => {
  await jana.withKeyring();
  const api = server.as(jana.email);
  const broken = await new Device(server, jana.email, { ...api, removeLock: () => Promise.reject(new ApiProblem({ code: 'offline', status: 0 })) }).here();
  expect(await problem(broken.calls.changeSealPass({ old: SEALPASS, sealPass: NEXT, known: false }))).toEqual({ kind: 'code', code: 'offline' });
  await jana.calls.changeSealPass({ old: SEALPASS, sealPass: NEXT, known: false });
  expect(server.account(jana.email).locks).toHaveLength(2);
  await jana.calls.changeSealPass({ old: NEXT, sealPass: 'yet another one, long enough too', known: false });
  expect(server.account(jana.email).locks).toHaveLength(1);
});

test('somebody may know it: the master key is new, so an old lock opens nothing any more', async () => {
  await jana.withKeyring();
  await jana.calls.makeKit({});
  const stolen = structuredClone(server.account(jana.email).locks);
  await jana.calls.changeSealPass({ old: SEALPASS, sealPass: NEXT, known: true });
  expect(server.account(jana.email).locks.map(({ kind }) => kind)).toEqual([1]);
  expect(await jana.calls.keyring({ account: server.account(jana.email).id, email: jana.email })).toMatchObject({ state: 'open', version: 2, kit: false });
  server.account(jana.email).locks = stolen;
  const thief = await new Device(server, jana.email).here();
  expect(await problem(thief.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'code', code: 'authentication' });
});

test('the kit brings everything back, with a new SealPass', async () => {
  await jana.withKeyring();
  const first = await jana.calls.makeKit({});
  const kit = await jana.calls.makeKit({});
  expect([first.number, kit.number]).toEqual([1, 2]);
  expect(kit.code).toMatch(/^([A-Z2-7]{4}-){8}[A-Z2-7]$/);
  const phone = await new Device(server, jana.email).here();
  expect(await problem(phone.calls.recover({ kit: `${kit.code.slice(0, -1)}?`, sealPass: NEXT }))).toEqual({ kind: 'kit', why: 'mistyped' });
  expect(await problem(phone.calls.recover({ kit: first.code, sealPass: NEXT }))).toEqual({ kind: 'kit', why: 'wrong' });
  expect((await phone.calls.recover({ kit: kit.code.toLowerCase().replaceAll('-', ' '), sealPass: NEXT })).state).toBe('open');
  expect(phone.fingerprint).toBe(jana.fingerprint);
  expect(server.account(jana.email).locks.map(({ kind }) => kind).sort()).toEqual([1, 2]);
  const again = await new Device(server, jana.email).here();
  expect(await problem(again.calls.unlock({ sealPass: SEALPASS }))).toEqual({ kind: 'sealpass', why: 'wrong' });
  await again.calls.unlock({ sealPass: NEXT });
});

test('two devices that change the keyring at once lose nothing', async () => {
  await jana.withKeyring();
  const phone = await new Device(server, jana.email).unlocked();
  for (const email of ['a@b.example', 'c@d.example']) server.register(email, 'x');
  const [a, c] = await Promise.all(['a@b.example', 'c@d.example'].map((email) => new Device(server, email).withKeyring()));
  await Promise.all([
    jana.calls.trustKey({ email: 'a@b.example', fingerprint: a?.fingerprint ?? '', verified: 'words' }),
    phone.calls.trustKey({ email: 'c@d.example', fingerprint: c?.fingerprint ?? '', verified: 'words' }),
  ]);
  const third = await new Device(server, jana.email).unlocked();
  const { contacts } = await third.calls.contacts({});
  expect(contacts.map(({ email, key }) => [email, key?.trust])).toEqual([['a@b.example', 'verified'], ['c@d.example', 'verified']]);
});

test('what another device has changed is taken in; under a new master key the SealPass is asked for again', async () => {
  await jana.withKeyring();
  const phone = await new Device(server, jana.email).unlocked();
  server.register('a@b.example', 'x');
  const other = await new Device(server, 'a@b.example').withKeyring();
  await phone.calls.trustKey({ email: 'a@b.example', fingerprint: other.fingerprint, verified: 'words' });
  await jana.calls.keyring({ account: server.account(jana.email).id, email: jana.email });
  expect((await jana.calls.keysOf({ emails: ['a@b.example'] })).people[0]?.key?.trust).toBe('verified');
  await phone.calls.changeSealPass({ old: SEALPASS, sealPass: NEXT, known: true });
  expect((await jana.calls.keyring({ account: server.account(jana.email).id, email: jana.email })).state).toBe('locked');
  expect((await jana.calls.unlock({ sealPass: NEXT })).state).toBe('open');
});

test('a set-up that stopped half-way is done again', async () => {
  const api = server.as(jana.email);
  const broken = await new Device(server, jana.email, { ...api, putKeyring: () => Promise.reject(new ApiProblem({ code: 'offline', status: 0 })) }).here();
  expect(await problem(broken.calls.setUpSealPass({ sealPass: SEALPASS, language: 'cs' }))).toEqual({ kind: 'code', code: 'offline' });
  expect((await jana.withKeyring()).keyed.desk.isOpen).toBe(true);
});

test('a browser that has never seen the keyring is told of its reset as well, before the new one and after', async () => {
  await jana.withKeyring();
  server.reset(jana.email);
  const { id } = server.account(jana.email);
  const phone = new Device(server, jana.email);
  expect(await phone.calls.keyring({ account: id, email: jana.email })).toMatchObject({ state: 'none', reset: true });
  await phone.calls.setUpSealPass({ sealPass: NEXT, language: 'en' });
  expect(await new Device(server, jana.email).calls.keyring({ account: id, email: jana.email })).toMatchObject({ state: 'locked', reset: true });
  server.register('eva@klinik.example', 'login password of Eva');
  const eva = new Device(server, 'eva@klinik.example');
  expect(await eva.calls.keyring({ account: server.account(eva.email).id, email: eva.email })).toMatchObject({ state: 'none', reset: false });
  await eva.withKeyring();
  expect(await eva.calls.keyring({ account: server.account(eva.email).id, email: eva.email })).toMatchObject({ state: 'open', reset: false });
});

test('after a reset a new keyring says so in its record, and is a version higher than any before', async () => {
  await jana.withKeyring();
  server.reset(jana.email);
  expect(await jana.calls.keyring({ account: server.account(jana.email).id, email: jana.email })).toMatchObject({ state: 'none', reset: true });
  const state = await jana.calls.setUpSealPass({ sealPass: NEXT, language: 'en' });
  expect(state.version).toBeGreaterThan(1);
  expect(jana.keyed.desk.use().chain.current).toMatchObject({ epoch: 2, reset: true });
});
