/**
 * Who is trusted to be whom: pins of contacts, and what they say about a key. A pin is what the own client saw and kept, sealed by
 * the own keyring. The server hands out key records, and can hand out wrong ones; only a pin makes a key somebody's.
 */
import { refuse } from './error.ts';
import type { Manifest } from './manifest.ts';
import { equal, type Bytes } from './primitives.ts';
import type { Chain, SignedRecord } from './record.ts';

/** How a contact's key was verified; `no`: seen first, and kept. */
export type PinVerified = 'code' | 'words' | 'no';

/** A contact's key, as it was first seen or verified. */
export interface Pin {
  account: Bytes;
  /** The mail address at that time. */
  address: string;
  fingerprint: Bytes;
  verified: PinVerified;
  /** When: ms since 1970, UTC. */
  at: number;
}

/**
 * A contact's current key, seen from a pin. `succeeded`: newer, and the pinned one signed it. `reset`: the pinned one was lost.
 * `foreign`: the pinned key is not in the chain, somebody hands out other keys; never to be used.
 */
export type Standing = 'unknown' | 'pinned' | 'succeeded' | 'reset' | 'foreign';

export function standing(chain: Chain, pin: Pin | undefined): Standing {
  if (pin === undefined) return 'unknown';
  if (!equal(chain.current.account, pin.account)) return 'foreign';
  const last = chain.records.length - 1;
  const at = chain.position(pin.fingerprint);
  if (at < 0) return 'foreign';
  if (at === last) return 'pinned';
  return chain.linked(at, last) ? 'succeeded' : 'reset';
}

/** Where a parcel comes from, as far as that is proven. */
export type Origin =
  | { kind: 'own' }
  /** Signed by a pinned key; it may be pinned and yet not verified. */
  | { kind: 'pinned'; verified: PinVerified }
  /** Signed by the key it names, of which nothing is known yet. */
  | { kind: 'not-verified' }
  /** The sender is stated, and nothing is proven. */
  | { kind: 'outside' }
  /** Levels 1 and 2. */
  | { kind: 'unsigned' };

/** The key that a sender's signatures are checked under, and what is known of it. */
export interface SenderKey {
  account: Bytes;
  fingerprint: Bytes;
  verifying: Bytes;
  origin: Origin;
}

type Sender = Manifest['sender'];

function named(chain: Chain, { account, fingerprint }: Sender): { record: SignedRecord; at: number } {
  if (account === undefined || fingerprint === undefined) return refuse('sender_nameless');
  const at = chain.position(fingerprint);
  const record = chain.records[at];
  return record !== undefined && equal(record.account, account) ? { record, at } : refuse('sender_unknown_key');
}

const keyOf = ({ account, fingerprint, verifying }: SignedRecord, origin: Origin): SenderKey => ({ account, fingerprint, verifying, origin });

/** The key of the sender that an opened parcel names, among the records of that account. */
export function findSender(chain: Chain, sender: Sender, pin: Pin | undefined): SenderKey {
  const { record, at } = named(chain, sender);
  if (pin === undefined) return keyOf(record, { kind: 'not-verified' });
  const pinned = equal(pin.account, record.account) ? chain.position(pin.fingerprint) : -1;
  if (pinned < 0) refuse('sender_key_changed');
  if (chain.linked(pinned, at)) return keyOf(record, { kind: 'pinned', verified: pin.verified });
  // Lost before the pinned one was made: still what it was, and proven by nothing.
  return at < pinned ? keyOf(record, { kind: 'not-verified' }) : refuse('sender_key_changed');
}

/** Oneself: `chain` is the own one, and `own` the fingerprint in the own keyring. */
export function ownSender(chain: Chain, sender: Sender, own: Bytes): SenderKey {
  const { record, at } = named(chain, sender);
  // What lies before one's own record is authentic through the fingerprints, resets included.
  return at <= chain.position(own) ? keyOf(record, { kind: 'own' }) : refuse('sender_key_changed');
}
