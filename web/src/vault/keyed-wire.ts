/** Between the wire's texts and the bytes of the format. */
import type { ApiKeyRecord } from '../api/keyed-port.ts';
import { fromText, toText } from '../seal/format.ts';
import type { Bytes } from '../seal/primitives.ts';
import { Chain, parseSigned, writeSigned, type SignedRecord } from '../seal/record.ts';

/** Bytes of a text of any length. */
export const bytesOf = (text: string): Bytes => fromText(text, Math.floor((text.length * 3) / 4));

export const recordToWire = (record: SignedRecord): ApiKeyRecord => toText(writeSigned(record));

/** The verified chain of an account. */
export async function chainOf(records: readonly ApiKeyRecord[], account: Bytes): Promise<Chain> {
  return Chain.verify(await Promise.all(records.map((record) => parseSigned(bytesOf(record)))), account);
}
