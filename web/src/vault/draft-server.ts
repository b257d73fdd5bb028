/** Where a draft goes: the same calls below a member's parcels and below a reply link. */
import { drafts, type ApiDraft } from '../api/members.ts';
import type { Place } from './put.ts';

export interface DraftServer {
  announce(id: string, level: number, files: { id: string; size: number }[], inReplyTo: string | undefined): Promise<ApiDraft>;
  removeFile(id: string, file: string): Promise<unknown>;
  abandon(id: string): Promise<unknown>;
  /** Of bytes that are PUT; `rest` begins behind the parcel's id. */
  place(id: string, rest: string): Place;
}

export const memberDrafts: DraftServer = {
  announce: drafts.announce, removeFile: drafts.removeFile, abandon: drafts.abandon, place: (id, rest) => ({ path: `/parcels/${id}/${rest}` }),
};
