/**
 * The sealed going-on record: what any device of the sender needs to go on with a draft. At levels 3 and 4 no other form exists,
 * and it is deleted once posted.
 *
 *     "DPG1" || suite || parcel_id 16 || Stream(KDF(UMK, parcel_id, T(draft)), aad = all before, text)
 */
import { refuse } from './error.ts';
import { ascii, concat, ID_LEN, Reader, SUITE } from './format.ts';
import { NAMESPACE } from './namespace.ts';
import { equal, kdf, type Bytes } from './primitives.ts';
import { openAll, sealAll } from './stream.ts';

const MAGIC = ascii('DPG1');
const headOf = (parcel: Bytes): Bytes => concat(MAGIC, Uint8Array.of(SUITE), parcel);

/** The key of one draft's records. */
export const goingOnKey = (umk: Bytes, parcel: Bytes): Promise<Bytes> => kdf(umk, parcel, NAMESPACE.draft);

/** `key`: `goingOnKey`. `streamHeader` is fresh for every text. */
export async function sealGoingOn(key: Bytes, parcel: Bytes, streamHeader: Bytes, text: Bytes): Promise<Bytes> {
  const head = headOf(parcel);
  return concat(head, await sealAll(key, streamHeader, head, text));
}

export async function openGoingOn(key: Bytes, parcel: Bytes, bytes: Bytes): Promise<Bytes> {
  const reader = new Reader(bytes);
  reader.magic(MAGIC);
  if (!equal(reader.bytes(ID_LEN), parcel)) refuse('draft_parcel');
  return openAll(key, headOf(parcel), reader.rest().slice());
}
