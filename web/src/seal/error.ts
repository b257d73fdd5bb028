/** Something is refused. `code` is stable and listed in the last section of docs/format.md; the message carries nothing secret. */
export type SealCode =
  | 'handoff_form' | 'handoff_version' | 'handoff_cut' | 'handoff_mistyped' | 'handoff_head' | 'handoff_newer' | 'handoff_type' | 'handoff_packed'
  | 'truncated' | 'trailing' | 'magic' | 'suite' | 'flags' | 'text' | 'size' | 'header' | 'authentication' | 'part_index'
  | 'part_length' | 'part_hash' | 'root' | 'commitment' | 'length' | 'padding' | 'signed' | 'signature'
  | 'too_large' | 'manifest_json' | 'manifest_version' | 'manifest_text' | 'manifest_number'
  | 'manifest_address' | 'manifest_type' | 'manifest_level' | 'manifest_entry' | 'manifest_name_taken' | 'manifest_size'
  | 'manifest_object_twice' | 'manifest_pack' | 'name_empty' | 'name_too_long' | 'name_dots' | 'name_separator' | 'name_control'
  | 'name_bidi' | 'password_weak' | 'password_heavy' | 'password_empty' | 'password_memory' | 'password_missing'
  | 'password_unexpected' | 'link_form' | 'link_version' | 'link_cut' | 'link_mistyped' | 'code_length' | 'code_character'
  | 'code_check' | 'signature_algorithm' | 'signature_missing' | 'signature_unexpected' | 'signature_wrong' | 'words_unknown'
  | 'words_count' | 'words_memory' | 'lock_kind' | 'lock_params' | 'lock_other_kind' | 'keyring_generation' | 'keyring_account' | 'keyring_json' | 'keyring_version'
  | 'keyring_contents' | 'keyring_older' | 'keyring_forked' | 'record_shape' | 'record_time' | 'record_kem_key' | 'record_account'
  | 'record_chain' | 'sender_nameless' | 'sender_unknown_key' | 'sender_key_changed' | 'release_by' | 'stanza_not_mine' | 'release_sender' | 'claim_tag' | 'claim_parcel' | 'draft_parcel'
  | 'reply_form' | 'reply_version' | 'reply_cut' | 'quote';

export class SealError extends Error {
  override readonly name = 'SealError';
  readonly code: SealCode;

  constructor(code: SealCode) {
    super(code);
    this.code = code;
  }
}

export function refuse(code: SealCode): never {
  throw new SealError(code);
}
