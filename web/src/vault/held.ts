/**
 * Handles and readers, held until what they were asked for has come. Chromium (and WebKit, its bug 275252) forgets a question
 * together with the object that it was put to: once that is collected as garbage, no answer comes.
 */
const holds = new Set<object>();

export async function held<H extends object, T>(handle: H, ask: (handle: H) => Promise<T>): Promise<T> {
  // An object of its own: two may ask the same at once.
  const hold = { handle };
  holds.add(hold);
  try {
    return await ask(handle);
  } finally {
    holds.delete(hold);
  }
}

/** In the standard for workers only, so unknown to the library that types pages. */
export interface SyncAccess {
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  close(): void;
}
export const syncAccess = (handle: FileSystemFileHandle): Promise<SyncAccess> =>
  held(handle, (file) => (file as unknown as { createSyncAccessHandle(): Promise<SyncAccess> }).createSyncAccessHandle());

export const fileOf = (handle: FileSystemFileHandle): Promise<File> => held(handle, (file) => file.getFile());
