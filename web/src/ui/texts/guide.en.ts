/** The guests' guide, "How do I open this?". The type of every language's catalogue. */
import visitor from './visitor.en.ts';

const texts = {
  ...visitor,
  helpTitle: 'How do I open this?',
  helpLead: 'Somebody has sent you files with Depesche. You need no account and no program, only your browser.',
  helpSteps: [
    ['Tap the button in the mail', 'The page that opens shows who wrote and what is enclosed.'],
    ['Enter your e-mail address', 'The sender sees it and so knows that the delivery has arrived.'],
    ['Save the files', 'One by one, or all at once as a zip. They are checked while they are saved; the tick says that they are complete.'],
  ] as [string, string][],
  helpQuestions: [
    ['Is it genuine?', 'Call the sender on a number you already know. We never ask for bank details or passwords of your mailbox.'],
    ['The page asks for a code', 'Some mail programs cut the link. The code stands at the end of the mail: type it or copy it. Capitals and spaces do not matter.'],
    ['The page asks for a password', 'The sender has set one and told it to you by another way, for example by phone. If you do not have it, ask there.'],
    ['The download was interrupted', 'It goes on by itself as soon as the connection is back. If you closed the page, open the link again and save again.'],
    ['Nothing happens on my phone', 'Programs like mail or chat apps open pages in a small window of their own that cannot save files. Choose “Open in browser” there.'],
    ['How long is it there?', 'The page says until when. After that the files are deleted, and only the sender can send them again.'],
    ['Who can read it?', 'The files are encrypted on the sender’s device and become readable only on yours. On the server they lie closed. Whoever has the link can open them: keep it to yourself.'],
  ] as [string, string][],
  helpQuestionsTitle: 'If something does not work',
};

export type GuideTexts = typeof texts;
export default texts;
