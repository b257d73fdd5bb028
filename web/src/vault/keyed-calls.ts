/** The use cases of keyrings, releases and the inbox, around one keyring desk. */
import type { KeyedApi } from '../api/keyed-port.ts';
import type { Doing } from './answer.ts';
import { GoingOn } from './going-on.ts';
import { InboxDesk, type ClaimStore } from './inbox-desk.ts';
import type { Keyed } from './keyed-post.ts';
import { KeyringDesk, type SeenStore } from './keyring-desk.ts';
import type { KeyCalls, KeyReport, KeyringState } from './keys-protocol.ts';
import type { Letter } from './letter.ts';
import { People } from './people.ts';
import { VaultError } from './problem.ts';
import { ReleaseDesk } from './release-desk.ts';
import { measure, save } from './save.ts';
import type { Bytes } from '../seal/primitives.ts';

export interface KeyedTools {
  api: KeyedApi;
  seen: SeenStore;
  claims: ClaimStore;
  now: () => number;
  say: (report: KeyReport) => void;
  isLoginPassword: (email: string, password: string) => Promise<boolean>;
  recall: (link: string, tab: string) => Promise<Bytes | undefined>;
}

/** The calls that stand by themselves; those that also need drafts are the worker's. */
type OwnCalls = Omit<KeyCalls, 'codesOf' | 'newCode' | 'draftsElsewhere' | 'takeDraft'>;

export function makeKeyed(tools: KeyedTools): { keyed: Keyed; calls: Doing<OwnCalls> } {
  const desk = new KeyringDesk(tools);
  const people = new People({ ...tools, desk });
  const releases = new ReleaseDesk({ ...tools, desk, people });
  const inbox = new InboxDesk({ ...tools, desk, people });
  return { keyed: { desk, people, inbox, goingOn: new GoingOn(desk, tools.api) }, calls: { ...ringCalls(desk), ...peopleCalls(people, releases), ...inboxCalls(inbox, tools) } };
}

type RingCalls = Pick<KeyCalls, 'keyring' | 'setUpSealPass' | 'unlock' | 'lock' | 'changeSealPass' | 'makeKit' | 'recover'>;

function ringCalls(desk: KeyringDesk): Doing<RingCalls> {
  const after = async (deed: Promise<unknown>): Promise<KeyringState> => {
    await deed;
    return desk.state();
  };
  return {
    keyring: ({ account, email }) => desk.take(account, email),
    setUpSealPass: ({ sealPass, language }) => after(desk.setUp(sealPass, language)),
    unlock: ({ sealPass }) => after(desk.unlock(sealPass)),
    lock() {
      desk.lock();
      return desk.state();
    },
    changeSealPass: ({ old, sealPass, known }) => after(desk.changeSealPass(old, sealPass, known)),
    makeKit: () => desk.makeKit(),
    recover: ({ kit, sealPass }) => after(desk.recover(kit, sealPass)),
  };
}

type PeopleCalls = Pick<KeyCalls, 'wordsOf' | 'keysOf' | 'contacts' | 'trustKey' | 'waiting' | 'release'>;

function peopleCalls(people: People, releases: ReleaseDesk): Doing<PeopleCalls> {
  return {
    wordsOf: async ({ fingerprints }) => ({ words: await people.wordsOf(fingerprints) }),
    keysOf: async ({ emails }) => ({ people: await people.keysOf(emails) }),
    contacts: async () => ({ contacts: await people.contacts() }),
    trustKey: ({ email, fingerprint, verified }) => people.trust(email, fingerprint, verified),
    waiting: async () => ({ people: await releases.waiting() }),
    release: (ask) => releases.release(ask),
  };
}

type InboxCalls = Pick<KeyCalls, 'openParcel' | 'enterClaimCode' | 'keepForGood' | 'save' | 'measure' | 'stopSaving'>;

function inboxCalls(inbox: InboxDesk, { say }: Pick<KeyedTools, 'say'>): Doing<InboxCalls> {
  let opened: Letter | undefined;
  const jobs = new Map<number, AbortController>();
  const letter = (): Letter => {
    if (opened === undefined) throw new VaultError({ kind: 'internal' });
    return opened;
  };
  return {
    async openParcel(ask) {
      const got = await inbox.open(ask);
      opened = got.letter;
      return got.opened;
    },
    enterClaimCode: (ask) => inbox.enterClaimCode(ask),
    keepForGood: (ask) => inbox.keepForGood(ask),
    async save({ job, files, zip, token, sink }) {
      const controller = new AbortController();
      jobs.set(job, controller);
      try {
        const report = (told: Omit<Extract<KeyReport, { kind: 'saving' }>, 'kind'>): void => { say({ kind: 'saving', ...told }); };
        return { blob: await save(letter(), files, zip, sink, { number: job, token, controller, report }) };
      } finally {
        jobs.delete(job);
      }
    },
    measure: async ({ files, zip }) => ({ bytes: await measure(letter(), files, zip) }),
    stopSaving({ job }) {
      jobs.get(job)?.abort();
      return {};
    },
  };
}
