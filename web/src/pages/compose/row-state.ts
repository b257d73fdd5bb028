import type { AttachmentState } from '../../flows/send-view.ts';
import type { FileState } from '../../ui/file-state.ts';
import type { MemberTexts } from '../../ui/texts/member.en.ts';

/** How a row shows where a file stands. */
export function rowState(state: AttachmentState, t: MemberTexts): FileState {
  switch (state.kind) {
    case 'asked':
      return { kind: 'needed', done: state.done, what: t.fileAsked };
    case 'changed':
      return { kind: 'failed', why: t.fileChanged };
    case 'unreadable':
      return { kind: 'failed', why: t.fileVanished };
    default:
      return state;
  }
}
