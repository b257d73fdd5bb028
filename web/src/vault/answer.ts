/** The Worker's side of a line: each request finds its call in a table, and is answered once. */
import type { FromLine, RequestOf, Table } from './line.ts';
import { problemOf } from './problem.ts';

export type Doing<C extends Table<C>> = { [N in keyof C]: (ask: C[N]['ask']) => Promise<C[N]['answer']> | C[N]['answer'] };

/** Takes requests; gives what says a report. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- it says what the line carries
export function answerCalls<C extends Table<C>, R>(calls: Doing<C>): (report: R) => void {
  const say = (message: FromLine<C, R>): void => { self.postMessage(message); };
  async function answer({ call, number, ask }: RequestOf<C>): Promise<void> {
    try {
      say({ kind: 'answer', number, answer: await calls[call](ask) });
    } catch (error) {
      say({ kind: 'problem', number, problem: problemOf(error) });
    }
  }
  self.onmessage = (event: MessageEvent<RequestOf<C>>) => void answer(event.data);
  return (report) => { say({ kind: 'report', report }); };
}
