/**
 * What page and handoff vault say to each other. HS is drawn or read in the vault and stays there; the only thing with it in
 * that comes out is the code to be shown on a screen. Every call is answered once; taking reports how far it is.
 */
import type { Target } from '../settings/convert.ts';
import type { Signatures } from '../settings/k9s.ts';
import type { ProfileTexts } from '../settings/mobileconfig.ts';
import type { Content as Category, Heading, NamedLoss } from '../settings/select.ts';
import type { Part, Weight } from '../settings/weight.ts';

export type { Category, Heading, NamedLoss, Part, ProfileTexts, Signatures, Target, Weight };
export type HandoffState = 'empty' | 'filling' | 'waiting' | 'leased' | 'committed' | 'lapsed' | 'expired' | 'cancelled';

/** A code that waits. */
export interface Offered {
  id: string;
  /** Until when it waits, ms. */
  expires: number;
  /** Sealed bytes. */
  size: number;
  /** The source's secret: watches and cancels, opens nothing. */
  source: string;
}

export interface Watched {
  state: HandoffState;
  revision: number;
  expires: number;
  /** The three words of the device that takes, where this vault holds HS. */
  words: string[] | undefined;
}

/** A settings bundle, as the page may know it. */
export interface Settings {
  contents: Category[];
  /** What did not come along when the bundle was made, and what this version cannot make out. */
  losses: NamedLoss[];
  targets: { target: Target; carries: readonly Heading[] }[];
  /** The program they are from. */
  app: string;
  created: number | undefined;
}

export interface Taken {
  name: string;
  type: string;
  /** Bytes of the file. */
  size: number;
  words: string[];
  /** Undefined: a plain file. */
  settings: Settings | undefined;
  /** A bundle that this version cannot read: it can still be saved. */
  unread: 'other-version' | 'damaged' | undefined;
}

export interface Wish {
  target: Target;
  /** Headings that are left out. */
  left: Heading[];
  signatures: Signatures;
  texts: ProfileTexts;
  /** Name of the zip where there are several files. */
  zip: string;
}

export interface Made {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

type Nothing = Record<string, never>;

export interface HandoffCalls {
  /** Packs, seals and offers a file. `base`: the server's address, for the code. */
  offer: { ask: { file: Blob; name: string; type: string; base: string }; answer: Offered & { url: string; typed: string[] } };
  /** What takes the room in settings; nothing of another file. */
  weigh: { ask: { file: Blob }; answer: { weights: Weight[] } };
  /** The same settings without these parts. */
  without: { ask: { file: Blob; parts: Part[] }; answer: { bytes: Uint8Array<ArrayBuffer> } };
  /** Makes an empty slot that another device fills. */
  askFor: { ask: { base: string }; answer: Offered & { url: string } };
  /** Waits for a change, at most half a minute. */
  watch: { ask: { id: string; source: string; after: number | undefined }; answer: Watched };
  cancel: { ask: { id: string; source: string }; answer: Nothing };

  /** The part behind the `#`, or the same tab's after a reload. Gives nothing where there is none. */
  read: { ask: { id: string; fragment: string | undefined; tab: string }; answer: { direction: 'take' | 'fill' | undefined } };
  /** A whole scanned text. */
  scanned: { ask: { text: string }; answer: { id: string; direction: 'take' | 'fill'; ours: boolean; url: string } };
  /** The typed words; gives where they lead. */
  typed: { ask: { words: string }; answer: { id: string } };
  /** Whether it is there. Takes nothing. */
  look: { ask: { id: string }; answer: { expires: number; size: number } };
  /** Puts a file into the slot that another device made. */
  fill: { ask: { id: string; file: Blob; name: string; type: string }; answer: Offered };
  /** Fetches, opens, says so to the server. Reports. */
  take: { ask: { id: string; token: string; tab: string }; answer: Taken };

  /** What the target does not carry, before anything is made. */
  preview: { ask: Wish; answer: { losses: NamedLoss[] } };
  /** The target's file. */
  make: { ask: Wish; answer: { file: Made; several: number; passwords: { file: string; password: string }[]; losses: NamedLoss[] } };
  /** The file as it came. */
  plain: { ask: Nothing; answer: Made };
}

/** How far taking is. */
export interface HandoffReport {
  done: number;
  total: number;
  /** The connection is gone; it is tried again. */
  waiting: boolean;
}
