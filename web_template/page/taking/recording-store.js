/**
 * The pieces of a recording that is running, in the browser's own database: a tab that is closed,
 * or that dies, loses none of them. The next visit offers them.
 *
 * @typedef {object} Kept
 * @property {Blob[]} pieces  in their order
 * @property {string} type    MIME
 * @property {number} startedMs  since 1970
 */

const NAME = 'livematte';
const PIECES = 'pieces';
const FACTS = 'facts';

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class RecordingStore {
  /** @type {Promise<IDBDatabase> | null} */
  #database = null;

  /**
   * Begins a recording; what was kept before is gone.
   * @param {{type: string, startedMs: number}} facts
   */
  async begin(facts) {
    const database = await this.#open();
    const change = database.transaction([PIECES, FACTS], 'readwrite');
    change.objectStore(PIECES).clear();
    await done(change.objectStore(FACTS).put(facts, 'recording'));
  }

  /**
   * @param {Blob} piece
   * @throws {DOMException} QuotaExceededError: the browser's storage is full
   */
  async add(piece) {
    const database = await this.#open();
    await done(database.transaction(PIECES, 'readwrite').objectStore(PIECES).add(piece));
  }

  /** @returns {Promise<Kept | null>} what a visit before has left */
  async kept() {
    const database = await this.#open();
    const look = database.transaction([PIECES, FACTS]);
    const facts = await done(look.objectStore(FACTS).get('recording'));
    const pieces = await done(look.objectStore(PIECES).getAll());
    return facts && pieces.length > 0 ? { ...facts, pieces } : null;
  }

  async clear() {
    const database = await this.#open();
    const change = database.transaction([PIECES, FACTS], 'readwrite');
    change.objectStore(FACTS).clear();
    await done(change.objectStore(PIECES).clear());
  }

  #open() {
    this.#database ??= this.#connect().catch((error) => {
      this.#database = null;
      throw error;
    });
    return this.#database;
  }

  async #connect() {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(PIECES, { autoIncrement: true });
      request.result.createObjectStore(FACTS);
    };
    return await done(request);
  }
}
