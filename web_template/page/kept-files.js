/** Files that outlive the visit, in the browser's own database. */

const DATABASE = 'livematte.files';
const STORE = 'files';

/**
 * @param {string} name
 * @param {File} file  takes the place of the one of this name
 * @returns {Promise<void>}
 * @throws {DOMException} storage is full, or forbidden
 */
export function keepFile(name, file) {
  return change((store) => store.put(file, name));
}

/**
 * @param {string} name  of a file, or of none
 * @returns {Promise<void>}
 * @throws {DOMException} storage is forbidden
 */
export function dropFile(name) {
  return change((store) => store.delete(name));
}

/** @returns {Promise<Map<string, File>>} by their names, in the names' order; empty without storage */
export async function keptFiles() {
  try {
    const database = await open();
    try {
      const store = database.transaction(STORE, 'readonly').objectStore(STORE);
      const [names, files] = await Promise.all([
        answer(store.getAllKeys()),
        answer(store.getAll()),
      ]);
      const all = names.map((name, index) => /** @type {[string, File]} */ ([name, files[index]]));
      return new Map(all.filter(([, file]) => file instanceof File));
    } finally {
      database.close();
    }
  } catch (error) {
    if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
    return new Map();
  }
}

/** @param {(store: IDBObjectStore) => void} work */
async function change(work) {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, 'readwrite');
    work(transaction.objectStore(STORE));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () =>
        reject(transaction.error ?? new DOMException('aborted', 'AbortError'));
    });
  } finally {
    database.close();
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
