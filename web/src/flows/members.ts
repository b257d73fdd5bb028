/** The members' vault of this page: one Worker, begun when it is first needed. */
import { WorkerMemberVault, type MemberVault } from '../vault/member-vault.ts';

let vault: WorkerMemberVault | undefined;

export function memberVault(): MemberVault {
  vault ??= new WorkerMemberVault();
  return vault;
}

/*
 * A sent delivery by the keys that this browser kept. They fail with a VaultError: `keys-elsewhere` if another device sent it.
 */

/** Names, sizes and links; none if the keys are elsewhere. */
export const namesOf = (parcel: string) => memberVault().call('namesOf', { parcel });

/** Adds recipients, each with a link of his own; gives the links. */
export const addRecipients = (parcel: string, addresses: string[], language: 'de' | 'en' | 'cs' | undefined) =>
  memberVault().call('addRecipients', { parcel, people: { addresses, password: '', mailedCode: false, limit: undefined, language } });

/** Mails the links again. */
export const resend = (parcel: string, addresses: string[], language: 'de' | 'en' | 'cs') => memberVault().call('resend', { parcel, addresses, language });

/** Tells this browser's record what the server did: a new deadline, a recipient dropped, the delivery over. */
export const follow = (parcel: string, change: { expires?: number; dropped?: string; over?: boolean }) =>
  memberVault().call('follow', { parcel, ...change });
