/** What a page keeps in this browser by name, and random text. Blocked storage is none: it holds for this visit. */
export function browserStorage(area: () => Storage): { get(name: string): string | undefined; set(name: string, value: string | undefined): void } {
  return {
    get(name) {
      try {
        return area().getItem(`depesche.${name}`) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set(name, value) {
      try {
        if (value === undefined) area().removeItem(`depesche.${name}`);
        else area().setItem(`depesche.${name}`, value);
      } catch {
        // storage is blocked
      }
    },
  };
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** So many random bytes as base64url. */
export const drawText = (n: number): string => base64url(crypto.getRandomValues(new Uint8Array(n)));

/** What this tab is called, also after a reload. */
export function tabName(area: ReturnType<typeof browserStorage>): string {
  const name = area.get('tab') ?? drawText(16);
  area.set('tab', name);
  return name;
}
