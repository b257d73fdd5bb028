/** The SealPass page: set-up with the recovery kit, change, recovery by the kit. A kit that was not put away can be made again. */
import type { ApiAccount } from '../api/members.ts';
import { VaultError } from '../vault/problem.ts';
import { secretProblem, type KeyringFlow, type KeyringVault } from './keyring.svelte.ts';
import type { SealPassStep, SealPassView, SecretProblem, Strength } from './keyring-view.ts';
import { judge } from './strength.ts';

export interface SealPassTools {
  vault: KeyringVault;
  keyring: KeyringFlow;
  account: Pick<ApiAccount, 'id' | 'email' | 'name'>;
  house: string;
  host: string;
  language: () => 'de' | 'en' | 'cs';
  /** Who waits for this SealPass, as far as the server says. */
  waits: () => Promise<{ name: string; count: number } | undefined>;
  /** The set-up is complete: back to where it was needed. */
  ondone: () => void;
}

export class SealPassFlow implements SealPassView {
  step = $state.raw<SealPassStep>({ at: 'looking' });
  busy = $state(false);
  problem = $state<SecretProblem>();
  waits = $state.raw<{ name: string; count: number }>();
  readonly #tools: SealPassTools;

  constructor(tools: SealPassTools) {
    this.#tools = tools;
  }

  start(): void {
    const { keyring, waits } = this.#tools;
    if (keyring.keyring?.state === 'none') {
      this.step = { at: 'choose', by: 'nothing' };
      void waits().then((found) => { this.waits = found; }, () => undefined);
    } else this.#manage();
  }

  #manage(done?: 'changed' | 'recovered'): void {
    const { keyring } = this.#tools;
    const open = keyring.state === 'open';
    this.step = { at: 'manage', kit: keyring.keyring?.kit ?? false, open, done };
    if (open) void this.#words();
  }

  async #words(): Promise<void> {
    const { vault, keyring } = this.#tools;
    const fingerprint = keyring.keyring?.fingerprint;
    if (fingerprint === undefined) return;
    const found = await vault.call('wordsOf', { fingerprints: [fingerprint] }).catch(() => undefined);
    if (this.step.at === 'manage') this.step = { ...this.step, words: found?.words[fingerprint] };
  }

  get reset(): boolean {
    return this.#tools.keyring.keyring?.reset ?? false;
  }

  go(to: 'manage' | 'change' | 'recover'): void {
    this.problem = undefined;
    if (to === 'change') this.step = { at: 'change' };
    else if (to === 'recover') this.step = { at: 'choose', by: 'kit' };
    else this.#manage();
  }

  strength(text: string): Promise<Strength> {
    const { account, house, language } = this.#tools;
    return judge(text, language(), [account.name, account.email, house, 'SealPass', 'Depesche']);
  }

  setUp(sealPass: string): void {
    void this.#do(async () => {
      const { vault, keyring, language } = this.#tools;
      keyring.took(await vault.call('setUpSealPass', { sealPass, language: language() }));
      await this.#kit(true);
    });
  }

  change(old: string, sealPass: string, known: boolean): void {
    void this.#do(async () => {
      const { vault, keyring } = this.#tools;
      keyring.took(await vault.call('changeSealPass', { old, sealPass, known }));
      this.#manage('changed');
    });
  }

  recover(kit: string, sealPass: string): void {
    void this.#do(async () => {
      const { vault, keyring } = this.#tools;
      keyring.took(await vault.call('recover', { kit, sealPass }));
      this.#manage('recovered');
    });
  }

  makeKit(): void {
    void this.#do(() => this.#tools.keyring.need(() => this.#kit(false)));
  }

  async #kit(first: boolean): Promise<void> {
    const { vault, keyring, account, host } = this.#tools;
    const { code, email, number, id, made } = await vault.call('makeKit', {});
    if (keyring.keyring) keyring.keyring = { ...keyring.keyring, kit: true };
    this.step = { at: 'kit', first, kit: { code, name: account.name, address: email, host, made, number, id } };
  }

  putAway(): void {
    const first = this.step.at === 'kit' && this.step.first;
    this.#manage();
    if (first) this.#tools.ondone();
  }

  lock(): void {
    void this.#do(async () => {
      this.#tools.keyring.took(await this.#tools.vault.call('lock', {}));
      this.#manage();
    });
  }

  async #do(work: () => Promise<unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      this.problem = secretProblem(error.problem);
      // Set up elsewhere meanwhile, or half finished before: what is there counts.
      if (error.problem.kind === 'server' && error.problem.code === 'sealpass_exists') await this.#again();
    } finally {
      this.busy = false;
    }
  }

  async #again(): Promise<void> {
    const { keyring, account } = this.#tools;
    await keyring.load(account.id, account.email).catch(() => undefined);
    this.problem = undefined;
    this.start();
  }
}
