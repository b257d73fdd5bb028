/** A person's device: the vault's use cases over a server of support/server.ts, with what a browser remembers. */
import type { KeyedApi } from '../../../src/api/keyed-port.ts';
import { fromText, toText } from '../../../src/seal/format.ts';
import type { Seen } from '../../../src/seal/keyring.ts';
import { random, type Bytes } from '../../../src/seal/primitives.ts';
import { makeKeyed } from '../../../src/vault/keyed-calls.ts';
import { keyedRecipients, ownStanza, sealContents } from '../../../src/vault/keyed-post.ts';
import type { CodeMode, KeyReport } from '../../../src/vault/keys-protocol.ts';
import type { Form } from '../../../src/vault/member-protocol.ts';
import { VaultError } from '../../../src/vault/problem.ts';
import type { VaultProblem } from '../../../src/vault/protocol.ts';
import { lower, type FakeServer, type Recipient } from './server.ts';

export const SEALPASS = 'correct horse battery staple';

export interface Sending {
  to: string[];
  level?: number;
  subject?: string;
  message?: string;
  claimCode?: CodeMode;
  inReplyTo?: { parcel: string; level: number };
}

export class Device {
  readonly email: string;
  readonly server: FakeServer;
  readonly seen = new Map<string, Seen>();
  readonly claims = new Map<string, Bytes>();
  readonly reports: KeyReport[] = [];
  readonly links = new Map<string, Bytes>();
  readonly keyed: ReturnType<typeof makeKeyed>['keyed'];
  readonly calls: ReturnType<typeof makeKeyed>['calls'];
  now = 1_790_000_000_000;

  constructor(server: FakeServer, email: string, api: KeyedApi = server.as(email)) {
    this.email = email;
    this.server = server;
    const { keyed, calls } = makeKeyed({
      api,
      seen: {
        get: (account) => Promise.resolve(this.seen.get(account)),
        set: (account, seen) => Promise.resolve(void this.seen.set(account, seen)),
      },
      claims: {
        get: (_, parcel) => Promise.resolve(this.claims.get(parcel)),
        set: (_, parcel, key) => Promise.resolve(void this.claims.set(parcel, key)),
      },
      now: () => this.now,
      say: (report) => { this.reports.push(report); },
      isLoginPassword: (who, password) => Promise.resolve(server.passwords.get(lower(who)) === password),
      recall: (link, tab) => Promise.resolve(this.links.get(`${link} ${tab}`)),
    });
    this.keyed = keyed;
    this.calls = calls;
  }

  async here(): Promise<this> {
    await this.calls.keyring({ account: this.server.account(this.email).id, email: this.email });
    return this;
  }

  /** With a keyring, open. */
  async withKeyring(sealPass = SEALPASS, language: 'de' | 'en' | 'cs' = 'en'): Promise<this> {
    await this.here();
    await this.calls.setUpSealPass({ sealPass, language });
    return this;
  }

  async unlocked(sealPass = SEALPASS): Promise<this> {
    await this.here();
    await this.calls.unlock({ sealPass });
    return this;
  }

  get fingerprint(): string {
    return toText(this.keyed.desk.use().chain.current.fingerprint);
  }

  /** Posts as the vault does, past the upload. */
  async send({ to, level = 4, subject = 'Befund', message = 'Anbei.', claimCode, inReplyTo }: Sending): Promise<{ id: string; codes: Record<string, string>; waiting: string[] }> {
    const options = { days: '', limit: '', password: '', mailedCode: false, notify: false, passOn: true, language: 'de' as const };
    const form: Form = { people: to.map((address) => ({ address })), subject, message, level, options, ...(inReplyTo && { inReplyTo }) };
    const [id, key] = [toText(random(16)), random(32)];
    const account = this.server.account(this.email).id;
    const sealed = await sealContents({ id, key }, form, { account, address: this.email }, { files: [], packs: [] }, this.keyed);
    const own = await ownStanza({ key, sealed }, this.keyed);
    const { recipients, codes, waiting } = await keyedRecipients(
      { addresses: to, limit: undefined, claimCode, inReplyTo, notice: undefined }, { key, sealed }, this.keyed);
    this.server.parcels.set(id, {
      id, level, sender: this.email, subject: level >= 4 ? '' : subject, message: level >= 4 ? '' : message,
      header: toText(sealed.header.bytes), hash: toText(sealed.hash), manifest: sealed.bytes, ...(own && { own }),
      recipients: recipients.map(({ email, stanza, verified, claim_code: code }): Recipient => ({
        email, ...(stanza && { stanza }), ...(verified && { verified }), ...(code && { code: { ...code, tries: code.mode === 'instant' ? 10 : 3, wrong: false } }),
      })),
    });
    return { id, codes: Object.fromEntries(codes.map(({ email, words }) => [email, words])), waiting };
  }

  open(parcel: string) {
    return this.calls.openParcel({ parcel, token: toText(random(32)) });
  }

  async release(parcel: string, email: string, verified: 'words' | 'code' | 'pinned' | 'no', sealPass = SEALPASS) {
    const { people } = await this.calls.waiting({});
    const found = people.find((one) => one.parcel === parcel && lower(one.email) === lower(email));
    if (found === undefined) throw new Error('nobody waits');
    return this.calls.release({ sealPass, releases: [{ parcel, email, fingerprint: found.fingerprint, verified }] });
  }
}

/** The problem that a call fails with; a call that does not fail fails the test. */
export async function problem(deed: unknown): Promise<VaultProblem | { kind: 'code'; code: string }> {
  try {
    await deed;
  } catch (error) {
    if (error instanceof VaultError) return error.problem;
    if (error instanceof Error && 'code' in error) return { kind: 'code', code: String(error.code) };
    throw error;
  }
  throw new Error('it went through');
}

export const bytes = (text: string, length: number): Bytes => fromText(text, length);
