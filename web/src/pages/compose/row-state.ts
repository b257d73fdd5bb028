import type { AttachmentState } from '../../flows/send-view.ts';
import type { FileState } from '../../ui/file-state.ts';

/** What is said of a file that needs a hand. */
export interface FileTexts {
  fileAsked: string;
  fileChanged: string;
  fileVanished: string;
}

/** How a row shows where a file stands. */
export function rowState(state: AttachmentState, t: FileTexts): FileState {
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
