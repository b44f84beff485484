/**
 * The browser's own storage, which can be forbidden or full; the page works without it.
 * @template T
 * @param {'localStorage' | 'sessionStorage'} kind
 * @param {(storage: Storage) => T} use
 * @returns {T | null} null where there is none
 */
export function useStorage(kind, use) {
  try {
    return use(globalThis[kind]);
  } catch (error) {
    if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
    return null;
  }
}
