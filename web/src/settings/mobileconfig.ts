/** Bundle to Apple's configuration profile: what `crates/settings/src/mobileconfig/writer.rs` writes, unsigned. */
import type { Account, Bundle, Certificate, Identity, P12, Server } from './bundle.ts';
import { lossOf, type Loss } from './loss.ts';
import { Dict, writePlist, type PlistValue } from './plist.ts';
import { bytesOf, identitiesOf } from './references.ts';
import { askedFor, firstSender, portOf, uncarried, type Sender } from './sending.ts';
import { deriveUuid } from './uuid.ts';

/** RFC 6838 media type on which Apple's systems offer the installation. */
export const MOBILECONFIG_TYPE = 'application/x-apple-aspen-config';

/** What the system shows of the profile, in the user's language. */
export interface ProfileTexts {
  name: string;
  description: string;
  organization: string;
}

const AUTHENTICATION: Record<string, string> = {
  none: 'EmailAuthNone', password: 'EmailAuthPassword', 'password-encrypted': 'EmailAuthCRAMMD5', ntlm: 'EmailAuthNTLM',
};
const SECURITIES = ['none', 'starttls', 'tls'];

/**
 * Writes everything that iOS Mail has a place for, into one profile: a second waiting profile would push the first one out.
 * The identifiers stay the same for the same bundle id, so that a second installation replaces the first.
 */
export async function writeMobileconfig(bundle: Bundle, texts: ProfileTexts): Promise<{ text: string; losses: Loss[] }> {
  const writer = new Writer(bundle);
  await writer.certificates();
  for (const account of bundle.accounts) await writer.account(account);
  await writer.addressBooks();
  await writer.calendars();
  writer.losses.push(...uncarried(bundle, ['accounts', 'certificates', 'addressBooks', 'calendars']));
  const profile = new Dict();
  profile.set('PayloadType', 'Configuration');
  profile.set('PayloadVersion', 1);
  profile.set('PayloadIdentifier', writer.identifier);
  profile.set('PayloadUUID', await writer.uuid('profile'));
  profile.set('PayloadDisplayName', texts.name);
  profile.set('PayloadDescription', texts.description);
  profile.set('PayloadOrganization', texts.organization);
  profile.set('PayloadRemovalDisallowed', false);
  profile.set('PayloadContent', writer.payloads);
  return { text: writePlist(profile), losses: writer.losses };
}

/** `https://host[:port]/path`, or the same with `http`. */
interface Place {
  isTls: boolean;
  host: string;
  port: number;
  path: string;
}

function placeOf(url: string | null | undefined): Place | undefined {
  const [, scheme, authority = '', path = ''] = /^([^:]*):\/\/([^/]*)(\/[^]*)?$/.exec(url ?? '') ?? [];
  if (scheme !== 'https' && scheme !== 'http') return undefined;
  const bare = authority.slice(authority.lastIndexOf('@') + 1);
  const colon = bare.lastIndexOf(':');
  const end = bare.slice(colon + 1);
  // An IPv6 address without a port ends with a bracket.
  const hasPort = colon >= 0 && !end.endsWith(']');
  if (hasPort && (!/^\+?\d+$/.test(end) || Number(end) > 65_535)) return undefined;
  const host = hasPort ? bare.slice(0, colon) : bare;
  const isTls = scheme === 'https';
  return host === '' ? undefined : { isTls, host, port: hasPort ? Number(end) : isTls ? 443 : 80, path };
}

class Writer {
  readonly identifier: string;
  readonly payloads: PlistValue[] = [];
  readonly losses: Loss[] = [];
  readonly #bundle: Bundle;

  constructor(bundle: Bundle) {
    this.#bundle = bundle;
    this.identifier = `org.depesche.handoff.${bundle.id}`;
  }

  async uuid(id: string): Promise<string> {
    return (await deriveUuid(this.#bundle.id, id)).toUpperCase();
  }

  async #payload(type: string, id: string, name: string): Promise<Dict> {
    const payload = new Dict();
    payload.set('PayloadType', type);
    payload.set('PayloadVersion', 1);
    payload.set('PayloadIdentifier', `${this.identifier}.${id}`);
    payload.set('PayloadUUID', await this.uuid(id));
    payload.set('PayloadDisplayName', name);
    return payload;
  }

  #lose(category: string, id: string, reason: string): void {
    this.losses.push(lossOf(category, id, reason));
  }

  /** The certificates that a profile can carry: with their key, in the one encryption that iOS reads. */
  #p12Of({ p12 }: Certificate): { p12: P12; bytes: Uint8Array } | undefined {
    const bytes = bytesOf(this.#bundle, p12?.data);
    return p12?.encryption === 'pbe-sha1-3des' && bytes ? { p12, bytes } : undefined;
  }

  async certificates(): Promise<void> {
    for (const certificate of this.#bundle.certificates) {
      const found = this.#p12Of(certificate);
      if (found === undefined) {
        this.#lose('certificates', certificate.id, 'no-key-in-a-readable-form');
        continue;
      }
      const name = certificate.emails?.[0] ?? certificate.id;
      const payload = await this.#payload('com.apple.security.pkcs12', certificate.id, certificate.label ?? name);
      payload.set('PayloadCertificateFileName', `${name}.p12`);
      payload.set('PayloadContent', found.bytes);
      setSecret(payload, 'Password', found.p12.password);
      this.payloads.push(payload);
    }
  }

  async account(account: Account): Promise<void> {
    const sender = firstSender(this.#bundle, account);
    if (sender === undefined) {
      this.#lose('accounts', account.id, 'no-usable-identity');
      return;
    }
    const refused = await this.#written(account, sender);
    if (refused !== undefined) {
      this.#lose('accounts', account.id, refused);
      return;
    }
    for (const { id } of identitiesOf(this.#bundle, account)) if (id !== sender.identity.id) this.#lose('identities', id, 'first-identity-only');
    const asked = askedFor(account.incoming);
    if (asked !== undefined) this.#lose('secrets', account.id, asked);
  }

  /** Gives why it could not be written. */
  async #written(account: Account, sender: Sender): Promise<string | undefined> {
    switch (account.incoming.protocol) {
      case 'imap':
        return this.#mail(account, sender, 'EmailTypeIMAP');
      case 'pop3':
        return this.#mail(account, sender, 'EmailTypePOP');
      case 'ews':
      case 'eas':
        return this.#exchange(account, sender.identity);
      default:
        return 'protocol-not-supported';
    }
  }

  async #mail(account: Account, { identity, outgoing }: Sender, kind: string): Promise<string | undefined> {
    const { incoming } = account;
    if (incoming.auth === 'oauth2') return this.#google(account, identity);
    if (outgoing.protocol !== 'smtp') return 'outgoing-protocol-not-supported';
    const payload = await this.#payload('com.apple.mail.managed', account.id, account.name);
    payload.set('EmailAccountDescription', account.name);
    payload.set('EmailAccountName', identity.name ?? '');
    payload.set('EmailAccountType', kind);
    payload.set('EmailAddress', identity.email);
    const refused = setServer(payload, 'Incoming', incoming) ?? setServer(payload, 'Outgoing', outgoing);
    if (refused !== undefined) return refused;
    payload.set('OutgoingPasswordSameAsIncomingPassword', false);
    setSecret(payload, 'IncomingPassword', incoming.password);
    setSecret(payload, 'OutgoingPassword', outgoing.password);
    await this.#setSmime(payload, identity);
    this.payloads.push(payload);
    return undefined;
  }

  async #setSmime(payload: Dict, { smime }: Identity): Promise<void> {
    const usable = async (id: string | null | undefined): Promise<string | undefined> => {
      const certificate = this.#bundle.certificates.find((one) => one.id === id);
      return certificate && this.#p12Of(certificate) ? this.uuid(certificate.id) : undefined;
    };
    const signs = await usable(smime?.signCertificate);
    if (signs !== undefined) {
      payload.set('SMIMESigningEnabled', smime?.signByDefault === true);
      payload.set('SMIMESigningCertificateUUID', signs);
      payload.set('SMIMESigningUserOverrideable', true);
    }
    const encrypts = await usable(smime?.encryptCertificate);
    if (encrypts !== undefined) {
      payload.set('SMIMEEncryptionEnabled', true);
      payload.set('SMIMEEncryptionCertificateUUID', encrypts);
      payload.set('SMIMEEncryptByDefault', smime?.encryption === 'always' || smime?.encryption === 'if-possible');
      payload.set('SMIMEEncryptByDefaultUserOverrideable', true);
      payload.set('SMIMEEnableEncryptionPerMessageSwitch', true);
    }
  }

  /** Of all providers with OAuth, only Google has a payload; the person signs in after installing. */
  async #google(account: Account, identity: Identity): Promise<string | undefined> {
    const issuer = account.incoming.oauth2?.issuer.replace(/^(https:\/\/)+/, '').replace(/\/+$/, '');
    if (issuer !== 'accounts.google.com') return 'oauth2-not-supported';
    const payload = await this.#payload('com.apple.google-oauth', account.id, account.name);
    payload.set('AccountDescription', account.name);
    payload.set('AccountName', identity.name ?? '');
    payload.set('EmailAddress', identity.email);
    this.payloads.push(payload);
    return undefined;
  }

  /** ActiveSync on the host of the web services: mostly so, not always, hence told as a loss. */
  async #exchange(account: Account, identity: Identity): Promise<string | undefined> {
    const { incoming } = account;
    const host = placeOf(incoming.url)?.host ?? incoming.host;
    if (typeof host !== 'string') return 'server-incomplete';
    const payload = await this.#payload('com.apple.eas.account', account.id, account.name);
    payload.set('EmailAddress', identity.email);
    payload.set('Host', host);
    payload.set('SSL', true);
    payload.set('UserName', incoming.username ?? '');
    if (incoming.auth === 'oauth2') payload.set('OAuth', true);
    setSecret(payload, 'Password', incoming.password);
    this.payloads.push(payload);
    if (incoming.protocol === 'ews') this.#lose('accounts', account.id, 'activesync-instead-of-ews');
    return undefined;
  }

  async addressBooks(): Promise<void> {
    for (const book of this.#bundle.addressBooks) {
      const place = book.kind === 'carddav' ? placeOf(book.url) : undefined;
      if (place) await this.#dav('CardDAV', book, place);
      else this.#lose('addressBooks', book.id, 'contacts-as-vcard');
    }
  }

  async calendars(): Promise<void> {
    for (const calendar of this.#bundle.calendars) {
      const place = calendar.kind === 'caldav' ? placeOf(calendar.url) : undefined;
      if (place) await this.#dav('CalDAV', calendar, place);
      else this.#lose('calendars', calendar.id, 'kind-not-supported');
    }
  }

  async #dav(kind: string, one: Bundle['addressBooks'][number] | Bundle['calendars'][number], place: Place): Promise<void> {
    const payload = await this.#payload(`com.apple.${kind.toLowerCase()}.account`, one.id, one.name);
    payload.set(`${kind}AccountDescription`, one.name);
    payload.set(`${kind}HostName`, place.host);
    payload.set(`${kind}Port`, place.port);
    payload.set(`${kind}UseSSL`, place.isTls);
    payload.set(`${kind}Username`, one.username ?? '');
    payload.set(`${kind}PrincipalURL`, place.path);
    setSecret(payload, `${kind}Password`, one.password);
    this.payloads.push(payload);
  }
}

/** Apple has one switch for TLS; it finds out itself whether at once or after STARTTLS. Gives why it cannot be. */
function setServer(payload: Dict, side: string, server: Server): string | undefined {
  const authentication = AUTHENTICATION[server.auth];
  if (authentication === undefined) return 'authentication-not-supported';
  if ((server.host ?? '') === '' || !SECURITIES.includes(server.security ?? '')) return 'server-incomplete';
  payload.set(`${side}MailServerAuthentication`, authentication);
  payload.set(`${side}MailServerHostName`, server.host ?? '');
  payload.set(`${side}MailServerPortNumber`, portOf(server));
  payload.set(`${side}MailServerUseSSL`, server.security !== 'none');
  if (typeof server.username === 'string') payload.set(`${side}MailServerUsername`, server.username);
  return undefined;
}

function setSecret(payload: Dict, key: string, secret: string | null | undefined): void {
  if (typeof secret === 'string') payload.set(key, secret);
}
