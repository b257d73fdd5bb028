/** Every file in `vectors/` comes out as it says (vectors/README.md): the same that the Rust crate reads. */
import { expect, test } from 'vitest';
import { SealError } from '../../src/seal/error.ts';
import * as file from '../../src/seal/file.ts';
import { toText } from '../../src/seal/format.ts';
import * as handoff from '../../src/seal/handoff.ts';
import { parseContent, writeContent } from '../../src/seal/handoff-content.ts';
import { handoffUrl, parseHandoffUrl } from '../../src/seal/handoff-text.ts';
import { linkAuth, linkAuth2, openRecord, parseRecord, sealRecord, writeHead, writeRecord } from '../../src/seal/link.ts';
import { code, linkUrl, parseCode, parseLink } from '../../src/seal/link-text.ts';
import { fits, manifestFromJson, manifestToJson } from '../../src/seal/manifest.ts';
import { checkName, forWindows } from '../../src/seal/name.ts';
import { openManifest, parseHeader, parseManifest, sealManifest, verifyHeader } from '../../src/seal/parcel.ts';
import { passwordParams, stretch } from '../../src/seal/password.ts';
import { concat, equal, sha256, type Bytes } from '../../src/seal/primitives.ts';
import { openQuote, parseReplyFragment, parseReplyToken, replyAuth } from '../../src/seal/reply.ts';
import * as stream from '../../src/seal/stream.ts';
import { keyedKinds, unhex, type Vector } from './support/keyed-kinds.ts';
import { roomOf } from './support/room.ts';

type Value = Vector[string];
type Members = Record<string, Value>;

// Those of PDF passwords are of another derivation.
const files = import.meta.glob<Vector>(['../../../vectors/*.json', '!../../../vectors/pdf_*.json'], { eager: true, import: 'default' });

const list = (value: Value | undefined): Bytes[] => (value as string[]).map(unhex);
const opened = (vector: Vector, name: string): Value | undefined => (vector.open as Members | undefined)?.[name] ?? vector[name];

async function pattern(seed: string, size: number): Promise<Bytes> {
  const hash = await sha256(new TextEncoder().encode(seed));
  let x = new DataView(hash.buffer).getUint32(0) || 1;
  const words = new DataView(new ArrayBuffer(Math.ceil(size / 4) * 4));
  for (let at = 0; at < size; at += 4) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words.setUint32(at, x >>> 0);
  }
  return new Uint8Array(words.buffer, 0, size);
}

async function plaintext(vector: Vector): Promise<Bytes | undefined> {
  const text = vector.text as Members | undefined;
  if (text === undefined) return undefined;
  return text.pattern === undefined ? unhex(text.hex) : pattern(text.pattern as string, text.size as number);
}

function edited(vector: Vector, sealed: Bytes): Bytes {
  let out = sealed.slice();
  for (const edit of (vector.edits ?? []) as Members[]) {
    const [name, value] = Object.entries(edit)[0] as [string, never];
    const at = value as { at: number; size: number; a: number; b: number };
    if (name === 'flip') out[value as number] = (out[value as number] ?? 0) ^ 1;
    else if (name === 'cut') out = out.slice(0, value);
    else if (name === 'append') out = concat(out, unhex(value));
    else if (name === 'remove') out = concat(out.subarray(0, at.at), out.subarray(at.at + at.size));
    else if (name === 'swap') {
      const block = out.slice(at.a * at.size, (at.a + 1) * at.size);
      out.copyWithin(at.a * at.size, at.b * at.size, (at.b + 1) * at.size);
      out.set(block, at.b * at.size);
    } else throw new Error(`no edit is called ${name}`);
  }
  return out;
}

/** Megabytes of bytes are compared at once; the assertion's own comparison would take seconds. */
const same = (a: Bytes, b: Bytes | undefined): void => { expect(b !== undefined && equal(a, b)).toBe(true); };

const kinds: Record<string, (vector: Vector) => Promise<void> | void> = {
  ...keyedKinds,
  async stream(vector) {
    const text = await plaintext(vector);
    const kept = vector.sealed as Members;
    const sealed = text
      ? await stream.sealAll(unhex(vector.key), unhex(vector.header), unhex(vector.aad), text)
      : unhex(kept.hex);
    expect(sealed.length).toBe(kept.size);
    same(await sha256(sealed), unhex(kept.sha256));
    if (kept.hex !== undefined) same(sealed, unhex(kept.hex));
    same(await stream.openAll(unhex(opened(vector, 'key')), unhex(opened(vector, 'aad')), edited(vector, sealed)), text);
  },
  size(vector) {
    if (vector.plain !== undefined && vector.expect !== 'ok') stream.sealedSize(vector.plain as number);
    else if (vector.plain !== undefined) {
      expect(stream.sealedSize(vector.plain as number)).toBe(vector.sealed);
      expect(file.partCount(vector.sealed as number)).toBe(vector.parts);
    }
    expect(stream.plainSize(vector.sealed as number)).toBe(vector.plain);
  },
  async file(vector) {
    const text = (await plaintext(vector)) ?? new Uint8Array(0);
    const sealedSize = stream.sealedSize(text.length);
    const sealing = await file.fileStream(unhex(vector.key), unhex(vector.id), unhex(vector.header));
    const parts: file.SealedPart[] = [];
    for (let index = 0; index < file.partCount(sealedSize); index += 1) {
      parts.push(await file.sealPart(sealing, sealedSize, index, roomOf(text, sealedSize, index)));
    }
    expect(sealedSize).toBe(vector.sealed_size);
    expect(parts.map(({ hash }) => hash)).toEqual(list(vector.parts));
    same(await file.partsRoot(sealedSize, parts.map(({ hash }) => hash)), unhex(vector.root));
    const sealed = edited(vector, concat(...parts.map(({ bytes }) => bytes)));
    const object = { id: unhex(opened(vector, 'id')), key: unhex(opened(vector, 'key')), size: text.length, parts: list(opened(vector, 'parts')) };
    fits(object);
    if (!equal(await file.partsRoot(sealedSize, object.parts), unhex(opened(vector, 'root')))) throw new SealError('root');
    const opener = new file.Opener(object.key, object.id, sealedSize);
    if (Math.ceil(sealed.length / file.PART) !== object.parts.length) throw new SealError('part_length');
    const out: Bytes[] = [];
    for (const [index, hash] of object.parts.entries()) {
      out.push(...(await opener.openPart(index, sealed.slice(index * file.PART, (index + 1) * file.PART), hash)));
    }
    same(concat(...out), text);
  },
  async header(vector) {
    const header = parseHeader(unhex(vector.header));
    await verifyHeader(header, unhex(vector.key));
    expect([header.level, header.outside, header.id]).toEqual([vector.level, vector.from_outside, unhex(vector.id)]);
  },
  async parcel(vector) {
    const key = unhex(vector.key);
    const sealed = await parseManifest(unhex(vector.manifest));
    const manifest = await openManifest(sealed, key);
    expect(sealed.hash).toEqual(unhex(vector.sha256));
    expect(await manifestFromJson(vector.json as string)).toEqual(manifest);
    const flags = { level: sealed.header.level, outside: sealed.header.outside };
    const again = await sealManifest(key, unhex(vector.id), flags, unhex(vector.stream_header), manifest);
    expect(await openManifest(again, key)).toEqual(manifest);
    if ((await manifestToJson(manifest)) === vector.json) expect(again).toEqual(sealed);
  },
  async manifest(vector) {
    const manifest = await manifestFromJson(vector.json as string);
    expect(await manifestFromJson(await manifestToJson(manifest))).toEqual(manifest);
  },
  async link(vector) {
    const [bytes, secret, id] = [unhex(vector.record), unhex(vector.secret), unhex(vector.id ?? '')];
    const record = parseRecord(bytes);
    expect(writeRecord(record)).toEqual(bytes);
    const bound = { header: parseHeader(unhex(vector.parcel_header)), hash: unhex(vector.manifest_sha256) };
    let pw: Bytes | undefined;
    if (vector.password !== undefined) {
      if (!record.head.password) throw new SealError('password_unexpected');
      pw = await stretch(record.head.password, vector.password as string);
    }
    const key = await openRecord(record, secret, pw, bound);
    expect(key).toEqual(unhex(vector.parcel_key));
    expect(writeHead(record.head)).toEqual(unhex(vector.head));
    expect(record.head.mailedCode).toBe(vector.mailed_code);
    const auth = await linkAuth(secret, id);
    expect([auth, await sha256(auth)]).toEqual([unhex(vector.auth), unhex(vector.auth_sha256)]);
    if (pw) {
      const auth2 = await linkAuth2(secret, pw, id);
      expect([auth2, await sha256(auth2)]).toEqual([unhex(vector.auth2), unhex(vector.auth2_sha256)]);
    }
    expect(writeRecord(await sealRecord(record.head, secret, pw, unhex(vector.nonce), bound, key))).toEqual(bytes);
  },
  async password(vector) {
    const params = passwordParams(vector.memory_kib as number, vector.passes as number, 1, unhex(vector.salt));
    expect(await stretch(params, vector.password as string)).toEqual(unhex(vector.stretched));
  },
  link_text(vector) {
    const link = parseLink(vector.text as string);
    const secret = vector.secret === undefined ? undefined : unhex(vector.secret);
    expect(link).toEqual({ base: vector.base, page: vector.page, id: unhex(vector.id), secret });
    expect(parseLink(linkUrl(link))).toEqual(link);
  },
  code(vector) {
    const secret = parseCode(vector.text as string);
    expect(secret).toEqual(unhex(vector.secret));
    expect(code(secret)).toBe(vector.canonical);
  },
  async handoff(vector) {
    const text = await plaintext(vector);
    const kept = vector.sealed as Members;
    const header = unhex(vector.header ?? '');
    const made = text && header.length > 0;
    const sealed = made ? await handoff.sealHandoff(unhex(vector.secret), () => header.slice(1), text) : unhex(kept.hex);
    if (made) {
      expect(sealed.length).toBe(kept.size);
      same(await sha256(sealed), unhex(kept.sha256));
    }
    const secret = unhex(opened(vector, 'secret'));
    same(await handoff.openHandoff(secret, edited(vector, sealed)), text);
    const [auth, fill] = [await handoff.handoffAuth(secret), await handoff.handoffFill(secret)];
    expect([auth, await sha256(auth), fill, await sha256(fill)]).toEqual(
      [vector.auth, vector.auth_sha256, vector.fill, vector.fill_sha256].map(unhex));
    expect(await handoff.checkWords(secret, unhex(vector.id), await sha256(unhex(vector.token)))).toEqual(vector.check_words);
  },
  handoff_content(vector) {
    const content = parseContent(unhex(vector.bytes));
    expect(content).toEqual({ name: vector.name, type: vector.type, bytes: unhex(vector.content) });
    expect(parseContent(writeContent(content))).toEqual(content);
  },
  handoff_url(vector) {
    const url = parseHandoffUrl(vector.text as string);
    expect(url).toEqual({ base: vector.base, id: unhex(vector.id), direction: vector.direction, secret: unhex(vector.secret) });
    expect(parseHandoffUrl(handoffUrl(url))).toEqual(url);
  },
  async handoff_typed(vector) {
    const words = await handoff.parseTyped(vector.text as string);
    expect(words).toBe(vector.words);
    if (vector.random !== undefined) expect(await handoff.makeTyped(() => unhex(vector.random))).toBe(words);
    const key = await handoff.stretchTyped(words);
    expect(await handoff.typedFind(key)).toEqual(unhex(vector.find));
    const secret = await handoff.unwrapSecret(key, unhex(vector.wrap));
    expect(secret).toEqual(unhex(vector.secret));
    expect(await handoff.wrapSecret(key, unhex(vector.nonce), secret)).toEqual(unhex(vector.wrap));
  },
  reply_link(vector) {
    const { base, token_text: token, fragment } = vector as Record<string, string>;
    expect(vector.text).toBe(`${base}/r/${token}#${fragment}`);
    expect(parseReplyToken(token ?? '')).toEqual(unhex(vector.token));
    expect(parseReplyFragment(fragment ?? '')).toEqual(unhex(vector.secret));
  },
  async reply_quote(vector) {
    const auth = await replyAuth(unhex(vector.secret), unhex(vector.token));
    expect([auth, await sha256(auth)]).toEqual([vector.auth, vector.auth_sha256].map(unhex));
    const sealed = edited(vector, unhex(vector.sealed));
    const { gateway, ...quote } = await openQuote(unhex(opened(vector, 'secret')), unhex(opened(vector, 'token')), sealed);
    expect({ v: 1, ...quote, gateway: toText(gateway) }).toEqual(JSON.parse(vector.json as string));
  },
  name(vector) {
    checkName(vector.name as string);
    expect(forWindows(vector.name as string)).toBe(vector.windows);
  },
};

for (const [path, vector] of Object.entries(files)) {
  test(path.replace(/.*\//, ''), async () => {
    const run = kinds[vector.kind];
    if (run === undefined) throw new Error(`no vector is of kind ${vector.kind}`);
    let outcome = 'ok';
    try {
      await run(vector);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      outcome = error.code;
    }
    expect(outcome).toBe(vector.expect);
  });
}

test('every kind occurs, good and bad', () => {
  const seen = new Set(Object.values(files).map(({ kind, expect: outcome }) => `${kind} ${String(outcome === 'ok')}`));
  expect([...seen].sort()).toEqual(Object.keys(kinds).flatMap((kind) => [`${kind} false`, `${kind} true`]).sort());
});
