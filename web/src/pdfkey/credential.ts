/**
 * What is derived from a password once, and makes every PDF for its owner (PDF 2.0 revision 6, ISO 32000-2 section 7.6):
 *
 *     U     = hash2B(password, validation salt) || validation salt || key salt        (48 bytes, in each PDF)
 *     U key = hash2B(password, key salt)                                              (32 bytes, as secret as the password)
 */
import { parsePassword } from './password.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const BLOCK = 16;
const KEY = 32;
const SALT = 8;
/** How often password and hash are repeated in a round. */
const REPEATED = 64;
const ROUNDS = 64;

export interface Credential {
  user: Bytes;
  key: Bytes;
}

export interface Salts {
  validation: Bytes;
  key: Bytes;
}

const concat = (...pieces: Bytes[]): Bytes => {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
};

/** AES-128-CBC of whole blocks, without padding: WebCrypto adds one block behind them, which is cut off. */
async function encrypt(key: Bytes, iv: Bytes, blocks: Bytes): Promise<Bytes> {
  const aes = await crypto.subtle.importKey('raw', key, 'AES-CBC', false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, aes, blocks), 0, blocks.length);
}

const HASHES = ['SHA-256', 'SHA-384', 'SHA-512'] as const;

async function digest(name: string, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(name, bytes));
}

/** Algorithm 2.B of ISO 32000-2: SHA-256, then at least 64 rounds of AES-128-CBC and of the SHA-2 that the outcome chooses. */
async function hash2b(password: Bytes, salt: Bytes): Promise<Bytes> {
  let k = await digest('SHA-256', concat(password, salt));
  for (let round = 1; ; round += 1) {
    const piece = concat(password, k);
    const blocks = new Uint8Array(piece.length * REPEATED);
    for (let turn = 0; turn < REPEATED; turn += 1) blocks.set(piece, turn * piece.length);
    const encrypted = await encrypt(k.slice(0, BLOCK), k.slice(BLOCK, 2 * BLOCK), blocks);
    // The first 16 bytes as a number modulo 3: 256 leaves 1, so it is the sum of the bytes.
    const choice = encrypted.subarray(0, BLOCK).reduce((sum, byte) => sum + byte, 0) % 3;
    k = await digest(HASHES[choice] ?? 'SHA-512', encrypted);
    const last = encrypted.at(-1) ?? 0;
    for (const used of [piece, blocks, encrypted]) used.fill(0);
    if (round >= ROUNDS && last <= round - 32) return k.slice(0, KEY);
  }
}

/** From what was typed; refuses what some reader would not open. */
export async function deriveCredential(typed: string, salts: Salts): Promise<Credential> {
  const password = parsePassword(typed);
  const user = concat(await hash2b(password, salts.validation), salts.validation, salts.key);
  const key = await hash2b(password, salts.key);
  password.fill(0);
  return { user, key };
}

/** Credentials of one password that nobody can tell to be of one; each with salts of its own. */
export async function deriveCredentials(typed: string, count: number, random: (n: number) => Bytes): Promise<Credential[]> {
  const out: Credential[] = [];
  for (let made = 0; made < count; made += 1) out.push(await deriveCredential(typed, { validation: random(SALT), key: random(SALT) }));
  return out;
}
