/**
 * What somebody dropped or chose, folders included, with the browser's handles where it has them: by these the files are found
 * again after a reload.
 */
import type { Given } from './send-view.ts';
import { held } from '../vault/held.ts';

interface Picker {
  showOpenFilePicker?: (options: { multiple: true }) => Promise<FileSystemFileHandle[]>;
  showDirectoryPicker?: () => Promise<FileSystemDirectoryHandle>;
}

/** A folder's files carry their path in `webkitRelativePath`. */
export function fromList(files: File[]): Given {
  return { files: files.map((file) => ({ file, name: file.webkitRelativePath || file.name })), folders: [], roots: [] };
}

/** The browser's own chooser that gives handles; none where there is none. */
export function picker(): ((what: 'files' | 'folder') => Promise<Given | undefined>) | undefined {
  const { showOpenFilePicker: openFiles, showDirectoryPicker: openFolder } = globalThis as Picker;
  if (openFiles === undefined || openFolder === undefined) return undefined;
  return async (what) => {
    try {
      return await fromHandles(what === 'files' ? await openFiles({ multiple: true }) : [await openFolder()]);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return undefined; // somebody cancelled
      throw error;
    }
  };
}

async function fromHandles(handles: FileSystemHandle[]): Promise<Given> {
  const given: Given = { files: [], folders: [], roots: handles };
  for (const [root, handle] of handles.entries()) await collectHandle(handle, given, root, []);
  return sorted(given);
}

/** Folders list their entries in any order. */
function sorted(given: Given): Given {
  given.files.sort((a, b) => a.name.localeCompare(b.name));
  return given;
}

async function collectHandle(handle: FileSystemHandle, given: Given, root: number, path: string[]): Promise<void> {
  const name = [given.roots[root]?.name ?? '', ...path].join('/');
  if (handle.kind === 'file') {
    given.files.push({ file: await (handle as FileSystemFileHandle).getFile(), name, at: { root, path } });
    return;
  }
  let empty = true;
  const folder = handle as FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };
  for await (const child of folder.values()) {
    empty = false;
    await held(child, (inside) => collectHandle(inside, given, root, [...path, inside.name]));
  }
  if (empty) given.folders.push(name);
}

type WithHandle = DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };

/** The files of a drop. */
export async function dropped(transfer: DataTransfer): Promise<Given> {
  // The list of items is gone after the first pause, so all are taken at once.
  const items = ([...transfer.items] as WithHandle[]).filter(({ kind }) => kind === 'file');
  const files = [...transfer.files];
  const entries = items.map((item) => item.webkitGetAsEntry());
  const asked = items.flatMap((item) => item.getAsFileSystemHandle?.() ?? []);
  const handles = await Promise.all(asked).catch(() => []);
  const found = handles.flatMap((handle) => handle ?? []);
  if (items.length > 0 && found.length === items.length) return fromHandles(found);
  if (entries.every((entry) => entry === null)) return fromList(files);
  const given: Given = { files: [], folders: [], roots: [] };
  for (const entry of entries) if (entry !== null) await collectEntry(entry, given);
  return sorted(given);
}

async function collectEntry(entry: FileSystemEntry, given: Given): Promise<void> {
  const name = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => { (entry as FileSystemFileEntry).file(resolve, reject); });
    given.files.push({ file, name });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives a hundred entries at a time and none at the end.
  for (let first = true; ; first = false) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (batch.length === 0) {
      if (first) given.folders.push(name);
      return;
    }
    for (const child of batch) await collectEntry(child, given);
  }
}
