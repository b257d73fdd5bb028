import { plural } from '../format.ts';
import type { UiTexts } from './ui.en.ts';

const p = plural('de');

const texts: UiTexts = {
  imprint: 'Impressum',
  privacy: 'Datenschutz',
  language: 'Sprache',
  skip: 'Zum Inhalt',
  close: 'Schließen',
  showSecret: 'Eingabe zeigen',
  working: 'Einen Moment',
  of: 'von',
  next: 'als Nächstes',
  left: (time) => `noch ${time}`,
  interrupted: 'Verbindung verloren, geht von selbst weiter',
  paused: 'Angehalten',
  verified: 'Geprüft und vollständig',
  tryAgain: 'Noch einmal',
  remove: (name) => `${name} entfernen`,
  cancelFile: (name) => `${name} nicht weiter speichern`,
  progress: (name, percent) => `${name}: ${percent}`,
  files: (n, count) => `${count} ${p(n, { one: 'Datei', other: 'Dateien' })}`,
  step: (n, of) => `Schritt ${n} von ${of}`,
  openedWith: 'Zugestellt mit',
  strength: ['Noch zu kurz', 'Fast: noch ein Wort', 'Stark', 'Sehr stark'],
  minutesLeft: (clock) => `noch ${clock}`,
  gone: 'Weg',
  taken: 'Übernommen',
  show: 'Zeigen',
  covered: 'Verdeckt, solange Sie anderswo sind',
};

export default texts;
