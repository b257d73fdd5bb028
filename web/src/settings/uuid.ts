/** UUIDs that repeat: RFC 9562 version 5, so that a second import finds the first one's account. */

/** The RFC's namespace for URLs; serves bundles whose id is no UUID. */
const URLS = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

export const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);

const bytesOf = (uuid: string): Uint8Array => Uint8Array.from(uuid.replaceAll('-', '').match(/../g) ?? [], (byte) => parseInt(byte, 16));

async function versionFive(namespace: Uint8Array, name: string): Promise<Uint8Array> {
  const text = new TextEncoder().encode(name);
  const input = new Uint8Array(16 + text.length);
  input.set(namespace);
  input.set(text, 16);
  const uuid = new Uint8Array(await crypto.subtle.digest('SHA-1', input)).slice(0, 16);
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x50;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid;
}

/** The UUID of `name` inside a bundle: version 5 with the bundle's id as the namespace. */
export async function deriveUuid(bundleId: string, name: string): Promise<string> {
  const namespace = isUuid(bundleId) ? bytesOf(bundleId) : await versionFive(bytesOf(URLS), bundleId);
  const hex = [...(await versionFive(namespace, name))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
