/** What the handoff pages show; the flows keep it true. Times in ms, sizes in bytes. */
import type { Category, Heading, NamedLoss, Part, Settings, Target, Weight } from '../vault/handoff-protocol.ts';

export type { Category, Heading, NamedLoss, Part, Settings, Target, Weight };

/** Why nothing can be had or offered; each has its own page. */
export type Gone =
  | 'taken' | 'taken-here' | 'expired' | 'lapsed' | 'cancelled' | 'unknown' | 'wrong-key' | 'garbled' | 'newer' | 'cut' | 'mistyped' | 'busy'
  | 'offline' | 'too-many' | 'filled' | 'insecure' | 'old' | 'wrong';

/** Why a file cannot be offered now. */
export type Refused = 'too-large' | 'full' | 'too-many' | 'offline' | 'name' | 'empty' | 'wrong';

export type SourceStep =
  /** A file is chosen. `account`: only who is logged in may offer here. */
  | { at: 'choose'; refused?: Refused | undefined; seconds?: number | undefined; weights?: Weight[] | undefined }
  | { at: 'account' }
  | { at: 'sealing'; name: string }
  /** `url`, `typed`: none after a reload, and none where the other device shows the code. */
  | { at: 'offered'; state: 'waiting' | 'leased'; name: string; size: number; expires: number; url?: string | undefined; typed?: string[] | undefined; reverse: boolean }
  | { at: 'over'; why: 'committed' | 'lapsed' | 'expired' | 'cancelled' | 'unknown'; url: string | undefined; reverse: boolean }
  /** The camera looks for the new device's code. */
  | { at: 'scan'; problem?: 'foreign' | 'other-server' | 'no-camera' | undefined }
  | { at: 'gone'; why: Gone; seconds?: number | undefined };

export interface SourceView {
  readonly step: SourceStep;
  /** The three words that both screens show. */
  readonly words: string[] | undefined;
  /** Seconds left. */
  readonly left: number;
  /** Another device's slot is filled: there is no code to show. */
  readonly fills: boolean;
  give(file: File): void;
  /** The settings that were too large, without some of them. */
  giveWithout(parts: Part[]): void;
  cancel(): void;
  /** Back to choosing. */
  again(): void;
  scan(): void;
  /** What the camera read; none if there is no camera. */
  scanned(text: string | undefined): void;
}

export interface Passwords {
  file: string;
  password: string;
}

export type TargetStep =
  | { at: 'looking' }
  /** `/h`: the words are typed, or this device shows a code. */
  | { at: 'words'; problem?: 'unknown' | 'count' | 'nowhere' | 'busy' | 'memory' | undefined; seconds?: number | undefined }
  /** This device shows the code, the other scans it. */
  | { at: 'showing'; url: string; expires: number; state: 'empty' | 'filling' | 'waiting' }
  /** Taking it needs a tap. Without figures until the server has said what is there. */
  | { at: 'ready'; size?: number; expires?: number }
  /** The code asks for something: this device gives it. */
  | { at: 'fill'; source: SourceView }
  | { at: 'fetching'; done: number; total: number; waiting: boolean }
  | { at: 'opened'; name: string; size: number; settings: Settings | undefined; unread: 'other-version' | 'damaged' | undefined }
  | { at: 'saved'; target: Target | 'plain'; name: string; several: number; passwords: Passwords[]; losses: NamedLoss[]; offered: boolean }
  | { at: 'gone'; why: Gone; seconds?: number | undefined };

export interface TargetView {
  readonly step: TargetStep;
  readonly words: string[] | undefined;
  readonly left: number;
  readonly busy: boolean;
  /** Headings that are taken over. */
  readonly chosen: ReadonlySet<Heading>;
  readonly target: Target;
  /** Targets, those that fit this device first. */
  readonly targets: Target[];
  /** What `target` will leave behind. */
  readonly losses: NamedLoss[];
  type(words: string): void;
  show(): void;
  take(): void;
  toggle(heading: Heading): void;
  aim(target: Target): void;
  /** Makes the target's file and hands it to the device. */
  save(): void;
  /** The file as it came, whole. */
  savePlain(): void;
  /** The same file once more, into the downloads: where the device's own offer failed. */
  saveAgain(): void;
  back(): void;
  again(): void;
}
