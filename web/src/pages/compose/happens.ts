import type { Addressee, SendView } from '../../flows/send-view.ts';
import type { IconName } from '../../ui/icons.ts';
import type { MemberTexts } from '../../ui/texts/member.en.ts';

export interface Happening {
  badge?: { tone: 'way' | 'you' | 'done' | 'failed'; icon: IconName; words: string } | undefined;
  steps: string[];
  /** Somebody's release is needed, and a claim code would spare it. */
  code: boolean;
}

function byLink(view: SendView, t: MemberTexts): string[] {
  const o = view.options;
  return [
    o.passOn ? t.happensPass : t.happensMail(t.happensMailIn[o.language]),
    ...(o.password === '' ? [] : [t.happensPassword]),
    ...(o.mailedCode ? [t.happensCode] : []),
    ...(view.level === 2 ? [t.happensLogin] : []),
    view.level === 2 ? t.happensOpens2 : view.files.length > 0 ? t.happensOpens : t.happensOpensMessage,
  ];
}

function withCode(view: SendView, t: MemberTexts): string[] {
  if (view.options.claimCode === 'instant') return [t.happensTellCode, t.happensCodeOpens];
  return view.options.claimCode === 'confirm' ? [t.happensTellCode, t.happensCodeRelease] : [view.level === 4 ? t.happensRelease4 : t.happensRelease];
}

function byKey(view: SendView, person: Addressee, t: MemberTexts): Happening {
  const known = view.keys[person.address.toLowerCase()];
  const language = t.happensMailIn[view.options.language];
  const mail = view.level === 4 ? t.happensMail4(language) : t.happensMail(language);
  if (known === undefined) return { steps: [mail], code: false };
  // Whom one answers is whoever signed what is answered.
  const answered = view.replyTo !== undefined;
  if (known.key && known.trust === 'changed') {
    return { badge: { tone: 'failed', icon: 'warn', words: t.badgeChanged }, steps: [t.happensChanged], code: false };
  }
  // While the keyring is locked nobody knows; posting opens it first.
  const goes = known.key && (answered || known.trust === 'locked' || known.upTo >= view.level);
  if (goes) return { badge: { tone: 'done', icon: 'key', words: t.badgeHas }, steps: [mail, t.happensSealPass], code: false };
  if (known.key) {
    const words = view.level === 4 || known.trust === 'reset' ? t.badgeCompare : t.badgeRelease;
    return { badge: { tone: 'you', icon: 'hand', words }, steps: [mail, t.happensCompare], code: false };
  }
  return { badge: { tone: 'you', icon: 'hand', words: t.badgeRelease }, steps: [t.happensInvite(language), t.happensMakes, ...withCode(view, t)], code: true };
}

/** What will happen to one recipient, before it does. */
export function happening(view: SendView, person: Addressee, t: MemberTexts): Happening {
  const tell = view.options.notify && view.files.length > 0 ? [t.happensTell] : [];
  if (view.level <= 2) return { steps: [...byLink(view, t), ...tell], code: false };
  return byKey(view, person, t);
}
