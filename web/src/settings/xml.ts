const SPECIAL: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '\n' };

/**
 * Text between tags or in a quoted attribute. Characters that XML 1.0 cannot carry (section 2.2) are left out; line ends
 * become line feeds, as every reader makes them anyway.
 */
export function escapeXml(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[&<>"\r]/g, (c) => SPECIAL[c] ?? c)
    // eslint-disable-next-line no-control-regex -- the point of this pattern
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
}
