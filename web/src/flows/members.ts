/** The members' vault of this page: one Worker, begun when it is first needed. Its reports go to everybody who listens. */
import type { MemberReport } from '../vault/member-protocol.ts';
import { WorkerMemberVault, type MemberVault } from '../vault/member-vault.ts';

let vault: WorkerMemberVault | undefined;
const listeners = new Set<(report: MemberReport) => void>();

export function memberVault(): MemberVault {
  if (vault === undefined) {
    vault = new WorkerMemberVault();
    vault.onreport = (report) => { for (const hear of listeners) hear(report); };
  }
  return vault;
}

/** Hears what the vault says by itself; gives what ends that. */
export function hearVault(hear: (report: MemberReport) => void): () => void {
  listeners.add(hear);
  return () => { listeners.delete(hear); };
}
