/** Files that outlive the visit, in the browser's own database. */

const DATABASE = 'livematte.files';
const STORE = 'files';

/**
 * @param {string} name
 * @param {File} file  takes the place of the one of this name
 * @returns {Promise<void>}
 * @throws {DOMException} storage is full, or forbidden
 */
export async function keepFile(name, file) {
  const database = await open();
  try {
    const change = database.transaction(STORE, 'readwrite');
    change.objectStore(STORE).put(file, name);
    await new Promise((resolve, reject) => {
      change.oncomplete = resolve;
      change.onabort = () => reject(change.error ?? new DOMException('aborted', 'AbortError'));
    });
  } finally {
    database.close();
  }
}

/**
 * @param {string} name
 * @returns {Promise<File | null>} null where there is none, or no storage
 */
export async function keptFile(name) {
  try {
    const database = await open();
    try {
      const store = database.transaction(STORE, 'readonly').objectStore(STORE);
      const found = await answer(store.get(name));
      return found instanceof File ? found : null;
    } finally {
      database.close();
    }
  } catch (error) {
    if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
    return null;
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = globalThis.indexedDB.open(DATABASE, 1); // some private windows have none
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answer(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
