/** People with whom there is a delivery, their keys, and how far these are trusted. */
import type { Contact } from '../vault/keys-protocol.ts';
import { VaultError } from '../vault/problem.ts';
import type { KeyringFlow, KeyringVault } from './keyring.svelte.ts';
import type { ContactsView } from './keyring-view.ts';

export interface ContactsTools {
  vault: KeyringVault;
  keyring: KeyringFlow;
  onsession: () => void;
}

export class ContactsFlow implements ContactsView {
  contacts = $state.raw<Contact[]>([]);
  loading = $state(true);
  offline = $state(false);
  words = $state.raw<Record<string, string[]>>({});
  readonly #tools: ContactsTools;

  constructor(tools: ContactsTools) {
    this.#tools = tools;
  }

  get locked(): boolean {
    return this.#tools.keyring.state === 'locked';
  }

  async load(): Promise<void> {
    await this.#guard(async () => { this.contacts = (await this.#tools.vault.call('contacts', {})).contacts; });
    this.loading = false;
  }

  show(fingerprint: string): void {
    if (this.words[fingerprint] !== undefined) return;
    void this.#guard(async () => {
      const { words } = await this.#tools.vault.call('wordsOf', { fingerprints: [fingerprint] });
      this.words = { ...this.words, ...words };
    });
  }

  trust(contact: Contact, how: 'words' | 'no'): void {
    const fingerprint = contact.key?.fingerprint;
    if (fingerprint === undefined) return;
    void this.#guard(async () => {
      const { keyring, vault } = this.#tools;
      const person = await keyring.need(() => vault.call('trustKey', { email: contact.email, fingerprint, verified: how }));
      if (person === undefined) return;
      keyring.changed = keyring.changed.filter(({ email }) => email !== contact.email);
      this.contacts = this.contacts.map((one) => (one.email === contact.email ? { ...one, ...person } : one));
    });
  }

  unlock(): void {
    void this.#tools.keyring.ask().then((opened) => (opened ? this.load() : undefined));
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.offline = false;
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      if (error.problem.kind === 'server' && error.problem.status === 401) this.#tools.onsession();
      else this.offline = true;
    }
  }
}
