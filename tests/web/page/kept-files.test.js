import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { dropFile, keepFile, keptFiles } from '../../../web_template/page/kept-files.js';

/** Enough of a database: it remembers for as long as the test takes. */
function fakeDatabase({ isFull = false } = {}) {
  /** @type {Map<string, unknown>} */
  const files = new Map();
  let open = 0;
  const later = (/** @type {any} */ target, /** @type {string} */ event) =>
    queueMicrotask(() => target[event]?.());
  const answered = (/** @type {unknown} */ result) => {
    const request = { result };
    later(request, 'onsuccess');
    return request;
  };
  const database = {
    close: () => open--,
    transaction() {
      const change = /** @type {any} */ ({ error: new DOMException('full', 'QuotaExceededError') });
      change.objectStore = () => ({
        put(/** @type {unknown} */ file, /** @type {string} */ name) {
          if (!isFull) files.set(name, file);
          later(change, isFull ? 'onabort' : 'oncomplete');
        },
        delete(/** @type {string} */ name) {
          files.delete(name);
          later(change, 'oncomplete');
        },
        getAllKeys: () => answered([...files.keys()]),
        getAll: () => answered([...files.values()]),
      });
      return change;
    },
  };
  Object.assign(globalThis, {
    indexedDB: {
      open() {
        open++;
        const request = { result: database };
        later(request, 'onsuccess');
        return request;
      },
    },
  });
  return { openCount: () => open };
}

afterEach(() => {
  delete (/** @type {any} */ (globalThis).indexedDB);
});

test('a file is there at the next visit, and the database is closed', async () => {
  const { openCount } = fakeDatabase();
  const file = new File(['x'], 'wall.png', { type: 'image/png' });
  assert.equal((await keptFiles()).size, 0);
  await keepFile('backdrop', file);
  assert.deepEqual([...(await keptFiles())], [['backdrop', file]]);
  assert.equal(openCount(), 0);
});

test('a file that was dropped is gone, the others stay', async () => {
  const { openCount } = fakeDatabase();
  const file = new File(['x'], 'wall.png', { type: 'image/png' });
  await keepFile('one', file);
  await keepFile('other', file);
  await dropFile('one');
  assert.deepEqual([...(await keptFiles()).keys()], ['other']);
  assert.equal(openCount(), 0);
});

test('full storage is told', async () => {
  const { openCount } = fakeDatabase({ isFull: true });
  await assert.rejects(keepFile('backdrop', new File([], 'x')), { name: 'QuotaExceededError' });
  assert.equal(openCount(), 0);
});

test('forbidden storage, and none at all, has no file', async () => {
  assert.equal((await keptFiles()).size, 0);
  const forbidden = () => {
    throw new DOMException('no', 'SecurityError');
  };
  Object.assign(globalThis, { indexedDB: { open: forbidden } });
  assert.equal((await keptFiles()).size, 0);
});
