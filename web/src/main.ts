/** The members' entry: one page per address. */
import { mount } from 'svelte';
import { info } from './api/client.ts';
import App from './pages/App.svelte';
import { member } from './pages/member-words.ts';
import { preferred, remembered } from './ui/words.svelte.ts';

async function begin(): Promise<void> {
  const brand = info().then(({ name }) => ({ name }), () => ({ name: '' }));
  await member.use(preferred(navigator.languages, remembered()));
  const target = document.querySelector('#app');
  if (target === null) return;
  const usable = isSecureContext && 'subtle' in crypto;
  mount(App, { target, props: { path: location.pathname, trouble: usable ? undefined : isSecureContext ? 'old' : 'insecure', brand: await brand } });
}

void begin();
