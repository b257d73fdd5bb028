/** How a delivery is protected, named by what opens it: 1 the link, 2 a login too, 3 the person's key for files, 4 for all. */
export type Level = 1 | 2 | 3 | 4;
export const LEVELS: readonly Level[] = [1, 2, 3, 4];

/** What is said of a level. */
export interface LevelText {
  /** "Level 1" */
  number: string;
  name: string;
  /** One short line, on phones. */
  short: string;
  protects: string;
  recipient: string;
}
