/** The key part of the address, taken out of it at once. Mail programs make `%23` of the `#`. */
export function takeFragment(): string | undefined {
  const [path = '', behind] = location.pathname.split('%23');
  const fragment = location.hash.slice(1) || behind;
  if (fragment !== undefined) history.replaceState(null, '', path + location.search);
  return fragment;
}

/** The parts of the path, without what stands behind a `%23`. */
export function pathParts(): string[] {
  return location.pathname.split('%23')[0]?.split('/').slice(1) ?? [];
}
