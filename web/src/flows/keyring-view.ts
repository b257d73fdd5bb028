/** The keyring as pages show it: set up, unlocked, changed, regained. */
import type { Contact, KeyringState, Trust } from '../vault/keys-protocol.ts';

export type { Contact, KeyringState, Trust };

/** What the lines of a strength meter say: 0 too short, 1 almost, 2 strong, 3 very strong. */
export interface Strength {
  value: 0 | 1 | 2 | 3;
  words: number;
}

export type SecretProblem = 'wrong' | 'short' | 'login-password' | 'kit-mistyped' | 'kit-wrong' | 'distrusted' | 'offline' | 'failed';

/** A page or a dialog that asks for the SealPass. */
export interface UnlockView {
  /** Somebody waits for it. */
  readonly asking: boolean;
  readonly busy: boolean;
  readonly problem: SecretProblem | undefined;
  unlock(sealPass: string): void;
  cancel(): void;
}

/** What is printed. Times in ms. */
export interface Kit {
  /** Groups of characters, `-` between them. */
  code: string;
  name: string;
  address: string;
  host: string;
  made: number;
  /** Of the account's kits; a newer one ends the older. */
  number: number;
  /** Of the kit; groups. */
  id: string;
}

export type SealPassStep =
  | { at: 'looking' }
  /** The first one, or a new one by the kit. */
  | { at: 'choose'; by: 'nothing' | 'kit' }
  | { at: 'kit'; kit: Kit; first: boolean }
  | { at: 'change' }
  | { at: 'manage'; kit: boolean; open: boolean; done?: 'changed' | 'recovered' | undefined; words?: string[] | undefined };

export interface SealPassView {
  readonly step: SealPassStep;
  readonly busy: boolean;
  readonly problem: SecretProblem | undefined;
  /** A letter waits for this: who sent the first one, and how many there are. */
  readonly waits: { name: string; count: number } | undefined;
  /** There was one, and it was reset. */
  readonly reset: boolean;
  strength(text: string): Promise<Strength>;
  setUp(sealPass: string): void;
  change(old: string, sealPass: string, known: boolean): void;
  recover(kit: string, sealPass: string): void;
  /** Makes a new kit; an older one ends. */
  makeKit(): void;
  putAway(): void;
  lock(): void;
  go(to: 'manage' | 'change' | 'recover'): void;
}

export interface ContactsView {
  readonly contacts: Contact[];
  readonly loading: boolean;
  readonly offline: boolean;
  /** Trust is known only while the keyring is open. */
  readonly locked: boolean;
  /** Words by fingerprint; none while they are made. */
  readonly words: Record<string, string[]>;
  show(fingerprint: string): void;
  trust(contact: Contact, how: 'words' | 'no'): void;
  unlock(): void;
}
