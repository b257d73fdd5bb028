/** The entry of protected mail: /p, /p/<token>, /r/<token>. A build of its own, so that no other page carries it. */
import { mount } from 'svelte';
import { info } from './api/client.ts';
import { pdfPasswords, replies } from './api/protected.ts';
import { Awake } from './flows/awake.ts';
import { brand } from './flows/brand.ts';
import { browserStorage, tabName } from './flows/browser.ts';
import { pathParts, takeFragment } from './flows/fragment.ts';
import { PasswordFlow } from './flows/password.svelte.ts';
import { ReplyMailFlow } from './flows/reply-mail.svelte.ts';
import Protected from './pages/protected/Protected.svelte';
import { protectedMail } from './pages/protected-words.ts';
import { preferred, remembered, ui } from './ui/words.svelte.ts';
import { WorkerProtectedVault } from './vault/protected-vault.ts';

let house = '';

function passwordFlow(token: string): PasswordFlow {
  const flow: PasswordFlow = new PasswordFlow(token, {
    vault: new WorkerProtectedVault(), api: pdfPasswords, house: () => house, language: () => ui.code,
  });
  void flow.start();
  return flow;
}

function replyFlow(token: string): ReplyMailFlow {
  const flow: ReplyMailFlow = new ReplyMailFlow(token, {
    vault: new WorkerProtectedVault(), look: replies.look, awake: new Awake(), tab: tabName(browserStorage(() => sessionStorage)), now: Date.now,
    wrote: ({ from, date }) => protectedMail.t.wrote(from.name || from.address, ui.format.moment(date)),
  });
  void flow.start(takeFragment());
  // The link once more in the same tab changes only the fragment: no new page.
  addEventListener('hashchange', () => {
    const again = takeFragment();
    if (flow.step.at === 'gone') void flow.start(again);
  });
  return flow;
}

async function begin(): Promise<void> {
  const [page = '', token = ''] = pathParts();
  const usable = isSecureContext && 'subtle' in crypto && 'ReadableStream' in globalThis;
  const asked = brand(info());
  await protectedMail.use(preferred(navigator.languages, remembered()));
  const known = await asked;
  house = known.name;
  const flows = !usable ? {} : page === 'r' ? { reply: replyFlow(token) } : { password: passwordFlow(token) };
  const target = document.querySelector('#app');
  if (target === null) return;
  mount(Protected, { target, props: { ...flows, trouble: usable ? undefined : isSecureContext ? 'old' : 'insecure', brand: known } });
}

void begin();
