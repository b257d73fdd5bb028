/** The names of a draft, so that none is there twice and none below a file. An empty folder's ends in a slash. */
import type { DraftFile } from './draft-record.ts';

function* foldersOf(name: string): Generator<string> {
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) yield name.slice(0, at);
}

export class Names {
  readonly #files = new Map<string, DraftFile>();
  readonly #folders = new Map<string, number>();

  constructor(files: readonly DraftFile[]) {
    for (const file of files) this.add(file);
  }

  add(file: DraftFile): void {
    this.#files.set(file.name, file);
    for (const folder of foldersOf(file.name)) this.#folders.set(folder, (this.#folders.get(folder) ?? 0) + 1);
  }

  delete(file: DraftFile): void {
    this.#files.delete(file.name);
    for (const folder of foldersOf(file.name)) {
      const left = (this.#folders.get(folder) ?? 1) - 1;
      if (left > 0) this.#folders.set(folder, left);
      else this.#folders.delete(folder);
    }
  }

  get(name: string): DraftFile | undefined {
    return this.#files.get(name);
  }

  /** A file or a folder is called so, or a file lies where it wants a folder. */
  has(name: string): boolean {
    const bare = name.replace(/\/$/, '');
    return this.#files.has(bare) || this.#folders.has(bare) || [...foldersOf(bare)].some((folder) => this.#files.has(folder));
  }

  /** The name, or with a number behind it one that nobody has: `a.txt`, `a (2).txt`. */
  free(wanted: string): string {
    if (!this.has(wanted)) return wanted;
    const file = [...foldersOf(wanted.replace(/\/$/, ''))].find((folder) => this.#files.has(folder));
    if (file !== undefined) return this.#numbered(file, wanted.slice(file.length));
    const [, stem = wanted, end = ''] = /^(.*?[^/])((?:\.[^./]+)?\/?)$/s.exec(wanted) ?? [];
    return this.#numbered(stem, end);
  }

  #numbered(stem: string, end: string): string {
    for (let number = 2; ; number += 1) {
      const next = `${stem} (${number})${end}`;
      if (!this.has(next)) return next;
    }
  }
}
