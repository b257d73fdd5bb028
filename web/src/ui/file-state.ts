/** Where one file of a list stands; bytes. */
export type FileState =
  | { kind: 'rest' }
  | { kind: 'waiting' }
  | { kind: 'running'; done: number; secondsLeft?: number | undefined }
  | { kind: 'interrupted'; done: number }
  /** A hand is needed: what to do, in words. */
  | { kind: 'needed'; done: number; what: string }
  | { kind: 'verified' }
  | { kind: 'failed'; why: string };

export const REST: FileState = { kind: 'rest' };
