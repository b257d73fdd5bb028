/** The kinds of vectors of levels 3 and 4 (vectors/README.md). */
import { expect } from 'vitest';
import { goingOnKey, openGoingOn, sealGoingOn } from '../../../src/seal/going-on.ts';
import * as keyrings from '../../../src/seal/keyring.ts';
import { kitText, parseKit } from '../../../src/seal/kit.ts';
import * as locks from '../../../src/seal/lock.ts';
import { manifestFromJson, type Manifest } from '../../../src/seal/manifest.ts';
import { isSigned, parseHeader, parseManifest } from '../../../src/seal/parcel.ts';
import { kemPublic, sha256, signer, type Bytes } from '../../../src/seal/primitives.ts';
import { Chain, firstRecord, parseSigned, writeSigned } from '../../../src/seal/record.ts';
import * as claims from '../../../src/seal/release.ts';
import { openStated, sealSigned } from '../../../src/seal/signed.ts';
import { openReleased, parseReleased, release, writeReleased } from '../../../src/seal/stanza.ts';
import { findSender, ownSender, standing, type Origin, type PinVerified, type SenderKey } from '../../../src/seal/trust.ts';
import { parsePhrase, words, wordsOfKey, type WordList } from '../../../src/seal/words.ts';

type Value = string | number | boolean | Value[] | { [name: string]: Value };
type Members = Record<string, Value | undefined>;
export type Vector = Members & { kind: string; expect: string };

export const unhex = (hex: Value | undefined): Bytes => Uint8Array.from((hex as string).match(/../g) ?? [], (byte) => parseInt(byte, 16));
const listOf = (vector: Vector): WordList => vector.list as WordList;

async function chainOf(records: Value | undefined, account?: Bytes): Promise<Chain> {
  const parsed = [];
  for (const record of records as string[]) parsed.push(await parseSigned(unhex(record)));
  return Chain.verify(parsed, account ?? parsed[0]?.account ?? new Uint8Array(0));
}

async function senderKey(vector: Vector, sender: Manifest['sender']): Promise<SenderKey | undefined> {
  const records = vector.sender_records as string[] | undefined;
  if (records === undefined || records.length === 0) return undefined;
  const chain = await chainOf(records);
  if (vector.own !== undefined) return ownSender(chain, sender, unhex(vector.own));
  const pin = vector.pin as Members | undefined;
  return findSender(chain, sender, pin && {
    account: unhex(pin.account), address: sender.address, fingerprint: unhex(pin.fingerprint), verified: pin.verified as PinVerified, at: 0,
  });
}

const originText = (origin: Origin): string =>
  origin.kind === 'pinned' ? `pinned_${origin.verified}` : origin.kind.replace('-', '_');

async function claimOf(vector: Vector): Promise<{ claim: claims.Claim; bound: claims.Bound; parties: claims.Parties }> {
  return {
    claim: await claims.stretchCode(vector.words as string, unhex(vector.parcel_id)),
    bound: { header: parseHeader(unhex(vector.parcel_header)), hash: unhex(vector.manifest_sha256) },
    parties: { sender: unhex(vector.sender), recipient: unhex(vector.recipient) },
  };
}

export const keyedKinds: Record<string, (vector: Vector) => Promise<void> | void> = {
  async words(vector) {
    const [list, count] = [listOf(vector), vector.count as number];
    if (vector.bytes !== undefined) expect((await words(unhex(vector.bytes), count, list)).join('-')).toBe(vector.words);
    expect(await parsePhrase(vector.typed as string, list, count)).toBe(vector.words);
  },
  async record(vector) {
    const bytes = unhex(vector.record);
    const record = await parseSigned(bytes);
    expect(writeSigned(record)).toEqual(bytes);
    const { account, epoch, time, reset, list, fingerprint } = record;
    expect({ account, epoch, time, reset, list, fingerprint }).toEqual({
      account: unhex(vector.account), epoch: vector.epoch, time: vector.time, reset: vector.reset, list: vector.list, fingerprint: unhex(vector.fingerprint),
    });
    expect((await wordsOfKey(fingerprint, list)).join('-')).toBe(vector.words);
    expect(await kemPublic(unhex(vector.kem_seed))).toEqual(record.kem);
    expect(await kemPublic(unhex(vector.kem_seed), false)).toEqual(record.kem);
    const own = await signer(unhex(vector.signature_seed));
    expect(own.verifying).toEqual(record.verifying);
    if (epoch === 1) expect(await firstRecord(account, { signer: own, kemSeed: unhex(vector.kem_seed), time, list })).toEqual(record);
  },
  async chain(vector) {
    const account = unhex(vector.account);
    const chain = await chainOf(vector.records, account);
    expect(chain.current.fingerprint).toEqual(unhex(vector.current));
    const pin = vector.pin === undefined ? undefined
      : { account, address: 'a@example.test', fingerprint: unhex(vector.pin), verified: 'words' as const, at: 0 };
    expect(standing(chain, pin)).toBe(vector.standing);
  },
  async lock(vector) {
    const [bytes, account] = [unhex(vector.lock), unhex(vector.account)];
    const lock = locks.parseLock(bytes);
    expect(locks.writeLock(lock)).toEqual(bytes);
    const umk = vector.kit === undefined
      ? await locks.openWithSealPass(lock, account, vector.sealpass as string)
      : await locks.openWithKit(lock, account, unhex(vector.kit));
    expect(umk).toEqual(unhex(vector.umk));
    if (lock.kind.kind === 'kit') expect([lock.kind.number, lock.kind.id]).toEqual([vector.number, unhex(vector.id)]);
    const master = vector.kit === undefined ? await locks.sealPassMaster(lock.kind, vector.sealpass as string) : unhex(vector.kit);
    expect(await locks.sealLock(lock.kind, account, master, unhex(vector.nonce), umk)).toEqual(lock);
  },
  kit(vector) {
    const secret = parseKit(vector.text as string);
    expect(secret).toEqual(unhex(vector.secret));
    expect(kitText(secret)).toBe(vector.canonical);
  },
  async keyring(vector) {
    const [bytes, account, umk] = [unhex(vector.body), unhex(vector.account), unhex(vector.umk)];
    const body = keyrings.parseBody(bytes);
    expect(keyrings.writeBody(body)).toEqual(bytes);
    const seen = vector.seen as Members | undefined;
    await keyrings.checkSeen(seen && { generation: seen.generation as number, body: unhex(seen.sha256) }, body);
    const keyring = await keyrings.openBody(body, umk, account);
    expect(body.generation).toBe(vector.generation);
    const again = await keyrings.sealBody(keyring, umk, account, body.generation, body.nonce);
    expect(await keyrings.openBody(again, umk, account)).toEqual(keyring);
    const plain = JSON.parse(vector.json as string) as Members;
    const inside = keyring.pins.map(({ address, at, verified }) => ({ address, at, verified }));
    expect((plain.pins as Members[]).map(({ address, at, verified }) => ({ address, at, verified }))).toEqual(inside);
  },
  async going_on(vector) {
    const [umk, id, bytes] = [unhex(vector.umk), unhex(vector.parcel_id), unhex(vector.record)];
    const key = await goingOnKey(umk, id);
    const text = await openGoingOn(key, id, bytes);
    expect(text).toEqual(unhex(vector.text));
    expect(await sealGoingOn(key, id, unhex(vector.stream_header), text)).toEqual(bytes);
  },
  async signed(vector) {
    const key = unhex(vector.key);
    const sealed = await parseManifest(unhex(vector.manifest));
    const stated = await openStated(sealed, key);
    const { manifest, origin } = await stated.check(await senderKey(vector, stated.sender));
    expect(originText(origin)).toBe(vector.origin);
    expect(await manifestFromJson(vector.json as string)).toEqual(manifest);
    const record = (await chainOf(vector.sender_records)).records[0];
    if (record === undefined) throw new Error('no record');
    const by = { signer: await signer(unhex(vector.signature_seed)), account: record.account, fingerprint: record.fingerprint };
    const flags = { level: sealed.header.level, outside: sealed.header.outside };
    expect(await sealSigned(key, unhex(vector.id), flags, unhex(vector.stream_header), manifest, by)).toEqual(sealed);
  },
  async stanza(vector) {
    const bytes = unhex(vector.stanza);
    const released = parseReleased(bytes);
    expect(writeReleased(released)).toEqual(bytes);
    const own = await parseSigned(unhex(vector.opener_record));
    const sealed = await parseManifest(unhex(vector.manifest));
    const half = await openReleased(released, { ...own, kemSeed: unhex(vector.kem_seed) }, sealed);
    const needed = released.by === 'sender' || isSigned(sealed.header);
    const opened = await half.check(needed ? await senderKey(vector, half.sender) : undefined);
    expect(opened.key).toEqual(unhex(vector.parcel_key));
    expect([originText(opened.origin), ['outside', 'sender', 'opener'].indexOf(opened.by)]).toEqual([vector.origin, vector.by]);
    expect(await manifestFromJson(vector.json as string)).toEqual(opened.manifest);
    if (vector.release_seed === undefined || released.by === 'outside') return;
    expect(await release(released, released.by, await signer(unhex(vector.release_seed)), sealed)).toEqual(released);
  },
  async claim_code(vector) {
    const mode = vector.count === 4 ? 'confirm' : 'instant';
    const code = await claims.deriveCode(
      unhex(vector.claim_seed), unhex(vector.parcel_id), vector.address as string, vector.try as number, mode, listOf(vector));
    expect(code).toBe(vector.words);
    expect(await claims.parseCode(vector.typed as string, mode, listOf(vector))).toBe(code);
  },
  async claim(vector) {
    const { claim, bound, parties } = await claimOf(vector);
    const [stanza, key] = [{ bytes: unhex(vector.stanza) }, unhex(vector.parcel_key)];
    if (vector.tag_b !== undefined) claims.checkTag(await claims.registerTag(claim, parties), unhex(vector.tag_b));
    if (vector.tag_a !== undefined) claims.checkTag(await claims.releaseTag(claim, parties, bound, stanza), unhex(vector.tag_a));
    if (vector.ack !== undefined) claims.checkTag(await claims.acknowledge(claim, key, parties, bound, stanza), unhex(vector.ack));
  },
  async instant(vector) {
    const bytes = unhex(vector.record);
    const record = claims.parseInstant(bytes);
    expect(claims.writeInstant(record)).toEqual(bytes);
    const { claim, bound, parties } = await claimOf(vector);
    const key = await claims.openInstant(record, claim, bound, parties.sender);
    expect(key).toEqual(unhex(vector.parcel_key));
    expect(record.id).toEqual(unhex(vector.claim_id));
    const auth = await claims.claimAuth(claim, record.id);
    expect([auth, await sha256(auth)]).toEqual([unhex(vector.auth), unhex(vector.auth_sha256)]);
    expect(await claims.sealInstant(key, claim, record.id, unhex(vector.nonce), bound, parties.sender)).toEqual(record);
  },
};
