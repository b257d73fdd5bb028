/** What the vault's Worker does when it unlocks, alone. */
import { sealPassMaster, sealPassParams } from '../src/seal/lock.ts';
import { random } from '../src/seal/primitives.ts';

self.onmessage = async (event: MessageEvent<string>) => {
  await sealPassMaster({ kind: 'sealpass', params: sealPassParams(random(16)) }, event.data);
  self.postMessage('done');
};
