/** What the vault keeps in this browser: drafts of level 3 and 4 only sealed to the keyring, the newest keyring seen, codes entered. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toText } from '../../src/seal/format.ts';
import { random, sha256 } from '../../src/seal/primitives.ts';
import { done, Database } from '../../src/vault/database.ts';
import { makeObject } from '../../src/vault/draft-record.ts';
import { Draft } from '../../src/vault/draft.ts';
import type { Form } from '../../src/vault/member-protocol.ts';
import { claimStore, seenStore } from '../../src/vault/seen.ts';
import { draftsElsewhere, takeDraft } from '../../src/vault/take-draft.ts';
import { Device } from '../both/support/device.ts';
import { FakeServer } from '../both/support/server.ts';

vi.mock('hash-wasm', () => import('../both/support/quick-argon2.ts'));

const JANA = 'jana@example.test';
let server: FakeServer;
let jana: Device;
let account: string;
const open: Draft[] = [];
const raw = new Database('depesche-drafts', ['records', 'parts', 'roots']);

const form = (level: number): Form => ({
  people: [], subject: 'CANARY', message: 'CANARY', level,
  options: { days: '', limit: '', password: '', mailedCode: false, notify: false, passOn: false, language: 'de' },
});

beforeEach(async () => {
  server = new FakeServer();
  account = server.register(JANA, 'a').id;
  jana = await new Device(server, JANA).withKeyring();
});
afterEach(() => { for (const draft of open.splice(0)) draft.close(); });

async function begin(device: Device, level: number): Promise<Draft> {
  const draft = await Draft.begin(account, form(level), device.keyed.goingOn);
  open.push(draft);
  draft.record.files.push({ id: '1', name: 'a.pdf', size: 3, mtime: 0 });
  await draft.addObject(makeObject(draft.record.files, false));
  return draft;
}

const kept = async (parcel: string): Promise<{ keyed?: string } | undefined> =>
  (await done((await raw.read('records')).get(parcel))) as { keyed?: string } | undefined;

for (const level of [3, 4]) {
  test(`a draft of level ${level} can be read only with the open keyring`, async () => {
    const draft = await begin(jana, level);
    expect(await kept(draft.record.parcel)).toMatchObject({ keyed: account });
    draft.close();
    const reloaded = await new Device(server, JANA).here();
    expect(await Draft.find(account, reloaded.keyed.goingOn)).toEqual({ draft: undefined, elsewhere: false, locked: true });
    await reloaded.unlocked();
    const found = await Draft.find(account, reloaded.keyed.goingOn);
    expect(found.draft?.record.key).toEqual(draft.record.key);
    await found.draft?.setPosted(Date.now() + 1000);
    expect(await kept(draft.record.parcel)).toBeUndefined();
  });
}

test('while the keyring is closed nothing of a draft of level 4 is kept', async () => {
  await jana.calls.lock({});
  const draft = await begin(jana, 4);
  expect(await kept(draft.record.parcel)).toBeUndefined();
  await jana.calls.unlock({ sealPass: 'correct horse battery staple' });
  await draft.save();
  expect(await kept(draft.record.parcel)).toMatchObject({ keyed: account });
  await draft.discard();
});

test('a draft of level 1 is kept as before, and is the browser\'s own', async () => {
  await jana.calls.lock({});
  const draft = await begin(jana, 1);
  expect((await kept(draft.record.parcel))?.keyed).toBeUndefined();
  draft.close();
  const found = await Draft.find(account, jana.keyed.goingOn);
  expect(found.draft?.record.parcel).toBe(draft.record.parcel);
  await found.draft?.discard();
});

test('another device of the sender takes it over, with the hashes of what is finished', async () => {
  const draft = await begin(jana, 4);
  const [object] = draft.record.objects;
  if (object === undefined) throw new Error('there is one');
  await draft.note(object, 0, random(32));
  await vi.waitFor(() => { expect(server.drafts.has(draft.record.parcel)).toBe(true); });
  await draft.save();
  const [parcel, key] = [draft.record.parcel, draft.record.key];
  await draft.discard();
  const phone = await new Device(server, JANA).unlocked();
  expect(await draftsElsewhere(phone.keyed)).toMatchObject({ drafts: [{ parcel, level: 4, subject: 'CANARY' }], locked: false });
  await takeDraft(parcel, phone.keyed);
  const found = await Draft.find(account, phone.keyed.goingOn);
  expect(found.draft?.record.key).toEqual(key);
  expect(found.draft?.hashes(object)).toHaveLength(1);
  expect(await draftsElsewhere(phone.keyed)).toEqual({ drafts: [], locked: false });
  await found.draft?.discard();
});

test('the newest keyring that was seen is never forgotten for an older one', async () => {
  const [one, two] = [{ generation: 1, body: random(32) }, { generation: 2, body: random(32) }];
  expect(await seenStore.get(account)).toBeUndefined();
  await seenStore.set(account, two);
  await seenStore.set(account, one);
  expect(await seenStore.get(account)).toEqual(two);
});

test('a code that was entered is kept for this account and delivery alone, and not readable', async () => {
  const key = await sha256(random(4));
  await claimStore.set(account, 'parcel', key);
  expect(await claimStore.get(account, 'parcel')).toEqual(key);
  expect(await claimStore.get(account, 'other')).toBeUndefined();
  const database = new Database('depesche-keyring', ['seen', 'claims']);
  const stored = (await done((await database.read('claims')).get([account, 'parcel']))) as { sealed: Uint8Array };
  expect(toText(stored.sealed)).not.toContain(toText(key));
});
