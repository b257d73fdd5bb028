/**
 * Domain separation: every derived, hashed or wrapped thing carries one of these labels. `T(x)` of docs/format.md is the
 * ASCII text `depesche/v1/x` followed by a zero byte.
 */
import type { Bytes } from './primitives.ts';

export const T = (name: string): Bytes => new TextEncoder().encode(`depesche/v1/${name}\0`);

export const NAMESPACE = {
  /** Associated data of a file object's stream. */
  file: T('file'),
  /** Root over the part hashes of a file object. */
  parts: T('parts'),
  /** Commitment of a header to its parcel key. */
  commit: T('commit'),
  /** Key of the manifest's stream. */
  manifestKey: T('manifest-key'),
  /** Associated data of the manifest's stream. */
  manifest: T('manifest'),
  /** What a visitor shows to see the head of a link record. */
  linkAuth: T('link-auth'),
  /** What a visitor shows who also knows the link password. */
  linkPass: T('link-pass'),
  /** Key that wraps the parcel key in a link record. */
  linkKey: T('link-key'),
} as const;
