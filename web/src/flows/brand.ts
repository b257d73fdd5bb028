/** The house whose pages these are. */
import type { Info } from '../api/port.ts';
import type { Brand } from '../ui/brand.ts';

/** What the server says of its house, and its colour on the page; without an answer the page goes without. */
export async function brand(info: Promise<Info>): Promise<Brand> {
  try {
    const { name, brand } = await info;
    if (brand.colour !== undefined) (await import('../ui/brand-colour.ts')).applyColour(brand.colour);
    return { name, ...brand };
  } catch {
    return { name: '' };
  }
}
