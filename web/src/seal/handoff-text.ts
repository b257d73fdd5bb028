/**
 * What the code on the screen says: the URL of a handoff.
 *
 * `https://HOST/h/<id>#1.<HS>` is an offer, `#2.` asks: whoever opens it puts something in. Ids and HS are base64url, so that
 * the URL of a host of 27 characters is a code of 37 × 37 modules.
 */
import { refuse } from './error.ts';
import { fromText, ID_LEN, toText } from './format.ts';
import { KEY_LEN, type Bytes } from './primitives.ts';

const SECRET_TEXT = 43;
const PREFIX = { take: '1.', fill: '2.' } as const;

/** What the device that scans is to do: take what is in it, or put something in. */
export type Direction = keyof typeof PREFIX;

export interface HandoffUrl {
  /** All before the page, without a slash at the end: `https://HOST`. */
  base: string;
  id: Bytes;
  direction: Direction;
  /** HS. */
  secret: Bytes;
}

/** Reads the URL, with `#` or `%23`, with white space and `<>` around it. */
export function parseHandoffUrl(text: string): HandoffUrl {
  const bare = text.trim().replace(/^<+/, '').replace(/>+$/, '');
  const mark = bare.includes('#') ? '#' : '%23';
  const cut = bare.indexOf(mark);
  const path = (cut < 0 ? bare : bare.slice(0, cut)).replace(/\/+$/, '');
  const [, base = '', name = ''] = /^(https?:\/\/.+)\/h\/([^/]*)$/.exec(path) ?? refuse('handoff_form');
  const id = fromText(name, ID_LEN, 'handoff_form');
  if (cut < 0) return refuse('handoff_cut');
  return { base, id, ...parseHandoffFragment(bare.slice(cut + mark.length)) };
}

/** The URL. Whoever reads it may take what is in the slot. */
export const handoffUrl = ({ base, id, direction, secret }: HandoffUrl): string =>
  `${base}/h/${toText(id)}#${PREFIX[direction]}${toText(secret)}`;

/** Reads what stands behind the `#`. */
export function parseHandoffFragment(text: string): Pick<HandoffUrl, 'direction' | 'secret'> {
  const ways = Object.entries(PREFIX) as [Direction, string][];
  if (ways.some(([, prefix]) => prefix.startsWith(text))) return refuse('handoff_cut');
  const found = ways.find(([, prefix]) => text.startsWith(prefix));
  if (found === undefined) return refuse('handoff_version');
  const secret = text.slice(found[1].length);
  if (secret.length < SECRET_TEXT && /^[\w-]*$/.test(secret)) refuse('handoff_cut');
  return { direction: found[0], secret: fromText(secret, KEY_LEN, 'handoff_mistyped') };
}
