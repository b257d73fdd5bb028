/** The icons of the sprite (icons.svg). */
export type IconName =
  | 'letter' | 'sealed' | 'inbox' | 'sent' | 'reply' | 'link' | 'person' | 'people' | 'key' | 'lock' | 'clock'
  | 'check' | 'x' | 'plus' | 'more' | 'menu' | 'search' | 'down' | 'left' | 'right' | 'download' | 'upload' | 'eye'
  | 'copy' | 'print' | 'phone' | 'laptop' | 'handoff' | 'room' | 'box' | 'hand' | 'info' | 'warn' | 'tag' | 'rule'
  | 'text' | 'signature' | 'certificate';
