/**
 * The service worker carries streams to the disk, never keys: the vault hands it opened bytes over a port, and it answers the
 * navigation to /save/<id>/<name> with them, as a download of known length. It touches no other request and caches nothing.
 *
 * | message | does |
 * |-|-|
 * | `carry` with a port | keeps what will be asked for at /save/<id>; answers `carrying` on the port |
 * | `ping` | nothing: being spoken to keeps the worker alive |
 */
export type {};
declare const self: ServiceWorkerGlobalScope;

interface Carry {
  kind: 'carry';
  id: string;
  name: string;
  size: number;
}

/** On the port, as vault/protocol.ts has it. */
type Push = { kind: 'bytes'; bytes: Uint8Array[] } | { kind: 'end' } | { kind: 'fail' };

const loads = new Map<string, { load: Carry; port: MessagePort }>();

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => { event.waitUntil(self.clients.claim()); });

self.addEventListener('message', (event) => {
  const message = event.data as Carry | { kind: 'ping' };
  const [port] = event.ports;
  if (message.kind !== 'carry' || port === undefined) return;
  loads.set(message.id, { load: message, port });
  port.postMessage({ kind: 'carrying' });
});

function streamOf(port: MessagePort): ReadableStream<Uint8Array> {
  let ready: (() => void) | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        port.onmessage = (event: MessageEvent<Push>) => {
          const push = event.data;
          if (push.kind === 'bytes') for (const piece of push.bytes) controller.enqueue(piece);
          else if (push.kind === 'end') controller.close();
          else controller.error(new Error('stopped'));
          if (push.kind !== 'bytes') port.close();
          ready?.();
        };
      },
      pull() {
        port.postMessage({ kind: 'pull' });
        return new Promise<void>((resolve) => { ready = resolve; });
      },
      cancel() {
        port.postMessage({ kind: 'cancel' });
        port.close();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 4 << 20 }),
  );
}

/** RFC 6266 with RFC 8187: the name in UTF-8, and an ASCII shape of it for whoever does not know that. */
function disposition(name: string): string {
  const plain = name.replace(/[^ -~]|["\\%]/g, '_');
  const full = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}

self.addEventListener('fetch', (event) => {
  const [, save, id] = new URL(event.request.url).pathname.split('/');
  if (save !== 'save' || id === undefined) return;
  const found = loads.get(id);
  loads.delete(id);
  event.respondWith(
    found
      ? new Response(streamOf(found.port), {
          headers: {
            'Content-Type': 'application/octet-stream',
            'Content-Disposition': disposition(found.load.name),
            'Content-Length': String(found.load.size),
            'Content-Security-Policy': "default-src 'none'; sandbox",
            'X-Content-Type-Options': 'nosniff',
            'Cache-Control': 'no-store',
          },
        })
      : new Response(null, { status: 404 }),
  );
});
