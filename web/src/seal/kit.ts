/**
 * The recovery kit: 160 random bits on paper, as text like a link's code (8 groups of 4 and a check letter), in upper case. Its
 * identifier tells kits apart and says nothing about the secret.
 */
import { code, parseCode } from './link-text.ts';
import type { Bytes } from './primitives.ts';

/** Bytes of a kit's secret. */
export const KIT_LEN = 20;
/** Bytes of its identifier. */
export const KIT_ID_LEN = 8;

export const kitText = (secret: Bytes): string => code(secret).toUpperCase();

/** Reads `kitText` as it was typed. */
export const parseKit = (text: string): Bytes => parseCode(text);

/** As it stands on the paper: `4f2a 91c7 08de b35a`. */
export const kitIdText = (id: Bytes): string =>
  [...id].map((byte) => byte.toString(16).padStart(2, '0')).join('').replace(/.{4}(?=.)/g, '$& ');
