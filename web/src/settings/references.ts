/** References by id: looked up here, and told as losses where they lead nowhere. */
import type { Account, Bundle, Identity, Outgoing, Signature } from './bundle.ts';
import { lossOf, type Loss } from './loss.ts';

/** The account's identities, in its order. */
export const identitiesOf = (bundle: Bundle, account: Account): Identity[] =>
  account.identities.flatMap((id) => bundle.identities.find((identity) => identity.id === id) ?? []);

/** The server that the identity's mail leaves by. */
export const outgoingOf = (bundle: Bundle, identity: Identity): Outgoing | undefined =>
  bundle.outgoingServers.find(({ id }) => id === identity.outgoing);

export const signatureOf = (bundle: Bundle, identity: Identity): Signature | undefined =>
  bundle.signatures.find(({ id }) => id === identity.signature);

export const bytesOf = (bundle: Bundle, blob: string | null | undefined): Uint8Array<ArrayBuffer> | undefined => bundle.blobs.get(blob ?? '')?.data;

/** References that lead nowhere. */
export function brokenReferences(bundle: Bundle): Loss[] {
  const broken = (category: string, id: string): Loss => lossOf(category, id, 'broken-reference');
  const lost = (blob: string | null | undefined): boolean => typeof blob === 'string' && !bundle.blobs.has(blob);
  return [
    ...bundle.accounts.filter((account) => identitiesOf(bundle, account).length < account.identities.length).map(({ id }) => broken('accounts', id)),
    ...bundle.identities
      .filter((one) => (typeof one.outgoing === 'string' && !outgoingOf(bundle, one)) || (typeof one.signature === 'string' && !signatureOf(bundle, one)))
      .map(({ id }) => broken('identities', id)),
    ...bundle.templates.filter(({ message }) => lost(message)).map(({ id }) => broken('templates', id)),
    ...bundle.certificates.filter(({ der, p12 }) => lost(der) || lost(p12?.data)).map(({ id }) => broken('certificates', id)),
    ...bundle.addressBooks.filter(({ contacts }) => lost(contacts)).map(({ id }) => broken('addressBooks', id)),
    ...bundle.openpgpKeys.filter(({ data }) => lost(data)).map(({ keyId }) => broken('openpgpKeys', keyId ?? '')),
  ];
}
