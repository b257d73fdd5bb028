/** Something is refused. `code` is stable and listed in docs/format.md, section 9; the message carries nothing secret. */
export type SealCode =
  | 'handoff_form' | 'handoff_version' | 'handoff_cut' | 'handoff_mistyped' | 'handoff_head' | 'handoff_newer' | 'handoff_type' | 'handoff_packed'
  | 'words_unknown' | 'words_count'
  | 'truncated' | 'trailing' | 'magic' | 'suite' | 'flags' | 'text' | 'size' | 'header' | 'authentication' | 'part_index'
  | 'part_length' | 'part_hash' | 'root' | 'commitment' | 'length' | 'padding' | 'signature'
  | 'signature_unsupported' | 'too_large' | 'manifest_json' | 'manifest_version' | 'manifest_text' | 'manifest_number'
  | 'manifest_address' | 'manifest_type' | 'manifest_level' | 'manifest_entry' | 'manifest_name_taken' | 'manifest_size'
  | 'manifest_object_twice' | 'manifest_pack' | 'name_empty' | 'name_too_long' | 'name_dots' | 'name_separator' | 'name_control'
  | 'name_bidi' | 'password_weak' | 'password_heavy' | 'password_empty' | 'password_memory' | 'password_missing'
  | 'password_unexpected' | 'link_form' | 'link_version' | 'link_cut' | 'link_mistyped' | 'code_length' | 'code_character'
  | 'code_check';

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
