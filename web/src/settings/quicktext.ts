/** Bundle to what the add-on Quicktext 6 imports: what `crates/settings/src/quicktext.rs` writes. */
import { bundleText, type Bundle, type QuickText } from './bundle.ts';
import { imagesFromBlobs } from './html.ts';
import { lossOf, type Loss } from './loss.ts';

/** Members in the order of their names, as the other half writes them. */
function entryOf(bundle: Bundle, text: QuickText): Record<string, string> {
  const isHtml = typeof text.html === 'string';
  return {
    attachments: '',
    keyword: text.keyword ?? '',
    name: text.name,
    shortcut: text.shortcut ?? '',
    subject: text.subject ?? '',
    text: isHtml ? imagesFromBlobs(text.html ?? '', bundle.blobs) : (text.text ?? ''),
    type: isHtml ? '1' : '0',
  };
}

export function writeQuicktext(bundle: Bundle): { bytes: Uint8Array<ArrayBuffer>; losses: Loss[] } {
  const groups = new Map<string, Record<string, string>[]>();
  const losses: Loss[] = [];
  for (const text of bundle.quickTexts) {
    const name = text.group ?? 'Depesche';
    if (typeof text.variables === 'string' && text.variables !== 'quicktext') losses.push(lossOf('quickTexts', text.id, 'placeholders-of-another-program'));
    groups.set(name, [...(groups.get(name) ?? []), entryOf(bundle, text)]);
  }
  const root = { scripts: [], templates: { groups: [...groups.keys()].map((name) => ({ name })), texts: [...groups.values()] } };
  return { bytes: bundleText(root), losses };
}
