/**
 * The password of protected mail.
 *
 * | step | what moves it on |
 * |-|-|
 * | looking | the link holds -> choose; it is over or used -> ask; there is none -> ask by the address |
 * | choose | derived here and taken there -> done |
 * | ask | a new link is asked for -> asked |
 */
import { ApiProblem } from '../api/port.ts';
import type { ApiCredential, ApiPasswordIsSet, ApiPasswordLink } from '../api/protected.ts';
import type { ProtectedVault } from '../vault/protected-vault.ts';
import type { Judged, PasswordStep, PasswordView } from './protected-view.ts';
import { judge, PDF } from './strength.ts';
import { suggest } from './suggest.ts';

/** Credentials of one password: which messages go to one person is not to be read off them. */
const SETS = 16;
/** Some tools cut a password there. */
const SHORT = 32;

export interface PasswordTools {
  vault: Pick<ProtectedVault, 'call'>;
  api: {
    look(token: string): Promise<ApiPasswordLink>;
    set(token: string, sets: ApiCredential[]): Promise<ApiPasswordIsSet>;
    ask(to: { token: string } | { email: string }, language: string): Promise<unknown>;
  };
  house: () => string;
  language: () => 'de' | 'en' | 'cs';
}

export class PasswordFlow implements PasswordView {
  step = $state.raw<PasswordStep>({ at: 'looking' });
  busy = $state(false);
  readonly #token: string;
  readonly #tools: PasswordTools;
  /** Derived once; sent again as it was after a lost answer. */
  #made: { password: string; sets: ApiCredential[] } | undefined;
  #known: string[] = [];
  /** Drawn here, so it is worth what it was drawn from, whatever its words look like. */
  readonly #suggested = new Set<string>();

  constructor(token: string, tools: PasswordTools) {
    this.#token = token;
    this.#tools = tools;
  }

  async start(): Promise<void> {
    if (this.#token === '') {
      this.step = { at: 'ask', why: 'address' };
      return;
    }
    try {
      const link = await this.#tools.api.look(this.#token);
      this.#known = [link.email, link.sender?.name ?? '', link.sender?.email ?? ''];
      this.step = {
        at: 'choose', purpose: link.purpose === 'change' || link.purpose === 'reset' ? link.purpose : 'invite', email: link.email, held: link.held,
        sender: link.sender && { name: link.sender.name, address: link.sender.email },
      };
    } catch (error) {
      this.#over(error);
    }
  }

  /** What is not said of a link that is over, used or unknown. */
  #over(error: unknown): void {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.code === 'password_link_used') this.step = { at: 'ask', why: 'used' };
    else if (error.status === 404 || error.status === 410 || error.code === 'invalid') this.step = { at: 'ask', why: 'over' };
    else if (error.code === 'too_many_tries') this.step = { at: 'gone', why: 'busy', seconds: error.retryAfter };
    else this.step = { at: 'gone', why: 'offline' };
  }

  async judge(text: string): Promise<Judged> {
    const { vault, house, language } = this.#tools;
    const [checked, strength] = await Promise.all([
      vault.call('checkPassword', { password: text }), judge(text, language(), [...this.#known, house(), 'Depesche'], PDF),
    ]);
    return { ...strength, ...checked, ...(this.#suggested.has(text) && { value: 3 as const }) };
  }

  async suggest(): Promise<string> {
    const text = await suggest(this.#tools.language(), SHORT);
    this.#suggested.add(text);
    return text;
  }

  set(password: string): void {
    const { step } = this;
    if (step.at === 'choose' && !this.busy) void this.#set(password, step);
  }

  async #set(password: string, step: PasswordStep & { at: 'choose' }): Promise<void> {
    const { vault, api } = this.#tools;
    this.busy = true;
    try {
      if (this.#made?.password !== password) this.#made = { password, ...(await vault.call('credentials', { password, count: SETS })) };
      const { email, held, changed } = await api.set(this.#token, this.#made.sets);
      this.#made = undefined;
      this.step = { at: 'done', email, held, changed };
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === 410 || error.status === 404) this.#over(error);
      else this.step = { ...step, problem: error.code === 'too_many_tries' ? 'busy' : error.code === 'invalid' ? 'refused' : 'offline' };
    } finally {
      this.busy = false;
    }
  }

  ask(email?: string): void {
    const { step } = this;
    if (step.at === 'ask' && !this.busy) void this.#ask(email, step);
  }

  async #ask(email: string | undefined, step: PasswordStep & { at: 'ask' }): Promise<void> {
    this.busy = true;
    try {
      await this.#tools.api.ask(email === undefined ? { token: this.#token } : { email }, this.#tools.language());
      this.step = { at: 'asked', email };
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.step = { ...step, problem: error.code === 'too_many_tries' ? 'busy' : 'offline' };
    } finally {
      this.busy = false;
    }
  }

  again(): void {
    this.step = { at: 'looking' };
    void this.start();
  }
}
