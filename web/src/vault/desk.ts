/** The desk of a member's delivery. */
import { info } from '../api/client.ts';
import { drafts } from '../api/members.ts';
import type { Draft } from './draft.ts';
import { DraftDesk } from './draft-desk.ts';
import { memberDrafts } from './draft-server.ts';
import type { Keyed } from './keyed-post.ts';
import type { ClaimCode } from './keys-protocol.ts';
import type { Form, LinkOfPerson, MemberReport, Order } from './member-protocol.ts';
import { post, urlsOf } from './post.ts';

export interface Sender {
  account: string;
  address: string;
}

export class Desk extends DraftDesk {
  readonly sender: Sender;
  readonly #keyed: Keyed;

  constructor(sender: Sender, keyed: Keyed, empty: Form, say: (report: MemberReport) => void, session: () => Promise<void>) {
    super({ owner: sender.account, server: memberDrafts, goingOn: keyed.goingOn, empty, say, session });
    this.sender = sender;
    this.#keyed = keyed;
  }

  protected override async wasPosted(draft: Draft): Promise<MemberReport> {
    const { parcel, links } = draft.record;
    const [{ expires }, { public_url: base }] = await Promise.all([drafts.details(parcel), info()]);
    await draft.setPosted(expires);
    return { kind: 'posted', parcel, links: urlsOf(links, base) };
  }

  async post(order: Order): Promise<{ parcel: string; codes: ClaimCode[]; waiting: string[]; urls: (base: string) => LinkOfPerson[] }> {
    const posting = await this.posting(order.form);
    const { codes, waiting } = await post({ ...posting, sender: this.sender, keyed: this.#keyed }, order);
    this.end();
    const { parcel, links } = posting.draft.record;
    return { parcel, codes, waiting, urls: (base) => urlsOf(links, base) };
  }
}
