import { plural } from '../format.ts';
import type { QueueTexts } from './queue.en.ts';

const p = plural('de');

const texts: QueueTexts = {
  queue: 'Warteschlange',
  queueLead: 'Was hier wartet, ist versiegelt: Betreff und Text lassen sich nicht lesen.',
  queueEmpty: 'Nichts wartet',
  queueEmptyText: 'Jede Mail ist weitergegeben. Was sich nicht gleich zustellen lässt oder auf ein Passwort wartet, steht hier.',
  queueRetry: 'Jetzt versuchen',
  queueRetryAll: 'Alle jetzt versuchen',
  queueDrop: 'Löschen',
  queueDropTitle: 'Diese Mail löschen?',
  queueDropText: (to) => `Die Mail an ${to} wird nicht zugestellt. Sie lässt sich nicht zurückholen.`,
  queueTell: (sender) => `${sender} mitteilen, dass sie nicht zugestellt wurde`,
  queueGone: 'Diese Mail war nicht mehr in der Warteschlange.',
  queueFrom: 'Von',
  queueNobody: 'Ohne Absender',
  queueTries: (n, count) => `${count} ${p(n, { one: 'Versuch', other: 'Versuche' })}`,
  queueNext: (time) => `nächster ${time}`,
  queueKinds: { relayed: 'Mail', carrier: 'Geschützte Post', report: 'Zustellbericht', notice: 'Benachrichtigung' },
  queueStates: {
    queued: 'Wird zugestellt', convert: 'Wird verschlossen', hold_password: 'Wartet auf ein Passwort', hold_error: 'Ließ sich nicht verschließen', dropped: 'Gelöscht',
  },
};

export default texts;
