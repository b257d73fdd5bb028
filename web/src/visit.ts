/** The visitors' entry: /d/<id>, /a/<id>, /help. Small, because it is opened by people who have never been here. */
import { mount } from 'svelte';
import { info, visits } from './api/client.ts';
import { Awake } from './flows/awake.ts';
import { brand } from './flows/brand.ts';
import { browserStorage, drawText } from './flows/browser.ts';
import { ClaimFlow } from './flows/claim.svelte.ts';
import Visit from './pages/Visit.svelte';
import { visitor } from './pages/visitor-words.ts';
import { preferred, remembered, ui } from './ui/words.svelte.ts';
import { WorkerVault } from './vault/vault.ts';

/** The key part of the address, taken out of it at once. Mail programs make `%23` of the `#`. */
function takeFragment(): string | undefined {
  const [path = '', behind] = location.pathname.split('%23');
  const fragment = location.hash.slice(1) || behind;
  if (fragment !== undefined) history.replaceState(null, '', path + location.search);
  return fragment;
}

function tabName(): string {
  const area = browserStorage(() => sessionStorage);
  const name = area.get('tab') ?? drawText(16);
  area.set('tab', name);
  return name;
}

function claim(link: string, fragment: string | undefined): ClaimFlow {
  const flow: ClaimFlow = new ClaimFlow(link, {
    api: visits, vault: new WorkerVault(), findPlace: async (name, size) => (await import('./vault/disk.ts')).findPlace(name, size), awake: new Awake(), storage: browserStorage(() => localStorage), tab: tabName(),
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
  const [, page, id = ''] = location.pathname.split('%23')[0]?.split('/') ?? [];
  const fragment = takeFragment();
  const usable = isSecureContext && 'subtle' in crypto && 'ReadableStream' in globalThis;
  // The letter and the words are fetched side by side.
  const flow = page === 'd' && usable ? claim(id, fragment) : undefined;
  const house = brand(info());
  await visitor.use(preferred(navigator.languages, remembered()));
  const target = document.querySelector('#app');
  if (target === null) return;
  const trouble = page !== 'd' ? undefined : !isSecureContext ? 'insecure' : usable ? undefined : 'old';
  mount(Visit, { target, props: { flow, page: page ?? '', trouble, brand: await house } });
}

void begin();
