/**
 * Rules to a Sieve script (RFC 5228) for one account: what `crates/settings/src/sieve/writer.rs` writes. What Sieve cannot say
 * stands in it as a comment, and is a loss: a rule that does half of what it did is worse than none.
 */
import { actionsOf, conditionsOf, type Account, type Action, type Bundle, type Condition, type Rule } from './bundle.ts';
import { parseFolderUri } from './folder-uri.ts';
import { lossOf, type Loss } from './loss.ts';

export const SIEVE_TYPE = 'application/sieve';

export interface Script {
  text: string;
  losses: Loss[];
}

/** What Sieve cannot say, in a few words for a comment. */
class Cannot extends Error {
  override readonly name = 'Cannot';
}

/** What a test or an action needs, and its text. */
interface Piece {
  needs: string[];
  text: string;
}
const piece = (text: string, ...needs: string[]): Piece => ({ needs, text });

/** Writes the rules of one account, or those that belong to none. */
export function writeSieve(bundle: Bundle, account: Account | undefined): Script {
  const needs = new Set<string>();
  const losses: Loss[] = [];
  let blocks = '';
  const owned = bundle.rules.filter((rule) => (rule.account ?? undefined) === account?.id);
  for (const rule of owned) {
    // A script that came in whole goes out whole: its `require` must stand first, so nothing goes with it.
    if (rule.native?.format === 'sieve' && rule.enabled !== false) {
      const others = owned.filter(({ id }) => id !== rule.id);
      return { text: rule.native.text, losses: others.map(({ id }) => lossOf('rules', id, 'beside-a-whole-script')) };
    }
    blocks += `\n# rule: ${oneLine(rule.name)}`;
    if (rule.enabled === false) {
      blocks += ' (disabled)\n';
      losses.push(lossOf('rules', rule.id, 'disabled'));
      continue;
    }
    try {
      const made = translate(rule, account);
      for (const need of made.needs) needs.add(need);
      blocks += `\n${made.text}`;
    } catch (error) {
      if (!(error instanceof Cannot)) throw error;
      blocks += `\n# not expressible: ${oneLine(error.message)}\n`;
      losses.push(lossOf('rules', rule.id, 'not-expressible-in-sieve'));
    }
  }
  const names = [...needs].sort().map((need) => `"${need}"`);
  return { text: `${names.length === 0 ? '' : `require [${names.join(', ')}];\n`}${blocks}`, losses };
}

/** A comment ends with its line: nothing in a name may begin a command. */
const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, ' ');

/** RFC 5228 section 2.4.2. */
const quoted = (text: string): string => `"${text.replaceAll('\0', '').replace(/[\\"]/g, '\\$&')}"`;

function translate(rule: Rule, account: Account | undefined): Piece {
  const when = rule.when ?? [];
  if (when.length > 0 && !when.includes('incoming')) throw new Cannot('it does not run on incoming mail');
  const [conditions, actions] = [conditionsOf(rule), actionsOf(rule)];
  if (conditions.unread + actions.unread > 0) throw new Cannot('a part of it that was not understood');
  const matching = rule.match ?? undefined;
  const isEvery = matching === 'every-message';
  if (!isEvery && matching !== undefined && matching !== 'all' && matching !== 'any') throw new Cannot(`match ${matching}`);
  const tests = isEvery ? [] : conditions.items.map(testOf);
  const deeds = actions.items.map((action) => actionOf(action, account));
  if (deeds.length === 0) throw new Cannot('no action');
  if (tests.length === 0 && !isEvery) throw new Cannot('no condition');
  const [only] = tests;
  const several = `${matching === 'any' ? 'anyof' : 'allof'} (${tests.map(({ text }) => text).join(', ')})`;
  const test = only === undefined ? 'true' : tests.length === 1 ? only.text : several;
  return {
    needs: [...tests, ...deeds].flatMap(({ needs }) => needs),
    text: `if ${test} {\n    ${deeds.map(({ text }) => text).join('\n    ')}\n}\n`,
  };
}

const HEADERS: Record<string, string> = {
  subject: '"subject"', from: '"from"', to: '"to"', cc: '"cc"', 'to or cc': '["to", "cc"]', 'from, to, cc or bcc': '["from", "to", "cc", "bcc"]',
};
/** Headers that Thunderbird names itself, which are none of a mail. */
const OWN = ['body', 'date', 'priority', 'status', 'tag', 'junk'];

function testOf({ field, op, value }: Condition): Piece {
  const wanted = value ?? '';
  const cannot = new Cannot(`${field} ${op}`);
  if (field === 'size') {
    const how = op === 'is greater than' ? ':over' : op === 'is less than' ? ':under' : undefined;
    // Thunderbird counts in KiB.
    if (how === undefined || !/^\+?\d+$/.test(wanted)) throw cannot;
    return piece(`size ${how} ${BigInt(wanted.replace('+', '')).toString()}K`);
  }
  const known = Object.hasOwn(HEADERS, field) ? HEADERS[field] : undefined;
  const headers = known ?? (/^[A-Za-z0-9-]+$/.test(field) && !OWN.includes(field) ? quoted(field) : undefined);
  if (headers === undefined) throw cannot;
  const how = (matcher: string, text: string): string => `header ${matcher} ${headers} ${quoted(text)}`;
  switch (op) {
    case 'contains':
      return piece(how(':contains', wanted));
    case "doesn't contain":
      return piece(`not ${how(':contains', wanted)}`);
    case 'is':
      return piece(how(':is', wanted));
    case "isn't":
      return piece(`not ${how(':is', wanted)}`);
    case 'begins with':
      return piece(how(':matches', `${literal(wanted)}*`));
    case 'ends with':
      return piece(how(':matches', `*${literal(wanted)}`));
    default:
      throw cannot;
  }
}

/** What `:matches` would take for a wildcard, RFC 5228 section 2.7.1. */
const literal = (value: string): string => value.replace(/[*?\\]/g, '\\$&');

function actionOf({ type, value }: Action, account: Account | undefined): Piece {
  const wanted = value ?? '';
  switch (type) {
    case 'move':
      return piece(`fileinto ${folderOf(wanted, account, 'move')};`, 'fileinto');
    case 'copy':
      return piece(`fileinto :copy ${folderOf(wanted, account, 'copy')};`, 'fileinto', 'copy');
    case 'add-tag':
      return flag(wanted);
    case 'mark-read':
      return flag('\\Seen');
    case 'mark-flagged':
      return flag('\\Flagged');
    case 'delete':
      return trash(account);
    case 'stop':
      return piece('stop;');
    case 'forward':
      if (wanted.includes('@') && !/[\s\u0085\p{Cc}]/u.test(wanted.replaceAll('\ufeff', ''))) return piece(`redirect :copy ${quoted(wanted)};`, 'copy');
      throw new Cannot(type);
    default:
      throw new Cannot(type);
  }
}

const flag = (name: string): Piece => piece(`addflag ${quoted(name)};`, 'imap4flags');

/** The folder of an IMAP URI, if it lies on this account's server. */
function folderOf(uri: string, account: Account | undefined, verb: string): string {
  const found = parseFolderUri(uri);
  if (found?.scheme !== 'imap') throw new Cannot(`${verb} to a local folder`);
  if (found.host !== account?.incoming.host || found.path === '') throw new Cannot(`${verb} to a folder of another account`);
  return quoted(found.path);
}

/** Thunderbird moves to the trash what it deletes. `discard` would be for ever, so it is never written. */
function trash(account: Account | undefined): Piece {
  const folder = account?.folders?.trash;
  if (folder === undefined) throw new Cannot("delete, as the trash folder's name is unknown");
  return piece(`fileinto ${quoted(folder)};`, 'fileinto');
}
