/** The page's side of the vault: one Worker, calls with answers, reports of jobs. */
import { VaultError } from './problem.ts';
import type { CallName, Calls, Message, Report, Request } from './protocol.ts';
import workerUrl from './worker.ts?worker&url';

/** What a flow needs of the vault; a test hands in another. */
export interface Vault {
  call<N extends CallName>(name: N, ask: Calls[N]['ask'], transfer?: Transferable[]): Promise<Calls[N]['answer']>;
  onreport: (report: Report) => void;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string };
}

/** Only our own scripts may become workers: the policy `depesche-worker` lets no other address through. */
export function scriptUrl(url: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??= types?.createPolicy('depesche-worker', {
    createScriptURL: (asked) => {
      if (new URL(asked, location.href).origin !== location.origin) throw new TypeError('not a script of ours');
      return asked;
    },
  });
  return policy?.createScriptURL(url) ?? url;
}
let policy: ReturnType<TrustedTypes['createPolicy']> | undefined;

export class WorkerVault implements Vault {
  onreport: (report: Report) => void = () => undefined;
  readonly #worker: Worker;
  readonly #open = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #number = 0;

  constructor() {
    this.#worker = new Worker(scriptUrl(workerUrl), { type: 'module', name: 'vault' });
    this.#worker.onmessage = (event: MessageEvent<Message>) => { this.#hear(event.data); };
    this.#worker.onerror = () => {
      for (const { reject } of this.#open.values()) reject(new VaultError({ kind: 'internal' }));
      this.#open.clear();
    };
  }

  #hear(message: Message): void {
    if (message.kind === 'report') {
      this.onreport(message.report);
      return;
    }
    const waiting = this.#open.get(message.number);
    this.#open.delete(message.number);
    if (message.kind === 'answer') waiting?.resolve(message.answer as never);
    else waiting?.reject(new VaultError(message.problem));
  }

  call<N extends CallName>(name: N, ask: Calls[N]['ask'], transfer: Transferable[] = []): Promise<Calls[N]['answer']> {
    this.#number += 1;
    const request = { call: name, number: this.#number, ask } as Request;
    return new Promise<Calls[N]['answer']>((resolve, reject) => {
      this.#open.set(request.number, { resolve: resolve, reject });
      this.#worker.postMessage(request, transfer);
    });
  }
}
