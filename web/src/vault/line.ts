/** The page's side of a vault: one Worker, calls with answers, reports in between. */
import { VaultError } from './problem.ts';
import type { VaultProblem } from './protocol.ts';

export type Table<C> = { [N in keyof C]: { ask: unknown; answer: unknown } };
export type RequestOf<C extends Table<C>> = { [N in keyof C]: { call: N; number: number; ask: C[N]['ask'] } }[keyof C];
export type FromLine<C extends Table<C>, R> =
  | { kind: 'answer'; number: number; answer: C[keyof C]['answer'] }
  | { kind: 'problem'; number: number; problem: VaultProblem }
  | { kind: 'report'; report: R };

/** What a flow needs of a vault; a test hands in another. */
export interface Caller<C extends Table<C>, R> {
  call<N extends keyof C>(name: N, ask: C[N]['ask'], transfer?: Transferable[]): Promise<C[N]['answer']>;
  onreport: (report: R) => void;
}

export class Line<C extends Table<C>, R> implements Caller<C, R> {
  onreport: (report: R) => void = () => undefined;
  readonly #worker: Worker;
  readonly #open = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #number = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<FromLine<C, R>>) => { this.#hear(event.data); };
    worker.onerror = () => {
      for (const { reject } of this.#open.values()) reject(new VaultError({ kind: 'internal' }));
      this.#open.clear();
    };
  }

  #hear(message: FromLine<C, R>): void {
    if (message.kind === 'report') {
      this.onreport(message.report);
      return;
    }
    const waiting = this.#open.get(message.number);
    this.#open.delete(message.number);
    if (message.kind === 'answer') waiting?.resolve(message.answer as never);
    else waiting?.reject(new VaultError(message.problem));
  }

  call<N extends keyof C>(name: N, ask: C[N]['ask'], transfer: Transferable[] = []): Promise<C[N]['answer']> {
    this.#number += 1;
    const number = this.#number;
    return new Promise<C[N]['answer']>((resolve, reject) => {
      this.#open.set(number, { resolve, reject });
      this.#worker.postMessage({ call: name, number, ask }, transfer);
    });
  }
}
