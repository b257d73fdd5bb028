/**
 * Passwords that enter a key: NFKC (Unicode UAX #15), then Argon2id v1.3 (RFC 9106). The parameters travel with the record,
 * so whoever serves the record could weaken them: nothing is derived below the floor, nor what would exhaust the device.
 */
import { refuse } from './error.ts';
import { concat, Reader, u32 } from './format.ts';
import { argon2id, type Bytes } from './primitives.ts';

/** Least memory in KiB: 64 MiB. Also what a new link password uses. */
const MIN_MEMORY = 64 * 1024;
const MAX_MEMORY = 1024 * 1024;
/** Fewest passes. Also what a new link password uses. */
const MIN_PASSES = 3;
const MAX_PASSES = 16;
const SALT_LEN = 16;
const LANES = 1;

export interface PasswordParams {
  /** KiB */
  readonly memory: number;
  readonly passes: number;
  readonly salt: Bytes;
}

/** Takes parameters from elsewhere; refuses those that are too weak or too heavy. */
export function passwordParams(memory: number, passes: number, lanes: number, salt: Bytes): PasswordParams {
  if (lanes < LANES) refuse('password_weak');
  if (lanes > LANES) refuse('password_heavy');
  if (memory < MIN_MEMORY || passes < MIN_PASSES) refuse('password_weak');
  if (memory > MAX_MEMORY || passes > MAX_PASSES) refuse('password_heavy');
  if (salt.length !== SALT_LEN) refuse('truncated');
  return { memory, passes, salt };
}

/** What a new password uses, with 16 fresh random bytes. */
export const recommendedParams = (salt: Bytes): PasswordParams => passwordParams(MIN_MEMORY, MIN_PASSES, LANES, salt);

export function readParams(reader: Reader): PasswordParams {
  const memory = reader.u32();
  const passes = reader.u32();
  const lanes = reader.u8();
  return passwordParams(memory, passes, lanes, reader.bytes(SALT_LEN));
}

export function writeParams(params: PasswordParams): Bytes {
  return concat(u32(params.memory), u32(params.passes), new Uint8Array([LANES]), params.salt);
}

/** `pw = Argon2id(NFKC(password), salt, m, t, 1)`. Takes memory and a fifth of a second or more. */
export async function stretch(params: PasswordParams, password: string): Promise<Bytes> {
  const text = new TextEncoder().encode(password.normalize('NFKC'));
  if (text.length === 0) refuse('password_empty');
  const out = await argon2id(text, params.salt, params.memory, params.passes);
  text.fill(0);
  return out ?? refuse('password_memory');
}
