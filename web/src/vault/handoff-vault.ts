/** The page's side of the handoff vault. */
import type { HandoffCalls, HandoffReport } from './handoff-protocol.ts';
import workerUrl from './handoff-worker.ts?worker&url';
import { Line, type Caller } from './line.ts';
import { scriptUrl } from './script-url.ts';

/** What a flow needs of the vault; a test hands in another. */
export type HandoffVault = Caller<HandoffCalls, HandoffReport>;

export class WorkerHandoffVault extends Line<HandoffCalls, HandoffReport> {
  constructor() {
    super(new Worker(scriptUrl(workerUrl), { type: 'module', name: 'handoff-vault' }));
  }
}
