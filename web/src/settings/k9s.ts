/** Bundle to `.k9s`, the settings of Thunderbird for Android and K-9 Mail: what `crates/settings/src/k9s/writer.rs` writes. */
import type { Account, Bundle, Identity, Server, Signature } from './bundle.ts';
import { htmlToText, imagesFromBlobs } from './html.ts';
import { lossOf, type Loss } from './loss.ts';
import { identitiesOf, signatureOf } from './references.ts';
import { askedFor, firstSender, isPlainAddress, portOf, uncarried, type Sender } from './sending.ts';
import { isObject } from './shape.ts';
import { deriveUuid, isUuid } from './uuid.ts';
import { escapeXml } from './xml.ts';

/** The version that the app's own QR importer writes; every app that is in use reads it. */
const VERSION = 99;
/** The first version with HTML signatures. Older apps would show the tags. */
const VERSION_WITH_HTML = 111;
export const K9S_TYPE = 'application/x-k9settings';

/** How signatures go along: as text every app reads them. */
export type Signatures = 'text' | 'html';

interface Taken {
  sender: Sender;
  kind: 'IMAP' | 'POP3';
  incomingAuth: string;
  outgoingAuth: string;
}

const AUTHENTICATION: Record<string, string> = {
  none: 'NONE', password: 'PLAIN', 'password-encrypted': 'CRAM_MD5', 'tls-certificate': 'EXTERNAL', oauth2: 'XOAUTH2',
};
const SECURITY: Record<string, string> = { none: 'NONE', starttls: 'STARTTLS_REQUIRED', tls: 'SSL_TLS_REQUIRED' };
/** The intervals that the app offers, in minutes. */
const INTERVALS = [15, 30, 60, 120, 180, 360, 720, 1440];
const ROLES = [['sent', 'sent'], ['drafts', 'drafts'], ['archive', 'archive'], ['junk', 'spam'], ['trash', 'trash']] as const;

const securityOf = (server: Server): string | undefined => SECURITY[server.security ?? ''];

function accepted(bundle: Bundle, account: Account): Taken | string {
  const { incoming } = account;
  if (incoming.protocol !== 'imap' && incoming.protocol !== 'pop3') return 'protocol-not-supported';
  const incomingAuth = AUTHENTICATION[incoming.auth];
  if (incomingAuth === undefined) return 'authentication-not-supported';
  const sender = firstSender(bundle, account);
  if (sender === undefined) return 'no-usable-identity';
  if (sender.outgoing.protocol !== 'smtp') return 'outgoing-protocol-not-supported';
  const outgoingAuth = AUTHENTICATION[sender.outgoing.auth];
  if (outgoingAuth === undefined) return 'authentication-not-supported';
  const whole = [incoming, sender.outgoing].every((server) => (server.host ?? '') !== '' && securityOf(server) !== undefined);
  return whole ? { sender, kind: incoming.protocol === 'imap' ? 'IMAP' : 'POP3', incomingAuth, outgoingAuth } : 'server-incomplete';
}

/** Writes the accounts that the app can take. */
export async function writeK9s(bundle: Bundle, signatures: Signatures = 'text'): Promise<{ text: string; losses: Loss[] }> {
  const writer = new Writer(bundle, signatures);
  writer.open(`k9settings version="${signatures === 'html' ? VERSION_WITH_HTML : VERSION}" format="1"`);
  writer.open('accounts');
  for (const account of bundle.accounts) {
    const taken = accepted(bundle, account);
    if (typeof taken === 'string') writer.losses.push(lossOf('accounts', account.id, taken));
    else await writer.account(account, taken);
  }
  writer.close('accounts');
  writer.close('k9settings');
  writer.losses.push(...uncarried(bundle, ['accounts', 'signatures']));
  return { text: `<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n${writer.lines.join('\n')}\n`, losses: writer.losses };
}

class Writer {
  readonly lines: string[] = [];
  readonly losses: Loss[] = [];
  readonly #bundle: Bundle;
  readonly #signatures: Signatures;
  #depth = 0;

  constructor(bundle: Bundle, signatures: Signatures) {
    this.#bundle = bundle;
    this.#signatures = signatures;
  }

  #line(text: string): void {
    this.lines.push('  '.repeat(this.#depth) + text);
  }

  open(tag: string): void {
    this.#line(`<${tag}>`);
    this.#depth += 1;
  }

  close(tag: string): void {
    this.#depth -= 1;
    this.#line(`</${tag}>`);
  }

  #element(tag: string, text: string): void {
    this.#line(`<${tag}>${escapeXml(text)}</${tag}>`);
  }

  #value(key: string, text: string): void {
    this.#line(`<value key="${key}">${escapeXml(text)}</value>`);
  }

  async account(account: Account, taken: Taken): Promise<void> {
    // The app's own id first: importing its own export again means the same account.
    const uuid = isUuid(account.id) ? account.id.toLowerCase() : await deriveUuid(this.#bundle.id, account.id);
    const { outgoing } = taken.sender;
    this.open(`account uuid="${uuid}"`);
    this.#element('name', account.name);
    this.#server('incoming-server', taken.kind, account.incoming, taken.incomingAuth);
    this.#server('outgoing-server', 'SMTP', outgoing, taken.outgoingAuth);
    this.#settings(account);
    this.#identities(account, outgoing.id);
    this.close('account');
    for (const [id, server] of [[account.id, account.incoming], [outgoing.id, outgoing]] as const) {
      const reason = askedFor(server);
      if (reason !== undefined) this.losses.push(lossOf('secrets', id, reason));
    }
  }

  #server(tag: string, kind: string, server: Server, authentication: string): void {
    this.open(`${tag} type="${kind}"`);
    this.#element('host', server.host ?? '');
    this.#element('port', String(portOf(server)));
    this.#element('connection-security', securityOf(server) ?? 'NONE');
    this.#element('authentication-type', authentication);
    if (typeof server.username === 'string') this.#element('username', server.username);
    if (typeof server.password === 'string') this.#element('password', server.password);
    this.close(tag);
  }

  /** What the app's defaults get wrong: deletions that never reach the server, no notice of new mail. */
  #settings(account: Account): void {
    const wished = account.options?.checkMinutes;
    const minutes = typeof wished === 'number' && Number.isInteger(wished) && wished >= 0 ? wished : 15;
    const values = new Map([
      ['deletePolicy', account.incoming.protocol === 'imap' ? 'DELETE' : 'NEVER'],
      ['notifyNewMail', 'true'],
      ['automaticCheckIntervalMinutes', String(INTERVALS.find((offered) => offered >= minutes) ?? 1440)],
    ]);
    for (const [role, name] of ROLES) {
      const folder = account.folders?.[role];
      if (folder === undefined) continue;
      values.set(`${name}FolderName`, folder);
      values.set(`${name}FolderSelection`, 'MANUAL');
    }
    // What the reader kept of an account that came from the app.
    const own = account.options?.['x-k9'];
    for (const [key, value] of Object.entries(isObject(own) ? own : {}).sort(([a], [b]) => (a < b ? -1 : 1)))
      if (/^[A-Za-z0-9]+$/.test(key) && typeof value === 'string') values.set(key, value);
    this.open('settings');
    for (const [key, value] of values) this.#value(key, value);
    this.close('settings');
  }

  #identities(account: Account, outgoing: string): void {
    const lose = ({ id }: Identity, reason: string): void => { this.losses.push(lossOf('identities', id, reason)); };
    this.open('identities');
    for (const identity of identitiesOf(this.#bundle, account)) {
      if (!isPlainAddress(identity.email)) {
        lose(identity, 'address-not-supported');
        continue;
      }
      if (identity.outgoing !== outgoing) lose(identity, 'sent-by-the-first-server');
      if ((identity.bcc ?? []).length > 0) lose(identity, 'bcc-not-in-format');
      this.#identity(identity);
    }
    this.close('identities');
  }

  #identity(identity: Identity): void {
    this.open('identity');
    this.#element('name', identity.name ?? identity.email);
    this.#element('email', identity.email);
    if (typeof identity.label === 'string') this.#element('description', identity.label);
    const signature = signatureOf(this.#bundle, identity);
    if (signature !== undefined || typeof identity.replyTo === 'string') {
      this.open('settings');
      if (signature !== undefined) this.#signature(signature);
      if (typeof identity.replyTo === 'string') this.#value('replyTo', identity.replyTo);
      this.close('settings');
    }
    this.close('identity');
  }

  #signature({ id, html, text }: Signature): void {
    this.#value('signatureUse', 'true');
    if (typeof html === 'string' && this.#signatures === 'html') {
      this.#value('signature', imagesFromBlobs(html, this.#bundle.blobs));
      this.#value('signatureIsHtml', 'true');
      return;
    }
    if (typeof html === 'string') this.losses.push(lossOf('signatures', id, 'text-instead-of-html'));
    this.#value('signature', text ?? htmlToText(html ?? ''));
  }
}
