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
  resetPdfTitle: 'Somebody\'s password for protected mail',
  resetPdfLead: 'Who has forgotten it gets a link for a new one at /p, without you. Reset it when somebody else may know it.',
  resetPdfDo: 'Reset password',
  resetPdfMissing: 'Please enter the address of the person.',
  resetPdfWorking: 'One moment',
  resetPdfSure: 'Reset this password?',
  resetPdfThen: 'New mail waits until a new one is set; the link for it goes to this address. PDFs that are there already still open with the old one, and with nothing else.',
  resetPdfDone: (email: string) => `The password of ${email} makes no more PDFs. A link to set a new one is on its way.`,
  resetPdfNobody: (email: string) => `Nobody has set a password for ${email}. Look at the address again.`,
  resetPdfRefused: (email: string) => `The server does not take ${email} for an address. Look at it again.`,
  queueKinds: { relayed: 'Mail', carrier: 'Protected mail', report: 'Delivery report', notice: 'Notice' },
  queueStates: {
    queued: 'Being delivered', convert: 'Being locked', hold_password: 'Waits for a password', hold_error: 'Could not be locked', dropped: 'Deleted',
  },
};

export type QueueTexts = typeof texts;
export default texts;
