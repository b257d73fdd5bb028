import type { Code } from '../src/ui/words.svelte.ts';

interface Say {
  subject: string;
  message: string;
  note: string;
  mail: string;
  files: [string, string, string];
  subjects: [string, string, string];
}

export const say: Record<Code, Say> = {
  de: {
    subject: 'Ihre Unterlagen zum Kaufvertrag Lindenhof 4',
    message:
      'Guten Tag Frau Huber,\n\nhier sind der Entwurf des Kaufvertrags und die Pläne. Bitte lesen Sie besonders § 4 zur Übergabe und schicken Sie mir die Vollmacht unterschrieben zurück.\n\nFreundliche Grüße\nAnna Keller',
    note: 'Guten Tag, anbei die aktuellen Entwürfe. Bitte sehen Sie zuerst § 4 an.',
    mail: 'Dr. Anna Keller hat Ihnen 3 Dateien geschickt',
    files: ['Kaufvertrag-Entwurf.pdf', 'Grundriss-und-Lageplan.zip', 'Vollmacht.docx'],
    subjects: ['Kaufvertrag Lindenhof 4, Entwürfe', 'Jahresabschluss 2025, endgültige Fassung', 'Baustellenfotos für den Gutachter'],
  },
  en: {
    subject: 'Purchase contract Lindenhof 4, drafts',
    message:
      'Dear Ms Huber,\n\nhere are the draft of the purchase contract and the plans. Please read § 4 about the handover with care and send me the power of attorney back, signed.\n\nKind regards\nAnna Keller',
    note: 'Dear both, the current drafts are attached. Please look at § 4 first.',
    mail: 'Dr. Anna Keller has sent you 3 files',
    files: ['Contract-draft.pdf', 'Floor-plans.zip', 'Power-of-attorney.docx'],
    subjects: ['Purchase contract Lindenhof 4, drafts', 'Annual accounts 2025, final version', 'Site photos for the expert'],
  },
  cs: {
    subject: 'Podklady ke kupní smlouvě Lindenhof 4',
    message:
      'Dobrý den, paní Huberová,\n\nposílám návrh kupní smlouvy a plány. Přečtěte si prosím hlavně § 4 o předání a pošlete mi zpět podepsanou plnou moc.\n\nS pozdravem\nAnna Keller',
    note: 'Dobrý den, v příloze jsou aktuální návrhy. Podívejte se prosím nejdřív na § 4.',
    mail: 'Dr. Anna Keller vám posílá soubory (3)',
    files: ['Navrh-kupni-smlouvy.pdf', 'Pudorys-a-situace.zip', 'Plna-moc.docx'],
    subjects: ['Kupní smlouva Lindenhof 4, návrhy', 'Účetní závěrka 2025, konečná verze', 'Fotografie stavby pro znalce'],
  },
};
