/**
 * What the members' pages say to their vault about the keyring: use cases, not primitives. The SealPass, a kit and a code go in
 * where a person brings them. What comes out may be shown: words, fingerprints, a kit that was asked for. Keys stay in the vault.
 *
 * | the keyring is | what moves it on |
 * |-|-|
 * | none | `setUpSealPass` -> open |
 * | locked | `unlock`, `recover` -> open |
 * | open | `lock`, ten minutes without a call that needs it, another page -> locked |
 */
import type { ListedFile, Sink } from './protocol.ts';

export interface KeyringState {
  state: 'none' | 'locked' | 'open';
  /** Of the own key, as text; none without a keyring. */
  fingerprint: string | undefined;
  /** Number of the keyring's newest version. */
  version: number;
  /** There is a recovery kit. */
  kit: boolean;
  /** An administrator has asked for a reset: when everything sealed to this keyring will be closed for good, ms. */
  resetDue: number | undefined;
  /** The keyring before was reset by an administrator: there is none since, or this one was made after it. */
  reset: boolean;
}

/**
 * How far this account trusts somebody's key. Pins are known only while the keyring is open: `locked` until then.
 *
 * | trust | at level 3 | at level 4 |
 * |-|-|-|
 * | `verified` words or code were compared | yes | yes |
 * | `seen` pinned, not compared | yes, labelled | waits |
 * | `new` never met | waits for a release | waits |
 * | `renewed` the pinned key itself names its follower | as before; to be shown once | as before |
 * | `reset` an administrator has reset the person's SealPass | waits for a release | waits |
 * | `changed` another key than the pinned one, without a reason: alarm | refused until words are compared | refused |
 */
export type Trust = 'verified' | 'seen' | 'new' | 'renewed' | 'reset' | 'changed' | 'locked';

/** The highest level at which something goes to this key at once; 2: nothing does, it waits for a release. */
export type UpTo = 2 | 3 | 4;

export interface PersonKey {
  email: string;
  name: string | undefined;
  /** None: no SealPass yet (or no account: the server does not tell which). */
  key: { account: string; fingerprint: string; epoch: number; trust: Trust; upTo: UpTo } | undefined;
}

/** How a key was verified. `pinned`: it was before, nobody compared now. */
export type Verified = 'words' | 'code' | 'pinned' | 'no';

/** Somebody who waits for the release of one delivery. */
export interface WaitingPerson {
  parcel: string;
  level: number;
  /** None at level 4. */
  subject: string | undefined;
  email: string;
  name: string | undefined;
  /** Since when, ms. */
  since: number;
  fingerprint: string;
  trust: Trust;
  /** The claim code that was set: `right` = the recipient knew it, so the key is verified. `wrong`: a try was lost. */
  code: { state: 'none' | 'right' | 'wrong' | 'locked'; triesLeft: number | undefined };
  /** Provided before, and destroyed by a reset, ms: it is to be provided again. */
  lost: number | undefined;
  /** This account can still open it, so it can be released. Unknown counts as true; the release tells. */
  releasable: boolean;
}

export interface Releasing {
  parcel: string;
  email: string;
  /** The key that was shown; another one that the server puts in its place is refused. */
  fingerprint: string;
  verified: Verified;
}

/**
 * Why one of many was not released. `changed`: the server now shows another key than the page did. `gone`: no recipient any more;
 * `closed`: withdrawn or over; `done`: another device was quicker; `refused`: it does not open here, or is not what it says.
 */
export type NotReleased = 'unverified' | 'changed' | 'gone' | 'closed' | 'done' | 'disabled' | 'code-wrong' | 'refused';

/** A delivery that lies open in the vault: its files are saved by `save`. */
export interface OpenedParcel {
  parcel: string;
  level: number;
  subject: string;
  message: string;
  sender: { email: string; name: string | undefined; fingerprint: string | undefined; trust: Trust | 'unsigned' };
  /** Who made it openable for this account: the sender; oneself (level 2, instant code); somebody without an account. */
  by: 'sender' | 'self' | 'outside' | 'link';
  inReplyTo: { parcel: string; level: number } | undefined;
  files: ListedFile[];
  /** File objects and packs, for receipts. */
  objects: string[];
}

export interface ClaimCode {
  email: string;
  /** As it is told: words with hyphens between. */
  words: string;
  mode: CodeMode;
}

/** `confirm`: the sender's client checks it and releases. `instant`: it opens at once. */
export type CodeMode = 'confirm' | 'instant';

export interface Contact extends PersonKey {
  /** When the pin was made, ms. */
  since: number | undefined;
}

export interface KeyCalls {
  /** How the keyring stands; asked first on every page, and after a login. */
  keyring: { ask: { account: string; email: string }; answer: KeyringState };
  /**
   * Makes the keyring. `language`: of its words, for good. The page judges strength; the vault refuses what is shorter than
   * 12 characters and the login password, by trying it (problem `sealpass`).
   */
  setUpSealPass: { ask: { sealPass: string; language: 'de' | 'en' | 'cs' }; answer: KeyringState };
  unlock: { ask: { sealPass: string }; answer: KeyringState };
  lock: { ask: Record<string, never>; answer: KeyringState };
  /** `known`: somebody may know the old one; then the master key is made anew as well, and an old kit ends. */
  changeSealPass: { ask: { old: string; sealPass: string; known: boolean }; answer: KeyringState };
  /** Makes a recovery kit; an older one ends. `code` is what is printed: groups of characters. `number` and `id` tell kits apart. */
  makeKit: { ask: Record<string, never>; answer: { code: string; number: number; id: string; email: string; fingerprint: string; made: number } };
  /** Opens by the kit and sets a new SealPass. Nothing is lost. */
  recover: { ask: { kit: string; sealPass: string }; answer: KeyringState };

  /** Six words of keys, and of the own one, in the list of the key's owner. Takes a fifth of a second each. */
  wordsOf: { ask: { fingerprints: string[] }; answer: { words: Record<string, string[]> } };
  /** Whether these people have keys, and how far they are trusted; composing shows by it what will happen. */
  keysOf: { ask: { emails: string[] }; answer: { people: PersonKey[] } };
  contacts: { ask: Record<string, never>; answer: { contacts: Contact[] } };
  /** Words were compared and are the same, or (`verified: no`) the new key is taken without. The pin follows. */
  trustKey: { ask: { email: string; fingerprint: string; verified: 'words' | 'no' }; answer: PersonKey };

  /**
   * Who waits for this account's release. Works while locked; then trust and code say so. Whoever has opened by an instant code that
   * was right is released to here, without asking: the code was the sender's word.
   */
  waiting: { ask: Record<string, never>; answer: { people: WaitingPerson[] } };
  /** One SealPass entry, one batch; also opens the keyring. Reports `releasing`. */
  release: {
    ask: { sealPass: string; releases: Releasing[] };
    answer: { released: Releasing[]; refused: (Releasing & { why: NotReleased })[] };
  };
  /** The claim codes of a delivery that this account sent, to be told again. */
  codesOf: { ask: { parcel: string }; answer: { codes: ClaimCode[] } };

  /** A code for somebody who waits: the first one, or a new one after three wrong tries. The old one ends. */
  newCode: { ask: { parcel: string; email: string; mode: CodeMode }; answer: ClaimCode };

  /**
   * Opens a delivery from the inbox. `token`: the claim's, made by the page as for links; pings and receipts are the page's.
   * While it waits for a release: problem `server` with the server's code.
   */
  openParcel: { ask: { parcel: string; token: string }; answer: OpenedParcel };
  /** The recipient's claim code, words in any case, blanks or hyphens between. `waits`: the sender's client will check it. */
  enterClaimCode: { ask: { parcel: string; code: string }; answer: { state: 'waits' | 'ready' } };
  /**
   * Level 2, from the landing page, by a logged-in person with an open keyring: the link is needed no more. The link is that
   * which this tab's visit opened (`takeLink` with the same `tab`), or one that is pasted.
   */
  keepForGood: {
    ask: { parcel: string; token: string; link: { id: string; tab?: string; fragment?: string; password?: string } };
    answer: Record<string, never>;
  };
  /** Of the delivery that was opened last; as the visitors' calls of the same names. Reports `saving`. */
  save: { ask: { job: number; files: number[]; zip: boolean; token: string; sink: Sink }; answer: { blob: Blob | undefined } };
  measure: { ask: { files: number[]; zip: boolean }; answer: { bytes: number } };
  stopSaving: { ask: { job: number }; answer: Record<string, never> };

  /** Unposted drafts of this account that another device began; their finished files can be taken over. `locked`: there are, and the SealPass shows them. */
  draftsElsewhere: { ask: Record<string, never>; answer: { drafts: { parcel: string; level: number; subject: string; begun: number }[]; locked: boolean } };
  /** Makes one of them this browser's; then `openDraft` finds it. Unfinished files must be chosen again. */
  takeDraft: { ask: { parcel: string }; answer: Record<string, never> };
}

/** What it says by itself. */
export type KeyReport =
  /** The keyring was locked: nobody used it for a while. */
  | { kind: 'locked' }
  /** Somebody's key is not the one that was pinned. */
  | { kind: 'key-changed'; email: string; trust: 'renewed' | 'reset' | 'changed' }
  | { kind: 'releasing'; done: number; of: number }
  | { kind: 'saving'; job: number; file: number; done: number; verified: boolean; waiting: boolean };
