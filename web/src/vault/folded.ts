/** An address as the server compares it (domain::Address): normal form C, the domain in ASCII, all lower case. */
export function folded(address: string): string {
  const known = seen.get(address);
  if (known !== undefined) return known;
  if (seen.size >= MOST) seen.clear();
  const text = fold(address);
  seen.set(address, text);
  return text;
}

const seen = new Map<string, string>();
const MOST = 20_000;

function fold(address: string): string {
  const text = address.trim().normalize('NFC');
  const at = text.lastIndexOf('@');
  if (at < 0) return text.toLowerCase();
  let domain = text.slice(at + 1);
  // Nothing that a URL has more than a host.
  if (/[\s/:?#@\\[\]%]/.test(domain)) return text.toLowerCase();
  try {
    domain = new URL(`http://${domain}`).hostname;
  } catch {
    // no host name: it is compared as it stands
  }
  return `${text.slice(0, at)}@${domain}`.toLowerCase();
}
