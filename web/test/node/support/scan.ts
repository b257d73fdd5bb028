/** Reading codes from screens: another decoder than the pages' own, on what a camera would see. */
import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright';

const READER = readFileSync(new URL('../../../node_modules/jsqr/dist/jsQR.js', import.meta.url), 'utf8');

export interface Picture {
  width: number;
  height: number;
  /** I420, as a camera gives it. */
  i420: Buffer;
  text: string | undefined;
}

/** What the code in this PNG says, after it was made `scale` times as large on a picture of at least that width. */
export async function scan(context: BrowserContext, png: Buffer, scale = 1, width = 0, height = 0): Promise<Picture> {
  const page = await context.newPage();
  try {
    await page.goto('about:blank');
    await page.evaluate(READER);
    const read = await page.evaluate(look, { png: png.toString('base64'), scale, width, height });
    return { ...read, i420: Buffer.from(read.i420, 'base64') };
  } finally {
    await page.close();
  }
}

async function look({ png, scale, width, height }: { png: string; scale: number; width: number; height: number }): Promise<Omit<Picture, 'i420'> & { i420: string }> {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = document.createElement('canvas');
  const even = (n: number): number => Math.ceil(n / 2) * 2;
  const [w, h] = [Math.round(image.width * scale), Math.round(image.height * scale)];
  [canvas.width, canvas.height] = [even(Math.max(w, width)), even(Math.max(h, height))];
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  context.fillStyle = '#888';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, Math.floor((canvas.width - w) / 2), Math.floor((canvas.height - h) / 2), w, h);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const read = (globalThis as unknown as { jsQR: (data: Uint8ClampedArray, w: number, h: number) => { data: string } | null }).jsQR(data, canvas.width, canvas.height);
  // Grey is enough for a code: luma, and colour planes without colour.
  const luma = new Uint8Array((canvas.width * canvas.height * 3) / 2).fill(128);
  for (let at = 0; at < canvas.width * canvas.height; at += 1)
    luma[at] = 16 + Math.round(((data[at * 4] ?? 0) * 0.257 + (data[at * 4 + 1] ?? 0) * 0.504 + (data[at * 4 + 2] ?? 0) * 0.098));
  let binary = '';
  for (let at = 0; at < luma.length; at += 0x8000) binary += String.fromCharCode(...luma.subarray(at, at + 0x8000));
  return { width: canvas.width, height: canvas.height, i420: btoa(binary), text: read?.data };
}

/** A film of one picture (YUV4MPEG2), as Chromium's fake camera plays it. */
export function film({ width, height, i420 }: Picture): Buffer {
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\nFRAME\n`), i420]);
}

/** The picture of the code on a page. */
export const photograph = (page: Page): Promise<Buffer> => page.locator('.code').first().screenshot();
