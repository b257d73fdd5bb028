/**
 * The door: a parcel's header and sealed manifest.
 *
 *     H = "DPM1" || suite || flags || parcel_id 16 || com 32                                (54 bytes)
 *     com = KDF(PK, parcel_id, T(commit) || suite || flags)
 *     M = H || Stream(KDF(PK, parcel_id, T(manifest-key)), aad = T(manifest) || H, text)
 *     text = u32 length || json || sigalg || signature 64 || zeros to the next multiple of 1024
 *
 * Levels 3 and 4 are signed (`signed.ts`): sigalg 01, Ed25519 over T(parcel-sig) || H || SHA-256(json).
 *
 * AES-GCM does not commit to its key; `com` does, and is compared in constant time before anything is decrypted.
 */
import { refuse } from './error.ts';
import { ascii, concat, ID_LEN, Reader, SUITE, u32 } from './format.ts';
import { manifestFromJson, manifestToJson, type Manifest } from './manifest.ts';
import { NAMESPACE } from './namespace.ts';
import { equal, kdf, KEY_LEN, sha256, type Bytes } from './primitives.ts';
import { readSignature, writeSignature, WRITTEN_LEN } from './signature.ts';
import { openAll, plainSize, sealAll } from './stream.ts';

/** Bytes of H. */
export const HEADER_LEN = 54;
/** Most bytes of M. */
export const MAX_MANIFEST = 64 << 20;

const MAGIC = ascii('DPM1');
const PAD = 1024;
const LEVEL_BITS = 0b111;
const OUTSIDE_BIT = 0b1000;

export interface ParcelFlags {
  /** 1 to 4. */
  level: number;
  /** Made by somebody without an account: never signed, always shown as "sender stated". */
  outside: boolean;
}

export interface ParcelHeader extends ParcelFlags {
  id: Bytes;
  /** All 54 bytes. */
  bytes: Bytes;
}

const flagsByte = (flags: ParcelFlags): number => flags.level | (flags.outside ? OUTSIDE_BIT : 0);
/** Levels 3 and 4 are signed, but for what comes from outside. */
export const isSigned = (flags: ParcelFlags): boolean => flags.level >= 3 && !flags.outside;

function commitment(key: Bytes, id: Bytes, flags: ParcelFlags): Promise<Bytes> {
  return kdf(key, id, NAMESPACE.commit, new Uint8Array([SUITE, flagsByte(flags)]));
}

/** Makes H for a fresh key and a fresh id. */
export async function makeHeader(key: Bytes, id: Bytes, flags: ParcelFlags): Promise<ParcelHeader> {
  const head = new Uint8Array([SUITE, flagsByte(flags)]);
  return { ...flags, id, bytes: concat(MAGIC, head, id, await commitment(key, id, flags)) };
}

/** Reads exactly 54 bytes. */
export function parseHeader(bytes: Bytes): ParcelHeader {
  const reader = new Reader(bytes);
  const header = readHeader(reader, bytes);
  reader.end();
  return header;
}

function readHeader(reader: Reader, bytes: Bytes): ParcelHeader {
  reader.magic(MAGIC);
  const flags = reader.u8();
  const level = flags & LEVEL_BITS;
  if ((flags & ~(LEVEL_BITS | OUTSIDE_BIT)) !== 0 || level < 1 || level > 4) refuse('flags');
  const id = reader.bytes(ID_LEN).slice();
  reader.bytes(KEY_LEN);
  return { level, outside: (flags & OUTSIDE_BIT) !== 0, id, bytes: bytes.slice(0, HEADER_LEN) };
}

/** Refuses a header that was not made with `key`. */
export async function verifyHeader(header: ParcelHeader, key: Bytes): Promise<void> {
  const own = await commitment(key, header.id, header);
  if (!equal(own, header.bytes.subarray(HEADER_LEN - KEY_LEN))) refuse('commitment');
}

/** M as it travels, the same for all recipients. */
export interface SealedManifest {
  header: ParcelHeader;
  /** SHA-256(M), which link records bind. */
  hash: Bytes;
  bytes: Bytes;
}

/** Reads M as far as that goes without the key: H, and the size. */
export async function parseManifest(bytes: Bytes): Promise<SealedManifest> {
  if (bytes.length > MAX_MANIFEST) refuse('too_large');
  const reader = new Reader(bytes);
  const header = readHeader(reader, bytes);
  const text = plainSize(reader.rest().length);
  if (text === 0 || text % PAD !== 0) refuse('size');
  return { header, hash: await sha256(bytes), bytes };
}

async function manifestContext(header: ParcelHeader, key: Bytes): Promise<[key: Bytes, aad: Bytes]> {
  return [await kdf(key, header.id, NAMESPACE.manifestKey), concat(NAMESPACE.manifest, header.bytes)];
}

/** Opens and checks the list of contents of a parcel that is not signed; a signed one is opened by `signed.ts`. */
export async function openManifest(sealed: SealedManifest, key: Bytes): Promise<Manifest> {
  await verifyHeader(sealed.header, key);
  if (isSigned(sealed.header)) refuse('signed');
  return manifestFromJson(decodeJson((await openText(sealed, key)).json));
}

/** What stands in M. */
interface Text {
  json: Bytes;
  /** There exactly where one belongs; nobody has checked it. */
  signature: Bytes | undefined;
}

/** The caller has verified the header. */
export async function openText(sealed: SealedManifest, key: Bytes): Promise<Text> {
  const [own, aad] = await manifestContext(sealed.header, key);
  return readText(await openAll(own, aad, sealed.bytes.subarray(HEADER_LEN)), isSigned(sealed.header));
}

function readText(text: Bytes, signed: boolean): Text {
  const reader = new Reader(text);
  const json = reader.bytes(reader.u32('length'), 'length').slice();
  const signature = readSignature(reader, { short: 'length', wrong: 'signature' });
  if ((signature !== undefined) !== signed) refuse('signature');
  if (reader.rest().length >= PAD || reader.rest().some((byte) => byte !== 0)) refuse('padding');
  return { json, signature };
}

export function decodeJson(json: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
  } catch {
    return refuse('manifest_json');
  }
}

/** Seals the list of contents of a parcel that is not signed. `key`, `id` and `streamHeader` are fresh and used for this parcel alone. */
export async function sealManifest(
  key: Bytes, id: Bytes, flags: ParcelFlags, streamHeader: Bytes, manifest: Manifest,
): Promise<SealedManifest> {
  if (isSigned(flags)) refuse('signed');
  return sealText(key, await makeHeader(key, id, flags), streamHeader, new TextEncoder().encode(await manifestToJson(manifest)), undefined);
}

/** M around a json that was checked. */
export async function sealText(
  key: Bytes, header: ParcelHeader, streamHeader: Bytes, json: Bytes, signature: Bytes | undefined,
): Promise<SealedManifest> {
  const text = new Uint8Array(Math.ceil((4 + json.length + WRITTEN_LEN) / PAD) * PAD);
  text.set(u32(json.length));
  text.set(json, 4);
  text.set(writeSignature(signature), 4 + json.length);
  const [own, aad] = await manifestContext(header, key);
  const bytes = concat(header.bytes, await sealAll(own, streamHeader, aad, text));
  if (bytes.length > MAX_MANIFEST) refuse('too_large');
  return { header, hash: await sha256(bytes), bytes };
}
