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
  /** A sender's signature of a manifest. */
  parcelSig: T('parcel-sig'),
  /** The parcel key wrapped for a public key. */
  stanza: T('stanza'),
  /** A signature that releases a stanza. */
  release: T('release'),
  /** A signature of a key record. */
  keyRecord: T('key-record'),
  /** Fingerprint of a key record. */
  keyFingerprint: T('key-fpr'),
  /** Salt of the words of a key. */
  keyWords: T('key-words'),
  /** Associated data of a lock. */
  lock: T('lock'),
  /** Key that wraps the keyring's key in a lock. */
  lockKek: T('lock-kek'),
  /** Commitment of a lock to its secret. */
  lockCommit: T('lock-commit'),
  /** Key of a keyring's body. */
  keyring: T('keyring'),
  /** Words of a claim code. */
  claimCode: T('claim-code'),
  /** Key of the tag that registers a recipient's key. */
  claimRegister: T('claim-reg'),
  /** Key of the tag that releases to it. */
  claimRelease: T('claim-rel'),
  /** Key that wraps the parcel key in an instant claim. */
  claimKey: T('claim-key'),
  /** What a recipient shows to get an instant claim. */
  claimAuth: T('claim-auth'),
  /** Key of the tag under which a recipient makes his own stanza. */
  claimAck: T('claim-ack'),
  /** Key of a sealed going-on record. */
  draft: T('draft'),
  /** What the holder of a PDF shows to reply to it. */
  replyAuth: T('reply-auth'),
  /** Key and associated data of what a reply quotes. */
  replyQuote: T('reply-quote'),
} as const;
