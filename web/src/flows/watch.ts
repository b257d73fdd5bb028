/** Looks again and again while somebody looks at the page: at once, when the page comes back, and every 20 seconds. */
const EVERY = 20_000;

export function watch(look: () => void): () => void {
  const seen = (): void => {
    if (document.visibilityState === 'visible') look();
  };
  look();
  const timer = setInterval(seen, EVERY);
  document.addEventListener('visibilitychange', seen);
  addEventListener('focus', seen);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', seen);
    removeEventListener('focus', seen);
  };
}
