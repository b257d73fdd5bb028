/**
 * The organisation's one colour becomes `brand`; its lightness is shifted until text on it and it on the surface both reach
 * 4.5 (WCAG 2.2, 1.4.3), per theme.
 */

type Rgb = readonly [number, number, number];

const THEMES = {
  light: { surface: [255, 255, 255] as Rgb, on: [255, 255, 255] as Rgb, soft: 0.1, step: -1 },
  dark: { surface: [17, 29, 34] as Rgb, on: [5, 31, 39] as Rgb, soft: 0.18, step: 1 },
} as const;

export function parseColour(text: string): Rgb | undefined {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim());
  return hex ? [1, 2, 3].map((i) => parseInt(hex[i] ?? '', 16)) as unknown as Rgb : undefined;
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4)) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const mix = (a: Rgb, b: Rgb, share: number): Rgb => a.map((c, i) => Math.round(c + ((b[i] ?? 0) - c) * share)) as unknown as Rgb;

const text = (rgb: Rgb): string => `#${rgb.map((c) => c.toString(16).padStart(2, '0')).join('')}`;

/** The brand roles for one theme, from one colour. */
export function brandRoles(colour: Rgb, theme: keyof typeof THEMES): Record<string, string> {
  const { surface, on, soft, step } = THEMES[theme];
  const goal: Rgb = step < 0 ? [0, 0, 0] : [255, 255, 255];
  const legible = (rgb: Rgb): boolean =>
    contrast(rgb, surface) >= 4.5 && contrast(rgb, on) >= 4.5 && contrast(rgb, mix(surface, rgb, soft)) >= 4.5;
  let share = 0;
  let brand = colour;
  while (!legible(brand) && share < 1) {
    share += 0.02;
    brand = mix(colour, goal, share);
  }
  return {
    '--brand': text(brand),
    '--brand-hover': text(mix(brand, goal, 0.2)),
    '--brand-soft': text(mix(surface, brand, soft)),
    '--on-brand': text(on),
  };
}

/** Puts the colour on the page, by a constructed sheet: the policy allows no inline style. */
export function applyColour(hex: string): void {
  const colour = parseColour(hex);
  if (colour === undefined) return;
  const rule = (theme: keyof typeof THEMES): string =>
    Object.entries(brandRoles(colour, theme)).map(([name, value]) => `${name}:${value}`).join(';');
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    `:root{${rule('light')}}@media(prefers-color-scheme:dark){:root:not([data-theme=light]){${rule('dark')}}}:root[data-theme=dark]{${rule('dark')}}`,
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
