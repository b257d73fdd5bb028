/** Between the wire's flat form of keys and that of the format. */
import type { ApiKeyRecord } from '../api/keyed-port.ts';
import { fromText, toText } from '../seal/format.ts';
import { SIGNATURE_LEN, type Bytes } from '../seal/primitives.ts';
import { Chain, parseSigned, RECORD_LEN, writeSigned, type SignedRecord } from '../seal/record.ts';
import { writeSignature, WRITTEN_LEN } from '../seal/signature.ts';
import { concat } from '../seal/format.ts';

/** Bytes of a text of any length. */
export const bytesOf = (text: string): Bytes => fromText(text, Math.floor((text.length * 3) / 4));

export function recordToWire(record: SignedRecord): ApiKeyRecord {
  const bytes = writeSigned(record);
  return {
    record: toText(bytes.subarray(0, RECORD_LEN)),
    signature: toText(record.own),
    ...(record.before && { previous: toText(record.before) }),
  };
}

/** The written form of a record on the wire. */
function written({ record, signature, previous }: ApiKeyRecord): Bytes {
  const before = previous === undefined ? new Uint8Array(WRITTEN_LEN) : writeSignature(fromText(previous, SIGNATURE_LEN));
  return concat(fromText(record, RECORD_LEN), writeSignature(fromText(signature, SIGNATURE_LEN)), before);
}

/** The verified chain of an account. */
export async function chainOf(records: readonly ApiKeyRecord[], account: Bytes): Promise<Chain> {
  return Chain.verify(await Promise.all(records.map((record) => parseSigned(written(record)))), account);
}
