import type { GuideTexts } from './guide.en.ts';
import visitor from './visitor.de.ts';

const texts: GuideTexts = {
  ...visitor,
  helpTitle: 'Wie öffne ich das?',
  helpLead: 'Jemand hat Ihnen mit Depesche Dateien geschickt. Sie brauchen kein Konto und kein Programm, nur Ihren Browser.',
  helpSteps: [
    ['Tippen Sie auf den Knopf in der Mail', 'Die Seite, die sich öffnet, zeigt, wer Ihnen geschrieben hat und was beiliegt.'],
    ['Geben Sie Ihre E-Mail-Adresse ein', 'Der Absender sieht die Angabe und weiß so, dass die Zustellung angekommen ist.'],
    ['Speichern Sie die Dateien', 'Einzeln oder alle auf einmal als Zip. Sie werden beim Speichern geprüft; der Haken sagt, dass sie vollständig sind.'],
  ],
  helpQuestions: [
    ['Ist das echt?', 'Rufen Sie den Absender unter einer Nummer an, die Sie schon kennen. Wir fragen nie nach Bankdaten oder nach dem Passwort Ihres Postfachs.'],
    ['Die Seite fragt nach einem Code', 'Manche Mailprogramme schneiden den Link ab. Der Code steht am Ende der Mail: Tippen oder kopieren Sie ihn. Groß- und Kleinschreibung und Leerzeichen spielen keine Rolle.'],
    ['Die Seite fragt nach einem Passwort', 'Der Absender hat eines festgelegt und Ihnen auf anderem Weg gegeben, zum Beispiel am Telefon. Haben Sie es nicht, fragen Sie dort nach.'],
    ['Das Speichern wurde unterbrochen', 'Es geht von selbst weiter, sobald die Verbindung wieder da ist. Haben Sie die Seite geschlossen, öffnen Sie den Link noch einmal und speichern Sie erneut.'],
    ['Auf meinem Telefon geschieht nichts', 'Mail- und Chat-Programme öffnen Seiten in einem eigenen kleinen Fenster, das keine Dateien speichern kann. Wählen Sie dort „Im Browser öffnen“.'],
    ['Wie lange ist sie da?', 'Die Seite sagt, bis wann. Danach werden die Dateien gelöscht, und nur der Absender kann sie noch einmal schicken.'],
    ['Wer kann das lesen?', 'Die Dateien werden auf dem Gerät des Absenders verschlüsselt und erst auf Ihrem lesbar. Auf dem Server liegen sie verschlossen. Wer den Link hat, kann sie öffnen: Geben Sie ihn nicht weiter.'],
  ],
  helpQuestionsTitle: 'Wenn etwas nicht geht',
};

export default texts;
