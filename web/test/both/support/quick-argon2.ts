/** Stands in for hash-wasm where a test is not about Argon2id: as deterministic, and without its cost. The vectors run the real one. */
import { concat, sha256, type Bytes } from '../../../src/seal/primitives.ts';

interface Ask {
  password: Bytes;
  salt: Bytes;
  memorySize: number;
  iterations: number;
}

/** What was asked of it. */
export const asked: Ask[] = [];

export function argon2id(ask: Ask): Promise<Bytes> {
  asked.push(ask);
  const { password, salt, memorySize, iterations } = ask;
  return sha256(concat(new TextEncoder().encode(`${memorySize} ${iterations} ${salt.length} `), salt, password));
}
