/** Drafts sealed to the keyring: read on another device, by nobody else, and taken over by whole file objects. */
import { beforeEach, expect, test, vi } from 'vitest';
import { toText } from '../../src/seal/format.ts';
import { random } from '../../src/seal/primitives.ts';
import { makeObject, makeParcelId, type DraftRecord } from '../../src/vault/draft-record.ts';
import { Device, problem, SEALPASS } from './support/device.ts';
import { FakeServer } from './support/server.ts';

vi.mock('hash-wasm', () => import('./support/quick-argon2.ts'));

const JANA = 'jana@example.test';
let server: FakeServer;
let jana: Device;
let record: DraftRecord;

beforeEach(async () => {
  server = new FakeServer();
  server.register(JANA, 'a');
  jana = await new Device(server, JANA).withKeyring();
  const files = [1, 2].map((id) => ({ id: String(id), name: `${id}.pdf`, size: 5, mtime: 0, at: { root: 'r', path: [] } }));
  record = {
    parcel: makeParcelId(), key: random(32), account: server.account(JANA).id, level: 4, created: 7, files,
    objects: files.map((file) => makeObject([file], false)), links: [],
    form: { people: [], subject: 'CANARY', message: '', level: 4, options: { days: '', limit: '', password: '', mailedCode: false, notify: false, passOn: false, language: 'de' } },
  };
});

test('another device of the sender goes on with what is finished; the rest gets new ids and keys', async () => {
  const [finished, begun] = record.objects;
  const sealed = await jana.keyed.goingOn.seal({ record, hashes: new Map([[toText(finished?.id ?? random(1)), [random(32)]]]) });
  expect(new TextDecoder('latin1').decode(sealed)).not.toContain('CANARY');
  await jana.keyed.goingOn.put(record.parcel, sealed ?? random(1));
  const phone = await new Device(server, JANA).unlocked();
  const [seen] = await phone.keyed.goingOn.elsewhere(new Set());
  expect(seen?.record.form.subject).toBe('CANARY');
  expect(await phone.keyed.goingOn.elsewhere(new Set([record.parcel]))).toEqual([]);
  const taken = await phone.keyed.goingOn.take(record.parcel);
  expect(taken?.record.key).toEqual(record.key);
  expect(taken?.record.objects[0]).toEqual(finished);
  for (const part of ['id', 'key', 'header'] as const) expect(taken?.record.objects[1]?.[part]).not.toEqual(begun?.[part]);
  expect(taken?.record.files.map(({ at }) => at)).toEqual([undefined, undefined]);
});

test('while the keyring is closed nothing is sealed or read; a draft under way keeps its own key', async () => {
  const under = await jana.keyed.goingOn.seal({ record, hashes: new Map() });
  await jana.calls.lock({});
  expect(await jana.keyed.goingOn.seal({ record, hashes: new Map() })).toBeDefined();
  expect(await jana.keyed.goingOn.seal({ record: { ...record, parcel: makeParcelId() }, hashes: new Map() })).toBeUndefined();
  const phone = await new Device(server, JANA).here();
  expect(await phone.keyed.goingOn.open(record.parcel, under ?? random(1))).toBeUndefined();
  expect(await problem(phone.keyed.goingOn.elsewhere(new Set()))).toEqual({ kind: 'locked' });
});

test('another parcel\'s record, and a changed one, are refused', async () => {
  const sealed = (await jana.keyed.goingOn.seal({ record, hashes: new Map() })) ?? random(1);
  expect(await problem(jana.keyed.goingOn.open(makeParcelId(), sealed))).toEqual({ kind: 'code', code: 'draft_parcel' });
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
  expect(await problem(jana.keyed.goingOn.open(record.parcel, sealed))).toEqual({ kind: 'code', code: 'authentication' });
});

test('a record from before the keyring was sealed anew is passed over', async () => {
  const sealed = await jana.keyed.goingOn.seal({ record, hashes: new Map() });
  await jana.keyed.goingOn.put(record.parcel, sealed ?? random(1));
  expect(await jana.keyed.goingOn.away(new Set())).toEqual([record.parcel]);
  expect(await jana.keyed.goingOn.elsewhere(new Set())).toHaveLength(1);
  const fresh = 'another seal pass of hers';
  await jana.calls.changeSealPass({ old: SEALPASS, sealPass: fresh, known: true });
  const phone = await new Device(server, JANA).unlocked(fresh);
  expect(await phone.keyed.goingOn.elsewhere(new Set())).toEqual([]);
});
