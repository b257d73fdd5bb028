/** The handoff's entry: /handoff, /handoff/how, /h, /h/<id>. A build of its own, so that no other page carries it. */
import { mount } from 'svelte';
import { info } from './api/client.ts';
import { sessions } from './api/members.ts';
import { Awake } from './flows/awake.ts';
import { brand } from './flows/brand.ts';
import { browserStorage, drawText, tabName } from './flows/browser.ts';
import { pathParts, takeFragment } from './flows/fragment.ts';
import { SourceFlow, type SourceTools } from './flows/handoff-source.svelte.ts';
import { TargetFlow } from './flows/handoff-target.svelte.ts';
import Handoff from './pages/handoff/Handoff.svelte';
import { handoff } from './pages/handoff-words.ts';
import { preferred, remembered } from './ui/words.svelte.ts';
import { deviceOf, download, offerProfile } from './vault/device.ts';
import { WorkerHandoffVault } from './vault/handoff-vault.ts';

const kept = browserStorage(() => sessionStorage);
const storage: typeof kept = { get: (name) => kept.get(`handoff.${name}`), set: (name, value) => { kept.set(`handoff.${name}`, value); } };

const known = info();

/** Only members may offer here, and nobody is logged in. */
async function needsAccount(): Promise<boolean> {
  try {
    if ((await known).handoff.create !== 'accounts') return false;
    await sessions.me();
    return false;
  } catch (error) {
    return (error as { status?: number }).status === 401;
  }
}

function flows(page: string, id: string, fragment: string | undefined): { source?: SourceFlow; target?: TargetFlow } {
  const vault = new WorkerHandoffVault();
  const shared = { vault, storage, awake: new Awake(), now: Date.now, base: location.origin };
  const tools: SourceTools = { ...shared, needsAccount, open: (url) => { location.assign(url); } };
  if (page === 'handoff') {
    const source = new SourceFlow(tools);
    void source.start();
    return { source };
  }
  const target = new TargetFlow({
    ...shared, tab: tabName(storage), makeToken: () => drawText(32), device: deviceOf(navigator.userAgent, navigator.maxTouchPoints), download, offerProfile,
    texts: () => handoff.t.profile, fillFlow: (slot) => new SourceFlow(tools, slot),
  });
  void target.start(id, fragment);
  // Another code in the same tab changes only the fragment, or the address of the same page.
  addEventListener('hashchange', () => {
    const again = takeFragment();
    if (target.step.at === 'ready' || target.step.at === 'gone') void target.start(id, again);
  });
  return { target };
}

async function begin(): Promise<void> {
  const [page = '', id = ''] = pathParts();
  const fragment = page === 'h' ? takeFragment() : undefined;
  const how = page === 'handoff' && id === 'how';
  const usable = isSecureContext && 'subtle' in crypto && 'DecompressionStream' in globalThis;
  // What waits and the words are fetched side by side.
  const made = usable && !how ? flows(page, id, fragment) : {};
  const house = brand(known);
  await handoff.use(preferred(navigator.languages, remembered()));
  const target = document.querySelector('#app');
  if (target === null) return;
  const most = await known.then(({ handoff: rules }) => rules.largest, () => 8 << 20);
  const trouble = usable || how ? undefined : isSecureContext ? 'old' : 'insecure';
  mount(Handoff, { target, props: { page: how ? 'how' : page === 'handoff' ? 'source' : 'target', ...made, trouble, brand: await house, most } });
}

void begin();
