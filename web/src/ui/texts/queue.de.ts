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
  resetPdfTitle: 'Passwort einer Person für geschützte Post',
  resetPdfLead: 'Wer es vergessen hat, bekommt unter /p selbst einen Link für ein neues. Setzen Sie es zurück, wenn jemand anders es kennen könnte.',
  resetPdfDo: 'Passwort zurücksetzen',
  resetPdfMissing: 'Bitte geben Sie die Adresse der Person ein.',
  resetPdfWorking: 'Einen Moment',
  resetPdfSure: 'Dieses Passwort zurücksetzen?',
  resetPdfThen: 'Neue Mails warten, bis ein neues festgelegt ist; der Link dafür geht an diese Adresse. PDFs, die es schon gibt, öffnen sich weiter mit dem alten, und nur damit.',
  resetPdfDone: (email) => `Mit dem Passwort von ${email} wird nichts mehr verschlossen. Ein Link für ein neues ist unterwegs.`,
  resetPdfNobody: (email) => `Für ${email} hat niemand ein Passwort festgelegt. Sehen Sie die Adresse noch einmal an.`,
  resetPdfRefused: (email) => `Der Server nimmt ${email} nicht als Adresse an. Sehen Sie sie noch einmal an.`,
  queueKinds: { relayed: 'Mail', carrier: 'Geschützte Post', report: 'Zustellbericht', notice: 'Benachrichtigung' },
  queueStates: {
    queued: 'Wird zugestellt', convert: 'Wird verschlossen', hold_password: 'Wartet auf ein Passwort', hold_error: 'Ließ sich nicht verschließen', dropped: 'Gelöscht',
  },
};

export default texts;
