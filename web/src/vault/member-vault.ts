/** The page's side of the members' vault. */
import { Line, type Caller } from './line.ts';
import type { MemberCalls, MemberReport } from './member-protocol.ts';
import workerUrl from './member-worker.ts?worker&url';
import { scriptUrl } from './script-url.ts';

/** What a flow needs of the vault; a test hands in another. */
export type MemberVault = Caller<MemberCalls, MemberReport>;

export class WorkerMemberVault extends Line<MemberCalls, MemberReport> {
  constructor() {
    super(new Worker(scriptUrl(workerUrl), { type: 'module', name: 'member-vault' }));
  }
}
