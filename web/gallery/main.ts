/**
 * Every component and every page with sample data, for looking at: `npm run dev`, then
 * /gallery.html?show=landing&lang=de&theme=dark. Not part of the build.
 */
import { mount } from 'svelte';
import { guide } from '../src/pages/guide-words.ts';
import { handoff } from '../src/pages/handoff-words.ts';
import { member } from '../src/pages/member-words.ts';
import { protectedMail } from '../src/pages/protected-words.ts';
import { visitor } from '../src/pages/visitor-words.ts';
import type { Code } from '../src/ui/words.svelte.ts';
import { scenes } from './scenes.svelte.ts';
import Contents from './Contents.svelte';

const query = new URLSearchParams(location.search);
const theme = query.get('theme');
if (theme !== null) document.documentElement.dataset.theme = theme;
const code = (query.get('lang') ?? 'en') as Code;
await visitor.use(code);
await guide.use(code);
await member.use(code);
await handoff.use(code);
await protectedMail.use(code);
const target = document.querySelector('#app');
if (target === null) throw new Error('no #app');
const scene = scenes(code)[query.get('show') ?? ''];
if (scene === undefined) mount(Contents, { target, props: { names: Object.keys(scenes(code)) } });
else scene(target);
document.documentElement.dataset.ready = 'yes';
