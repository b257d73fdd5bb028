import { plural } from '../format.ts';
import type { QueueTexts } from './queue.en.ts';

const p = plural('cs');

const texts: QueueTexts = {
  queue: 'Fronta pošty',
  queueLead: 'Co zde čeká, je zapečetěno: předmět ani text nelze číst.',
  queueEmpty: 'Nic nečeká',
  queueEmptyText: 'Všechny e-maily jsou předány. Co nelze doručit hned nebo čeká na heslo, najdete zde.',
  queueRetry: 'Zkusit teď',
  queueRetryAll: 'Zkusit vše teď',
  queueDrop: 'Smazat',
  queueDropTitle: 'Smazat tento e-mail?',
  queueDropText: (to) => `E-mail pro ${to} nebude doručen. Nelze ho vrátit.`,
  queueTell: (sender) => `Oznámit (${sender}), že nebyl doručen`,
  queueGone: 'Tento e-mail už ve frontě nebyl.',
  queueFrom: 'Od',
  queueNobody: 'Bez odesílatele',
  queueTries: (n, count) => `${count} ${p(n, { one: 'pokus', few: 'pokusy', other: 'pokusů' })}`,
  queueNext: (time) => `další ${time}`,
  resetPdfTitle: 'Heslo osoby pro chráněnou poštu',
  resetPdfLead: 'Kdo ho zapomněl, dostane odkaz na nové sám na stránce /p. Obnovte ho, pokud ho může znát někdo jiný.',
  resetPdfDo: 'Obnovit heslo',
  resetPdfMissing: 'Zadejte prosím adresu této osoby.',
  resetPdfWorking: 'Okamžik',
  resetPdfSure: 'Obnovit toto heslo?',
  resetPdfThen: 'Nové e-maily počkají, dokud není nastaveno nové; odkaz na něj přijde na tuto adresu. PDF, která už existují, se dál otevírají starým heslem, a jen jím.',
  resetPdfDone: (email) => `Heslem (${email}) se už nic neuzamyká. Odkaz na nové je na cestě.`,
  resetPdfNobody: (email) => `Pro ${email} nikdo heslo nenastavil. Podívejte se na adresu ještě jednou.`,
  resetPdfRefused: (email) => `Server nebere ${email} jako adresu. Podívejte se na ni ještě jednou.`,
  queueKinds: { relayed: 'E-mail', carrier: 'Chráněná pošta', report: 'Zpráva o doručení', notice: 'Oznámení' },
  queueStates: {
    queued: 'Doručuje se', convert: 'Uzamyká se', hold_password: 'Čeká na heslo', hold_error: 'Nepodařilo se uzamknout', dropped: 'Smazáno',
  },
};

export default texts;
