/** The members' vault: the Worker that seals what is sent, keeps its keys, and logs in. */
import { info } from '../api/client.ts';
import { keyed as keyedApi } from '../api/keyed.ts';
import type { ApiAccount } from '../api/members.ts';
import { answerCalls } from './answer.ts';
import { Desk } from './desk.ts';
import type { MemberCalls, MemberReport } from './member-protocol.ts';
import { recall } from './keep.ts';
import { makeKeyed } from './keyed-calls.ts';
import { claimStore, seenStore } from './seen.ts';
import { draftsElsewhere, takeDraft } from './take-draft.ts';
import { addRecipients, codesOf, follow, namesOf, newCode, resend } from './sent.ts';

/** Nobody's while nobody has logged in. */
let desk: Desk | undefined;
/** Waiting for somebody to log in again. */
const waiting: (() => void)[] = [];

const { keyed, calls } = makeKeyed({
  api: keyedApi, seen: seenStore, claims: claimStore, now: Date.now, say: (report) => { say(report); },
  isLoginPassword: async (email, password) => (await import('./login.ts')).isLoginPassword(email, password),
  // What the visitors' vault keeps of this tab's link.
  recall: (link, tab) => recall(`link ${link} ${tab}`, Date.now()),
});
const tools = { api: keyedApi, keyed };

const say: (report: MemberReport) => void = answerCalls<MemberCalls, MemberReport>({
  async login({ email, password, device }) {
    const { login } = await import('./login.ts');
    return { account: back(await login(email, password, device)) };
  },
  async first({ code, email, name, password, device }) {
    const { login, makeFirst } = await import('./login.ts');
    await makeFirst(code, email, name, password);
    return { account: back(await login(email, password, device)) };
  },
  async register({ token, email, name, password, device }) {
    const { login, makeInvited } = await import('./login.ts');
    await makeInvited(token, name, password);
    return { account: back(await login(email, password, device)) };
  },

  async openDraft({ account, email, form }) {
    desk?.end();
    desk = new Desk({ account, address: email }, keyed, form, say, session);
    return desk.open();
  },
  keepForm: ({ form }) => there().keepForm(form),
  addFiles: (given) => there().add(given),
  removeFiles: ({ ids }) => there().remove(ids),
  reopen: () => there().reopen(),
  async post(order) {
    const [posted, { public_url: base }] = await Promise.all([there().post(order), info()]);
    return { parcel: posted.parcel, links: posted.urls(base), codes: posted.codes, waiting: posted.waiting };
  },
  stop: () => there().stop(),
  discard: () => there().discard(),

  namesOf: ({ parcel }) => namesOf(parcel, tools),
  addRecipients: ({ parcel, people }) => addRecipients(parcel, people, tools),
  async resend({ parcel, addresses, language }) {
    await resend(parcel, addresses, language, tools);
    return {};
  },
  ...calls,
  codesOf: async ({ parcel }) => ({ codes: await codesOf(parcel, keyed) }),
  newCode: (ask) => newCode(ask, tools),
  draftsElsewhere: () => draftsElsewhere(keyed),
  takeDraft: ({ parcel }) => takeDraft(parcel, keyed),
  async follow(change) {
    await follow(change);
    return {};
  },
});

function there(): Desk {
  if (desk === undefined) throw new Error('openDraft comes first');
  return desk;
}

/** Somebody has logged in: what waited for that goes on. */
function back(account: ApiAccount): ApiAccount {
  if (desk === undefined || account.id === desk.sender.account) for (const go of waiting.splice(0)) go();
  return account;
}

/** Resolves when somebody has logged in again. */
function session(): Promise<void> {
  if (waiting.length === 0) say({ kind: 'session' });
  return new Promise((resolve) => { waiting.push(resolve); });
}
