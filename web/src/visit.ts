/** The visitors' entry: /d/<id>, /a/<id>, /help. Small, because it is opened by people who have never been here. */
import { mount } from 'svelte';
import { info, visits } from './api/client.ts';
import { Awake } from './flows/awake.ts';
import { brand } from './flows/brand.ts';
import { browserStorage, drawText, tabName } from './flows/browser.ts';
import { ClaimFlow } from './flows/claim.svelte.ts';
import { pathParts, takeFragment } from './flows/fragment.ts';
import Visit from './pages/Visit.svelte';
import { visitor } from './pages/visitor-words.ts';
import { preferred, remembered, ui } from './ui/words.svelte.ts';
import { WorkerVault } from './vault/vault.ts';

function claim(link: string, fragment: string | undefined, attached: boolean): ClaimFlow {
  const flow: ClaimFlow = new ClaimFlow(link, {
    attached, api: visits, vault: new WorkerVault(), findPlace: async (name, size) => (await import('./vault/disk.ts')).findPlace(name, size), awake: new Awake(), storage: browserStorage(() => localStorage), tab: tabName(browserStorage(() => sessionStorage)),
    now: Date.now, makeToken: () => drawText(32), language: () => ui.code, leave: (to) => { location.assign(to); },
  });
  void flow.start(fragment);
  // The link once more in the same tab changes only the fragment: no new page.
  addEventListener('hashchange', () => {
    const again = takeFragment();
    if (flow.step.at !== 'open') void flow.start(again);
  });
  return flow;
}

async function begin(): Promise<void> {
  const [page, id = ''] = pathParts();
  const fragment = takeFragment();
  const usable = isSecureContext && 'subtle' in crypto && 'ReadableStream' in globalThis;
  // The letter and the words are fetched side by side.
  const letter = page === 'd' || page === 'a';
  const flow = letter && usable ? claim(id, fragment, page === 'a') : undefined;
  const house = brand(info());
  await visitor.use(preferred(navigator.languages, remembered()));
  const target = document.querySelector('#app');
  if (target === null) return;
  const trouble = !letter ? undefined : !isSecureContext ? 'insecure' : usable ? undefined : 'old';
  mount(Visit, { target, props: { flow, page: page ?? '', trouble, brand: await house } });
}

void begin();
