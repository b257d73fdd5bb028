/** Levels 3 and 4 from posting to opening, over a server that is honest: releases, words, codes, pins, replies. */
import { beforeEach, expect, test, vi } from 'vitest';
import { sealRecord, writeRecord } from '../../src/seal/link.ts';
import { parseManifest } from '../../src/seal/parcel.ts';
import { random } from '../../src/seal/primitives.ts';
import { fragment } from '../../src/seal/link-text.ts';
import { toText } from '../../src/seal/format.ts';
import { Device, problem, SEALPASS } from './support/device.ts';
import { FakeServer } from './support/server.ts';

vi.mock('hash-wasm', () => import('./support/quick-argon2.ts'));

const KLINIK = 'klinik@example.test';
const JANA = 'Jana@Example.test';
let server: FakeServer;
let klinik: Device;
let jana: Device;

beforeEach(async () => {
  server = new FakeServer();
  server.register(KLINIK, 'a', 'Klinik');
  server.register(JANA, 'b', 'Jana');
  klinik = await new Device(server, KLINIK).withKeyring(SEALPASS, 'de');
  jana = new Device(server, JANA);
});

test('level 4 to somebody without a keyring: waits, words, release, open, reply', async () => {
  const sent = await klinik.send({ to: [JANA], subject: 'Befund', message: 'Vertraulich.' });
  expect(sent.waiting).toEqual([JANA]);
  expect((await klinik.calls.waiting({})).people).toEqual([]);
  await jana.withKeyring(SEALPASS, 'cs');
  expect(await problem(jana.open(sent.id))).toEqual({ kind: 'code', code: 'waits_release' });
  const { people: [waits] } = await klinik.calls.waiting({});
  expect(waits).toMatchObject({ level: 4, trust: 'new', fingerprint: jana.fingerprint, subject: undefined, code: { state: 'none' }, releasable: true });
  // What she reads out is what the clinic sees.
  const [hers, theirs] = [await jana.calls.wordsOf({ fingerprints: [jana.fingerprint] }), await klinik.calls.wordsOf({ fingerprints: [jana.fingerprint] })];
  expect(hers.words[jana.fingerprint]).toHaveLength(6);
  expect(theirs).toEqual(hers);
  const { released } = await klinik.release(sent.id, JANA, 'words');
  expect(released).toHaveLength(1);
  const opened = await jana.open(sent.id);
  expect(opened).toMatchObject({ level: 4, subject: 'Befund', message: 'Vertraulich.', by: 'sender', sender: { email: KLINIK, trust: 'new' } });
  expect((await jana.open(sent.id)).sender.trust).toBe('seen');

  const answer = await jana.send({ to: [KLINIK], message: 'Danke.', inReplyTo: { parcel: sent.id, level: 4 } });
  expect(answer.waiting).toEqual([]);
  expect(server.mine(KLINIK, answer.id).verified).toBe('reply');
  // The clinic compared her words, so she is known to it.
  expect(await klinik.open(answer.id)).toMatchObject({ message: 'Danke.', sender: { trust: 'verified' }, inReplyTo: { parcel: sent.id, level: 4 } });
});

test('a verified key gets a stanza at once; level 4 to a merely seen one waits, level 3 does not', async () => {
  await jana.withKeyring();
  const first = await klinik.send({ to: [JANA], level: 3 });
  expect(first.waiting).toEqual([JANA]);
  await klinik.release(first.id, JANA, 'no');
  expect((await klinik.calls.keysOf({ emails: [JANA] })).people[0]?.key).toMatchObject({ trust: 'seen', upTo: 3 });
  expect((await klinik.send({ to: [JANA], level: 3 })).waiting).toEqual([]);
  expect((await klinik.send({ to: [JANA], level: 4 })).waiting).toEqual([JANA]);
  await klinik.calls.trustKey({ email: JANA, fingerprint: jana.fingerprint, verified: 'words' });
  const last = await klinik.send({ to: [JANA], level: 4 });
  expect(last.waiting).toEqual([]);
  expect(server.mine(JANA, last.id).verified).toBe('pinned');
  expect((await jana.open(last.id)).subject).toBe('Befund');
});

test('without comparing nothing is released at level 4', async () => {
  const { id } = await klinik.send({ to: [JANA] });
  await jana.withKeyring();
  expect((await klinik.release(id, JANA, 'no')).refused).toMatchObject([{ why: 'unverified' }]);
  expect((await klinik.release(id, JANA, 'pinned')).refused).toMatchObject([{ why: 'unverified' }]);
  expect(server.mine(JANA, id).stanza).toBeUndefined();
});

test('what happened between the look and the release is said as it was: withdrawn, removed, released elsewhere, reset', async () => {
  await jana.withKeyring();
  const ask = async (meanwhile: (id: string) => unknown): Promise<string | undefined> => {
    const { id } = await klinik.send({ to: [JANA], level: 4 });
    await meanwhile(id);
    const { refused } = await klinik.calls.release({ sealPass: SEALPASS, releases: [{ parcel: id, email: JANA, fingerprint: jana.fingerprint, verified: 'words' }] });
    return refused[0]?.why;
  };
  expect(await ask((id) => { server.parcel(id).withdrawn = true; })).toBe('closed');
  expect(await ask((id) => { server.parcel(id).recipients = []; })).toBe('gone');
  expect(await ask(async (id) => { await (await new Device(server, KLINIK).here()).release(id, JANA, 'words'); })).toBe('done');
  expect(await ask(() => { server.reset(JANA); })).toBe('changed');
});

test('a wrong SealPass releases nothing', async () => {
  const { id } = await klinik.send({ to: [JANA] });
  await jana.withKeyring();
  expect(await problem(klinik.release(id, JANA, 'words', 'not the SealPass'))).toEqual({ kind: 'sealpass', why: 'wrong' });
  expect(server.mine(JANA, id).stanza).toBeUndefined();
});

test('released from another device of the sender, which knows the claim code too', async () => {
  const { id, codes } = await klinik.send({ to: [JANA], claimCode: 'confirm' });
  const phone = await new Device(server, KLINIK).unlocked();
  const { deriveCode } = await import('../../src/seal/release.ts');
  const { keyring } = phone.keyed.desk.use();
  expect(await deriveCode(keyring.claimSeed, parsed(id), 'jana@example.test', 0, 'confirm', 'de')).toBe(codes[JANA]);
  await jana.withKeyring();
  await jana.calls.enterClaimCode({ parcel: id, code: codes[JANA] ?? '' });
  await phone.release(id, JANA, 'code');
  expect((await jana.open(id)).subject).toBe('Befund');
});

test('claim code to be confirmed: both sides are verified by it', async () => {
  const { id, codes } = await klinik.send({ to: [JANA], claimCode: 'confirm' });
  const code = codes[JANA] ?? '';
  expect(code.split('-').length).toBeGreaterThanOrEqual(4);
  await jana.withKeyring();
  expect(await problem(jana.calls.enterClaimCode({ parcel: id, code: 'kein kein kein wort' }))).toEqual({ kind: 'claim-code', why: 'mistyped' });
  expect(await jana.calls.enterClaimCode({ parcel: id, code: ` ${code.replaceAll('-', '  ').toUpperCase()} ` })).toEqual({ state: 'waits' });
  const { people: [waits] } = await klinik.calls.waiting({});
  expect(waits?.code).toEqual({ state: 'right', triesLeft: 3 });
  expect((await klinik.release(id, JANA, 'code')).released).toMatchObject([{ verified: 'code' }]);
  expect((await jana.open(id)).sender.trust).toBe('verified');
  expect((await klinik.calls.keysOf({ emails: [JANA] })).people[0]?.key?.trust).toBe('verified');
  // Now she may send at level 4 at once, too.
  expect((await jana.send({ to: [KLINIK] })).waiting).toEqual([]);
});

test('a wrong code: the sender is told, nothing is released by it, a try is lost', async () => {
  const { id } = await klinik.send({ to: [JANA], claimCode: 'confirm' });
  const other = await klinik.send({ to: [JANA], claimCode: 'confirm' });
  await jana.withKeyring();
  await jana.calls.enterClaimCode({ parcel: id, code: other.codes[JANA] ?? '' });
  const { people } = await klinik.calls.waiting({});
  expect(people.find(({ parcel }) => parcel === id)?.code).toEqual({ state: 'wrong', triesLeft: 2 });
  expect((await klinik.release(id, JANA, 'code')).refused).toMatchObject([{ why: 'code-wrong' }]);
  expect(server.mine(JANA, id)).toMatchObject({ code: { tries: 2 } });
  expect(server.mine(JANA, id).stanza).toBeUndefined();
});

test('the same wrong code once more is told as well, and looks at the same time cost one try', async () => {
  const { id } = await klinik.send({ to: [JANA], claimCode: 'confirm' });
  const wrong = (await klinik.send({ to: [JANA], claimCode: 'confirm' })).codes[JANA] ?? '';
  await jana.withKeyring();
  for (const left of [2, 1, 0]) {
    await jana.calls.enterClaimCode({ parcel: id, code: wrong });
    await Promise.all([klinik.calls.waiting({}), klinik.calls.waiting({})]);
    expect(server.mine(JANA, id).code).toMatchObject({ tries: left, wrong: true });
    expect(server.mine(JANA, id).tag_b).toBeUndefined();
  }
});

test('instant code: opens at once, and the client of the sender releases when it next looks', async () => {
  const { id, codes } = await klinik.send({ to: [JANA], claimCode: 'instant' });
  await jana.withKeyring();
  const wrong = (await klinik.send({ to: [JANA], claimCode: 'instant' })).codes[JANA] ?? '';
  expect(await problem(jana.calls.enterClaimCode({ parcel: id, code: wrong }))).toEqual({ kind: 'claim-code', why: 'wrong' });
  expect(await jana.calls.enterClaimCode({ parcel: id, code: codes[JANA] ?? '' })).toEqual({ state: 'ready' });
  expect(await jana.open(id)).toMatchObject({ subject: 'Befund', by: 'self', sender: { trust: 'verified' } });
  const { people } = await klinik.calls.waiting({});
  expect(people.find(({ parcel }) => parcel === id)).toBeUndefined();
  expect(server.mine(JANA, id).verified).toBe('code');
  expect(await jana.open(id)).toMatchObject({ by: 'sender', sender: { trust: 'verified' } });
});

test('a changed key is an alarm: nothing goes to it before words are compared', async () => {
  await jana.withKeyring();
  await klinik.calls.trustKey({ email: JANA, fingerprint: jana.fingerprint, verified: 'words' });
  const impostor = new FakeServer();
  impostor.register(JANA, 'x');
  const theirs = await new Device(impostor, JANA).withKeyring();
  Object.assign(server.account(JANA), { id: impostor.account(JANA).id, records: impostor.account(JANA).records });
  expect((await klinik.calls.keysOf({ emails: [JANA] })).people[0]?.key).toMatchObject({ trust: 'changed', upTo: 2 });
  expect(klinik.reports).toContainEqual({ kind: 'key-changed', email: JANA, trust: 'changed' });
  for (const level of [3, 4]) expect(await problem(klinik.send({ to: [JANA], level }))).toEqual({ kind: 'key', why: 'changed', email: JANA });
  expect(await problem(klinik.calls.trustKey({ email: JANA, fingerprint: theirs.fingerprint, verified: 'no' }))).toMatchObject({ kind: 'key', why: 'changed' });
  await klinik.calls.trustKey({ email: JANA, fingerprint: theirs.fingerprint, verified: 'words' });
  expect((await klinik.send({ to: [JANA] })).waiting).toEqual([]);
});

test('after a reset it is said so, and what was sent is provided again', async () => {
  await jana.withKeyring();
  await klinik.calls.trustKey({ email: JANA, fingerprint: jana.fingerprint, verified: 'words' });
  const { id } = await klinik.send({ to: [JANA] });
  server.reset(JANA);
  const anew = await new Device(server, JANA).withKeyring('her second SealPass');
  expect(await problem(anew.open(id))).toEqual({ kind: 'code', code: 'waits_release' });
  const { people: [waits] } = await klinik.calls.waiting({});
  expect(waits).toMatchObject({ trust: 'reset', fingerprint: anew.fingerprint });
  expect((await klinik.release(id, JANA, 'pinned')).refused).toMatchObject([{ why: 'unverified' }]);
  await klinik.release(id, JANA, 'words');
  expect((await anew.open(id)).subject).toBe('Befund');
});

test('a renewed key, which the pinned one signed, is as good, and is told once', async () => {
  await jana.withKeyring();
  await klinik.calls.trustKey({ email: JANA, fingerprint: jana.fingerprint, verified: 'words' });
  const { rotate } = await import('../../src/seal/keyring.ts');
  const { recordToWire } = await import('../../src/vault/keyed-wire.ts');
  const { keyring, chain } = jana.keyed.desk.use();
  const next = await rotate(keyring, { signatureSeed: random(32), kemSeed: random(32), claimSeed: random(32) }, chain.current, 1, 'en');
  server.account(JANA).records.push(recordToWire(next.record));
  expect((await klinik.calls.keysOf({ emails: [JANA] })).people[0]?.key).toMatchObject({ trust: 'renewed', upTo: 4 });
  expect((await klinik.calls.keysOf({ emails: [JANA] })).people[0]?.key).toMatchObject({ trust: 'verified', epoch: 2 });
  expect(klinik.reports.filter(({ kind }) => kind === 'key-changed')).toEqual([{ kind: 'key-changed', email: JANA, trust: 'renewed' }]);
});

test('a locked keyring: waiting is shown without trust, and nothing else is done', async () => {
  await jana.withKeyring();
  await klinik.send({ to: [JANA] });
  await klinik.calls.lock({});
  expect((await klinik.calls.waiting({})).people).toMatchObject([{ trust: 'locked', code: { state: 'none' } }]);
  expect(await problem(klinik.send({ to: [JANA] }))).toEqual({ kind: 'locked' });
});

test('level 2: from the link to a stanza of one\'s own', async () => {
  await jana.withKeyring();
  const { id } = await klinik.send({ to: [], level: 2 });
  const parcel = server.parcel(id);
  parcel.recipients.push({ email: JANA });
  const { openOwnParcel } = await import('../../src/vault/release-desk.ts');
  const own = await openOwnParcel(klinik.keyed.desk, { ...(parcel.own && { stanza: parcel.own }), header: parcel.header, manifest_hash: parcel.hash });
  const [link, secret] = [random(16), random(20)];
  const record = await sealRecord({ id: link, mailedCode: false }, secret, undefined, random(12), await parseManifest(parcel.manifest), own?.key ?? random(32));
  server.links.set(toText(link), { parcel: id, record: toText(writeRecord(record)) });
  jana.links.set(`${toText(link)} tab`, secret);
  await jana.calls.keepForGood({ parcel: id, token: '', link: { id: toText(link), tab: 'tab' } });
  expect(await jana.open(id)).toMatchObject({ level: 2, subject: 'Befund', by: 'self', sender: { trust: 'unsigned' } });
  await jana.calls.keepForGood({ parcel: id, token: '', link: { id: toText(link), fragment: fragment(secret) } });
});

function parsed(id: string) {
  return Uint8Array.from(atob(id.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}
