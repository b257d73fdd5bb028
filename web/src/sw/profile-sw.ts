/**
 * Answers one navigation to /profile/<id>/<name> with a configuration profile that the page hands over, as a server would
 * answer: on that Apple's systems ask whether to install it. It touches no other request and keeps nothing after the answer.
 */
export type {};
declare const self: ServiceWorkerGlobalScope;

interface Hold {
  kind: 'hold';
  id: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const held = new Map<string, Hold>();

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => { event.waitUntil(self.clients.claim()); });

self.addEventListener('message', (event) => {
  const message = event.data as Hold;
  const [port] = event.ports;
  if (port === undefined) return;
  held.set(message.id, message);
  port.postMessage({ kind: 'holding' });
});

self.addEventListener('fetch', (event) => {
  const [, profile, id = ''] = new URL(event.request.url).pathname.split('/');
  const found = held.get(id);
  // One that is asked for again is the server's to refuse.
  if (profile !== 'profile' || found === undefined) return;
  held.delete(id);
  const headers = {
    'Content-Type': found.type, 'Content-Length': String(found.bytes.length), 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store',
  };
  event.respondWith(new Response(found.bytes, { headers }));
});
