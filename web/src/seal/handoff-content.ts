/**
 * What a handoff carries, before it is packed: one file, or a bundle of settings, which is one.
 *
 *     u16 length || head || bytes                     head = {"v":1,"name":…,"type":…}, JSON in UTF-8
 */
import { refuse } from './error.ts';
import { concat } from './format.ts';
import { checkName } from './name.ts';
import type { Bytes } from './primitives.ts';

/** The type of a bundle of settings (docs/settings.md). */
export const BUNDLE_TYPE = 'application/vnd.depesche.settings+json';
/** What a reader unpacks at most: more is a trap. */
export const MOST = 128 << 20;

const VERSION = 1;
const TYPE_MOST = 255;

/** One file with its name and type. */
export interface Content {
  /** One component: a file, not a path. */
  name: string;
  /** As its maker said; what is shown comes from the bytes. */
  type: string;
  bytes: Bytes;
}

function check(name: string, type: string): void {
  checkName(name);
  if (name.includes('/')) refuse('name_separator');
  if (type.length > TYPE_MOST || !/^[!-~]+$/.test(type)) refuse('handoff_type');
}

/** The bytes to be packed. */
export function writeContent({ name, type, bytes }: Content): Bytes {
  check(name, type);
  const head = new TextEncoder().encode(JSON.stringify({ v: VERSION, name, type }));
  if (head.length > 0xffff) refuse('handoff_head');
  return concat(new Uint8Array([head.length >> 8, head.length & 0xff]), head, bytes);
}

/** Reads what was unpacked. Members that this version does not know are ignored; what a reader must understand raises `v`. */
export function parseContent(unpacked: Bytes): Content {
  const length = unpacked.length < 2 ? Infinity : new DataView(unpacked.buffer, unpacked.byteOffset).getUint16(0);
  if (unpacked.length - 2 < length) refuse('truncated');
  const head = parseHead(unpacked.subarray(2, 2 + length));
  check(head.name, head.type);
  return { ...head, bytes: unpacked.slice(2 + length) };
}

function parseHead(bytes: Bytes): { name: string; type: string } {
  let head: { v?: unknown; name?: unknown; type?: unknown } | null;
  try {
    head = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as typeof head;
  } catch {
    return refuse('handoff_head');
  }
  if (typeof head?.v !== 'number' || !Number.isInteger(head.v) || head.v < 0) return refuse('handoff_head');
  if (head.v !== VERSION) return refuse('handoff_newer');
  if (typeof head.name !== 'string' || typeof head.type !== 'string') return refuse('handoff_head');
  return { name: head.name, type: head.type };
}
