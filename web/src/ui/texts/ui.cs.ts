import { plural } from '../format.ts';
import type { UiTexts } from './ui.en.ts';

const p = plural('cs');

const texts: UiTexts = {
  imprint: 'O provozovateli',
  privacy: 'Ochrana údajů',
  language: 'Jazyk',
  skip: 'Na obsah',
  close: 'Zavřít',
  showSecret: 'Zobrazit zadané',
  working: 'Okamžik',
  of: 'z',
  next: 'další v pořadí',
  left: (time) => `zbývá ${time}`,
  interrupted: 'Spojení přerušeno, bude samo pokračovat',
  paused: 'Pozastaveno',
  verified: 'Ověřeno a úplné',
  tryAgain: 'Zkusit znovu',
  remove: (name) => `Odebrat ${name}`,
  cancelFile: (name) => `Neukládat dál ${name}`,
  progress: (name, percent) => `${name}: ${percent}`,
  files: (n, count) => `${count} ${p(n, { one: 'soubor', few: 'soubory', many: 'souboru', other: 'souborů' })}`,
  step: (n, of) => `Krok ${n} z ${of}`,
  openedWith: 'Doručeno přes',
  strength: ['Zatím krátký', 'Skoro: ještě jedno slovo', 'Silný', 'Velmi silný'],
  minutesLeft: (clock) => `zbývá ${clock}`,
  gone: 'Vypršelo',
  taken: 'Převzato',
  show: 'Zobrazit',
  covered: 'Zakryto, dokud se díváte jinam',
};

export default texts;
