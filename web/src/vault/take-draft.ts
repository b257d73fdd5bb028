/** Drafts that other devices of the account began, and taking one over. */
import { ApiProblem } from '../api/port.ts';
import { toText } from '../seal/format.ts';
import { KEYED } from './draft-record.ts';
import type { Keyed } from './keyed-post.ts';
import type { KeyCalls } from './keys-protocol.ts';
import * as shelf from './shelf.ts';

export async function draftsElsewhere({ goingOn }: Keyed): Promise<KeyCalls['draftsElsewhere']['answer']['drafts']> {
  const found = await goingOn.elsewhere(await shelf.parcels().catch(() => new Set<string>()));
  return found.map(({ record }) => ({ parcel: record.parcel, level: record.level, subject: record.form.subject, begun: record.created }));
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
