/** Who an account sends as, and by which server: the part that all account formats share. */
import type { Account, Bundle, Identity, Outgoing, Server } from './bundle.ts';
import { lossWhole, type Loss } from './loss.ts';
import { identitiesOf, outgoingOf } from './references.ts';

export interface Sender {
  identity: Identity;
  outgoing: Outgoing;
}

/** The first identity of the account with a plain address and a server that exists. */
export function firstSender(bundle: Bundle, account: Account): Sender | undefined {
  for (const identity of identitiesOf(bundle, account)) {
    const outgoing = isPlainAddress(identity.email) ? outgoingOf(bundle, identity) : undefined;
    if (outgoing !== undefined) return { identity, outgoing };
  }
  return undefined;
}

/** `local@domain` of the characters that every phone takes: RFC 5322 dot-atom, RFC 1123 host name. */
export function isPlainAddress(address: string): boolean {
  const at = address.lastIndexOf('@');
  if (at < 0 || new TextEncoder().encode(address).length > 254) return false;
  const isLocal = (part: string): boolean => /^[\w!#$%&'*+\-/=?^`{|}~]+$/.test(part);
  const isLabel = (label: string): boolean => /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(label);
  return address.slice(0, at).split('.').every(isLocal) && address.slice(at + 1).split('.').every(isLabel);
}

const PORTS: Record<string, [tls: number, other: number]> = { imap: [993, 143], pop3: [995, 110], smtp: [465, 587] };

/** The server's port, or the one that protocol and security stand for. */
export function portOf(server: Server): number {
  const [tls, other] = PORTS[server.protocol] ?? [443, 443];
  return server.port ?? (server.security === 'tls' ? tls : other);
}

/** What a target that carries accounts alone leaves behind: the categories that are not among `carried`. */
export function uncarried(bundle: Bundle, carried: string[]): Loss[] {
  const listed = [
    'accounts', 'templates', 'quickTexts', 'certificates', 'openpgpKeys', 'signatures', 'tags', 'rules', 'addressBooks', 'calendars',
  ] as const;
  // A list counts as there when it holds anything, read or not.
  const isThere = (name: (typeof listed)[number]): boolean => {
    const list = bundle.document[name];
    return list !== undefined && (!Array.isArray(list) || list.length > 0);
  };
  const present: string[] = listed.filter(isThere);
  if (Object.keys(bundle.preferences).length > 0) present.push('preferences');
  return present.filter((category) => !carried.includes(category)).map((category) => lossWhole(category, 'not-in-format'));
}

/** What the person will be asked for at a server: nothing, a sign-in, a password. */
export function askedFor(server: Server): string | undefined {
  if (server.auth === 'oauth2') return 'oauth2-sign-in-again';
  const asks = ['password', 'password-encrypted', 'ntlm'].includes(server.auth) && typeof server.password !== 'string';
  return asks ? 'password-asked' : undefined;
}
