/** Certificates, OpenPGP keys and templates as single files, for targets that take no bundle. No key is converted here. */
import { toBase64, type Bundle } from './bundle.ts';
import { safeName, textFile, type MadeFile } from './file-name.ts';
import { lossOf, type Loss } from './loss.ts';
import { bytesOf } from './references.ts';

export interface Parts {
  files: MadeFile[];
  /** File name and what opens it: to be shown once, and not written beside it. */
  passwords: { file: string; password: string }[];
  losses: Loss[];
}

/** `.p12` and `.cer` of the certificates, `.asc` of the OpenPGP keys. */
export function keyFiles(bundle: Bundle): Parts {
  const parts: Parts = { files: [], passwords: [], losses: [] };
  const opens = (file: string, password: string | null | undefined): void => {
    if (typeof password === 'string') parts.passwords.push({ file, password });
  };
  for (const { id, p12, der } of bundle.certificates) {
    const [sealed, plain] = [bytesOf(bundle, p12?.data), bytesOf(bundle, der)];
    const stem = safeName(id);
    if (sealed) {
      opens(`${stem}.p12`, p12?.password);
      parts.files.push({ name: `${stem}.p12`, type: 'application/x-pkcs12', bytes: sealed });
    } else if (plain) parts.files.push({ name: `${stem}.cer`, type: 'application/pkix-cert', bytes: plain });
    else parts.losses.push(lossOf('certificates', id, 'broken-reference'));
  }
  for (const [at, key] of bundle.openpgpKeys.entries()) {
    const id = key.fingerprint ?? key.keyId ?? String(at + 1);
    const bytes = bytesOf(bundle, key.data);
    if (bytes === undefined) {
      parts.losses.push(lossOf('openpgpKeys', id, 'broken-reference'));
      continue;
    }
    const name = `openpgp-${safeName(id)}.asc`;
    opens(name, key.passphrase);
    parts.files.push(textFile(name, 'application/pgp-keys', armor(bytes, key.secret === true)));
  }
  return parts;
}

/** RFC 9580 section 6.2. */
function armor(key: Uint8Array, isSecret: boolean): string {
  const kind = isSecret ? 'PRIVATE' : 'PUBLIC';
  let text = `-----BEGIN PGP ${kind} KEY BLOCK-----\n\n`;
  for (let at = 0; at < key.length; at += 48) text += `${toBase64(key.subarray(at, at + 48))}\n`;
  return `${text}-----END PGP ${kind} KEY BLOCK-----\n`;
}

/** Each template as `.eml`. */
export function templateFiles(bundle: Bundle): Parts {
  const parts: Parts = { files: [], passwords: [], losses: [] };
  for (const [at, { id, name, message }] of bundle.templates.entries()) {
    const mail = bytesOf(bundle, message);
    if (mail) parts.files.push({ name: `${String(at + 1).padStart(2, '0')}-${safeName(name ?? id)}.eml`, type: 'message/rfc822', bytes: mail });
    else parts.losses.push(lossOf('templates', id, 'broken-reference'));
  }
  return parts;
}
