/** The page's side of the vault of protected mail. */
import { Line, type Caller } from './line.ts';
import type { ProtectedCalls, ProtectedReport } from './protected-protocol.ts';
import workerUrl from './protected-worker.ts?worker&url';
import { scriptUrl } from './script-url.ts';

/** What a flow needs of the vault; a test hands in another. */
export type ProtectedVault = Caller<ProtectedCalls, ProtectedReport>;

export class WorkerProtectedVault extends Line<ProtectedCalls, ProtectedReport> {
  constructor() {
    super(new Worker(scriptUrl(workerUrl), { type: 'module', name: 'protected-vault' }));
  }
}
