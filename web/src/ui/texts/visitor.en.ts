/** What somebody reads who was sent a link. The type of every language's catalogue. */
import { plural } from '../format.ts';
import ui from './ui.en.ts';

const p = plural('en');

const texts = {
  ...ui,
  // letter
  line: (name: string, n: number, count: string) =>
    n === 0
      ? `${name} has sent you a message.`
      : `${name} has sent you a message and ${count} ${p(n, { one: 'file', other: 'files' })}.`,
  lineUnknown: (name: string) => `${name} has sent you a delivery.`,
  noSubject: 'A delivery for you',
  until: (day: string) => ['Ready for you until ', day] as [string, string],
  looking: 'Looking for your delivery',
  // action
  openTitle: 'Open the delivery',
  noAccount: 'You need no account and no program.',
  open: 'Open',
  opening: 'Opening',
  address: 'Your e-mail address',
  addressSample: 'name@example.org',
  addressHint: (name: string) => `${name} sees it and so knows that the delivery has arrived.`,
  addressMissing: 'Please enter your e-mail address.',
  addressAt: 'The @ is missing, for example name@example.org',
  addressEnd: 'The end is missing, for example .org',
  addressBad: 'Please check the address.',
  reassure: 'Your files are stored encrypted. They become readable only on your device.',
  genuine: (firm: string) => `Is this really from ${firm}? Call the number you already know.`,
  // password
  password: 'Password',
  passwordHint: (name: string) => `${name} gave it to you by another way.`,
  passwordMissing: 'Please enter the password.',
  wrongPassword: (tries: number, minutes: number) =>
    `That does not fit yet. Check capitals. ${tries} more ${p(tries, { one: 'try', other: 'tries' })}, then a pause of ${minutes} ${p(minutes, { one: 'minute', other: 'minutes' })}.`,
  wrongPasswordPlain: 'That does not fit yet. Check capitals.',
  pause: (time: string) => `Too many tries. Please wait ${time}, then go on.`,
  // mailed code
  codeByMailTitle: 'Enter the code from the mail',
  codeByMail: (address: string) => `If this delivery was sent to ${address}, a code is on its way there now.`,
  codeByMailField: 'Code',
  codeByMailHint: 'Eight digits. The mail may take a minute; look in the spam folder as well.',
  codeByMailWrong: 'This code does not fit. Take the one from the newest mail.',
  codeByMailOver: 'This code is no longer good. Have a new one sent.',
  codeAgain: 'Send a new code',
  codeSent: 'A new code is on its way.',
  otherAddress: 'Another address',
  goOn: 'Go on',
  // level 2
  level2: 'Enter the address the link was sent to.',
  level2No: 'This address does not open the delivery. Use the one the link was sent to.',
  login: 'Log in',
  makeAccount: 'Make a free account',
  // typed code
  codeAskedTitle: 'Enter the code from the mail',
  codeAsked: 'The link arrived incomplete. Enter the code from the mail.',
  code: 'Code',
  codeHint: 'It stands at the end of the mail. Capitals and spaces do not matter.',
  codeShort: 'The code is not complete yet.',
  codeLetter: (n: number) => `There is a slip in the code. Compare it with the mail once more, group ${n} first.`,
  codeSlip: 'There is a slip in the code. Compare it with the mail once more.',
  codeUnfit: 'This code does not open this delivery. Take the one from the mail that the link is in.',
  // opened
  filesTitle: (n: number, count: string) => `${count} ${p(n, { one: 'file', other: 'files' })}`,
  saveAll: (size: string) => `Save all (${size})`,
  saveOne: (size: string) => `Save (${size})`,
  saveFile: (name: string) => `Save ${name}`,
  saving: 'Saving',
  saved: 'Saved',
  stop: 'Stop',
  reply: 'Reply',
  keep: (date: string) => `Ready until ${date}. Save what you need longer.`,
  showAll: (count: string) => `Show all ${count}`,
  downloadsLeft: (n: number) => `Can be saved ${n} more ${p(n, { one: 'time', other: 'times' })}.`,
  savingNote: 'Keep this page open until all is saved.',
  allSaved: 'All is saved. You find it in your downloads.',
  memoryNote: (size: string) =>
    `This browser saves at most ${size} at once. Open the link in Chrome, Edge, Firefox or Safari for larger files.`,
  diskFull: 'There is not enough room on this device. Make room, then save again.',
  fileDamaged: 'Arrived damaged. Nothing of it was kept.',
  goOnSaving: 'Saving was broken off. What has arrived is kept on this device: save again, then it goes on from there.',
  inApp: 'You see this page in the window of an app. If saving does not work here: press long on the link in the mail, copy it, and open it in Chrome, Firefox or Safari.',
  fileStopped: 'Stopped',
  // messages
  expiredTitle: 'This delivery is no longer here',
  expired: (date: string) => `It was ready until ${date}, then the files were deleted.`,
  expiredPlain: 'Its time is over and the files were deleted.',
  askAgain: 'Ask to send it again',
  askAgainLead: 'Do you still need it? The sender can send it again.',
  askSubject: 'Please send your delivery again',
  withdrawnTitle: 'This delivery was withdrawn',
  withdrawn: (name: string) => `${name} has withdrawn this delivery. If you expect it, ask there.`,
  withdrawnPlain: 'The sender has withdrawn this delivery. If you expect it, ask there.',
  limitTitle: 'This delivery has been saved already',
  limit: 'This delivery has been saved as often as was intended.',
  unknownTitle: 'We do not know this link',
  unknown: 'It may have been cut on the way. Open it once more from the mail, or copy it whole into the address line.',
  damagedTitle: 'This could not be opened',
  damaged: (name: string) => `Open the page again from the link in the mail. If it stays so, ask ${name} for a new delivery.`,
  damagedPlain: 'Open the page again from the link in the mail. If it stays so, ask the sender for a new delivery.',
  offlineTitle: 'No connection',
  offline: 'The server cannot be reached at the moment. Your delivery is safe. Check your connection and try again.',
  tryAgain: 'Try again',
  busyTitle: 'Too many requests',
  busy: (time: string) => `Please wait ${time}, then try again.`,
  insecureTitle: 'This page needs a secure connection',
  insecure: 'Your files are opened on your device, and browsers allow that only over https. Open the page by its secure address.',
  insecureOpen: 'Open the secure address',
  insecureAdmin: 'Do you run this server? Set up a certificate (tls) or put it behind a proxy that has one.',
  oldTitle: 'This browser is too old',
  old: 'It lacks what is needed to open your files on your device. Open the link in a current Chrome, Edge, Firefox or Safari.',
  help: 'How to open a delivery',
  back: 'Back',
  notFoundTitle: 'There is no page here',
  notFound: 'The address may have been cut or mistyped. Open the link in the mail once more.',
  toStart: 'To the start page',
};

export type VisitorTexts = typeof texts;
export default texts;
