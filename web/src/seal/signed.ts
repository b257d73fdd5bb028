/**
 * Signed parcels (levels 3 and 4), and what an opened parcel proves of its sender.
 *
 *     signature = Ed25519 of the sender over T(parcel-sig) || H || SHA-256(json)       bytes as sent
 *
 * Opening has two steps, because the list of contents names the sender whose key is then looked for: `openStated` gives a
 * `Stated`, which shows the sender it states and nothing else; `check` gives the contents, once the signature is that sender's.
 */
import { refuse } from './error.ts';
import { manifestFromJson, manifestToJson, type Manifest } from './manifest.ts';
import { NAMESPACE } from './namespace.ts';
import { decodeJson, isSigned, makeHeader, openText, sealText, verifyHeader, type ParcelFlags, type ParcelHeader, type SealedManifest } from './parcel.ts';
import { equal, sha256, type Bytes, type Signer } from './primitives.ts';
import { check, sign } from './signature.ts';
import type { Origin, SenderKey } from './trust.ts';

/** Who signs: the key, and the account and record that the manifest must name. */
export interface ParcelSigner {
  signer: Signer;
  account: Bytes;
  fingerprint: Bytes;
}

/** Seals the list of contents. `key`, `id` and `streamHeader` are fresh and used for this parcel alone. */
export async function sealSigned(
  key: Bytes, id: Bytes, flags: ParcelFlags, streamHeader: Bytes, manifest: Manifest, by: ParcelSigner,
): Promise<SealedManifest> {
  if (!isSigned(flags)) refuse('signature');
  const { account, fingerprint } = manifest.sender;
  if (account === undefined || fingerprint === undefined) return refuse('sender_nameless');
  if (!equal(account, by.account) || !equal(fingerprint, by.fingerprint)) refuse('sender_unknown_key');
  const header = await makeHeader(key, id, flags);
  const json = new TextEncoder().encode(await manifestToJson(manifest));
  return sealText(key, header, streamHeader, json, await sign(by.signer, NAMESPACE.parcelSig, header.bytes, await sha256(json)));
}

/** A list of contents whose signature nobody has checked yet. Its sender is who it says, no more. */
export class Stated {
  readonly header: ParcelHeader;
  readonly #manifest: Manifest;
  readonly #json: Bytes;
  readonly #signature: Bytes | undefined;

  constructor(header: ParcelHeader, manifest: Manifest, json: Bytes, signature: Bytes | undefined) {
    this.header = header;
    this.#manifest = manifest;
    this.#json = json;
    this.#signature = signature;
  }

  get sender(): Manifest['sender'] {
    return this.#manifest.sender;
  }

  /** `key`: of the sender that it states; none where nobody signs. */
  async check(key: SenderKey | undefined): Promise<{ manifest: Manifest; origin: Origin }> {
    if (this.#signature === undefined) return { manifest: this.#manifest, origin: { kind: this.header.outside ? 'outside' : 'unsigned' } };
    if (key === undefined) return refuse('signed');
    const { account, fingerprint } = this.sender;
    if (account === undefined || fingerprint === undefined) return refuse('sender_nameless');
    if (!equal(account, key.account) || !equal(fingerprint, key.fingerprint)) refuse('sender_unknown_key');
    await check(key.verifying, this.#signature, NAMESPACE.parcelSig, this.header.bytes, this.#json);
    return { manifest: this.#manifest, origin: key.origin };
  }
}

/** Opens the list of contents and checks all but its signature. */
export async function openStated(sealed: SealedManifest, key: Bytes): Promise<Stated> {
  await verifyHeader(sealed.header, key);
  const { json, signature } = await openText(sealed, key);
  return new Stated(sealed.header, await manifestFromJson(decodeJson(json)), await sha256(json), signature);
}
