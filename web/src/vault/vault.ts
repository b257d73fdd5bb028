/** The page's side of the visitors' vault. */
import { Line, type Caller } from './line.ts';
import type { Calls, Report } from './protocol.ts';
import { scriptUrl } from './script-url.ts';
import workerUrl from './worker.ts?worker&url';

/** What a flow needs of the vault; a test hands in another. */
export type Vault = Caller<Calls, Report>;

export class WorkerVault extends Line<Calls, Report> {
  constructor() {
    super(new Worker(scriptUrl(workerUrl), { type: 'module', name: 'vault' }));
  }
}
