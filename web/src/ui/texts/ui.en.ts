/** What the components themselves say. Part of every catalogue. */
import { plural } from '../format.ts';

const p = plural('en');

const texts = {
  imprint: 'Imprint',
  privacy: 'Privacy',
  language: 'Language',
  skip: 'To the content',
  close: 'Close',
  showSecret: 'Show what is typed',
  working: 'Working',
  of: 'of',
  next: 'next',
  left: (time: string) => `${time} left`,
  interrupted: 'Connection lost, goes on by itself',
  paused: 'Paused',
  verified: 'Checked and complete',
  tryAgain: 'Try again',
  remove: (name: string) => `Remove ${name}`,
  cancelFile: (name: string) => `Stop saving ${name}`,
  progress: (name: string, percent: string) => `${name}: ${percent}`,
  files: (n: number, count: string) => `${count} ${p(n, { one: 'file', other: 'files' })}`,
  step: (n: number, of: number) => `Step ${n} of ${of}`,
  openedWith: 'Delivered with',
  strength: ['Too short yet', 'Almost: one more word', 'Strong', 'Very strong'] as [string, string, string, string],
  minutesLeft: (clock: string) => `${clock} left`,
  gone: 'Gone',
  taken: 'Taken',
  show: 'Show',
  covered: 'Covered while you look elsewhere',
};

export type UiTexts = typeof texts;
export default texts;
