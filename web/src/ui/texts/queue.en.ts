/** The queue of the mail gateway; part of the members' catalogue. */
import { plural } from '../format.ts';

const p = plural('en');

const texts = {
  queue: 'Mail queue',
  queueLead: 'What waits here is sealed: subject and text cannot be read.',
  queueEmpty: 'Nothing waits',
  queueEmptyText: 'Every mail has been passed on. What cannot be delivered at once, or waits for a password, stands here.',
  queueRetry: 'Try now',
  queueRetryAll: 'Try all now',
  queueDrop: 'Delete',
  queueDropTitle: 'Delete this mail?',
  queueDropText: (to: string) => `The mail to ${to} will not be delivered. It cannot be brought back.`,
  queueTell: (sender: string) => `Tell ${sender} that it was not delivered`,
  queueGone: 'This mail was no longer in the queue.',
  queueFrom: 'From',
  queueNobody: 'Without a sender',
  queueTries: (n: number, count: string) => `${count} ${p(n, { one: 'try', other: 'tries' })}`,
  queueNext: (time: string) => `next ${time}`,
  queueKinds: { relayed: 'Mail', carrier: 'Protected mail', report: 'Delivery report', notice: 'Notice' },
  queueStates: {
    queued: 'Being delivered', convert: 'Being locked', hold_password: 'Waits for a password', hold_error: 'Could not be locked', dropped: 'Deleted',
  },
};

export type QueueTexts = typeof texts;
export default texts;
