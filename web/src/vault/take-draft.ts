/** Drafts that other devices of the account began, and taking one over. */
import { ApiProblem } from '../api/port.ts';
import { toText } from '../seal/format.ts';
import { KEYED } from './draft-record.ts';
import type { Keyed } from './keyed-post.ts';
import type { KeyCalls } from './keys-protocol.ts';
import * as shelf from './shelf.ts';

/** While the keyring is closed only that there is one. */
export async function draftsElsewhere({ goingOn, desk }: Keyed): Promise<KeyCalls['draftsElsewhere']['answer']> {
  const here = await shelf.parcels().catch(() => new Set<string>());
  if (!desk.isOpen) return { drafts: [], locked: (await goingOn.away(here)).length > 0 };
  const found = await goingOn.elsewhere(here);
  return { drafts: found.map(({ record }) => ({ parcel: record.parcel, level: record.level, subject: record.form.subject, begun: record.created })), locked: false };
}

/** Puts it on this browser's shelf, with what is known of its finished parts. */
export async function takeDraft(parcel: string, { goingOn }: Keyed): Promise<Record<string, never>> {
  const shared = await goingOn.take(parcel);
  if (shared === undefined) throw new ApiProblem({ code: 'not_found', status: 404 });
  const { record, hashes } = shared;
  for (const object of record.objects) {
    for (const [index, hash] of (hashes.get(toText(object.id)) ?? []).entries()) await shelf.putHash(parcel, object, index, hash);
  }
  const sealed = record.level < KEYED ? undefined : await goingOn.seal(shared);
  await (sealed ? shelf.putKeyed(record, sealed) : shelf.putRecord(record));
  return {};
}
