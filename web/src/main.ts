/** The members' entry: one page per address. */
import { mount } from 'svelte';
import { info } from './api/client.ts';
import { brand } from './flows/brand.ts';
import App from './pages/App.svelte';
import { member } from './pages/member-words.ts';
import { preferred, remembered } from './ui/words.svelte.ts';

async function begin(): Promise<void> {
  const asked = info();
  const house = brand(asked);
  await member.use(preferred(navigator.languages, remembered()));
  const target = document.querySelector('#app');
  if (target === null) return;
  const usable = isSecureContext && 'subtle' in crypto;
  const trouble = usable ? undefined : isSecureContext ? 'old' : 'insecure';
  mount(App, { target, props: { path: location.pathname, trouble, brand: await house, info: await asked.catch(() => undefined) } });
}

void begin();
