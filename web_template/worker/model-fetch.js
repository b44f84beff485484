/**
 * Brings a model's bytes, tells how far it is, and checks that they are the ones that were built.
 *
 * @typedef {import('../shared/manifest.js').FileSpec} FileSpec
 */

import { MatteError } from '../shared/errors.js';
import { sha256Of } from './sha256.js';

/**
 * @param {import('../shared/manifest.js').ModelSpec} model
 * @param {(loadedBytes: number) => void} onProgress
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {MatteError} 'model-unavailable'
 */
export async function fetchModel(model, onProgress) {
  try {
    if (model.file) return new Uint8Array(await model.file.arrayBuffer());
    return await fetchFile(model, onProgress);
  } catch (error) {
    throw MatteError.from(error, 'model-unavailable', `the model ${model.name} cannot be loaded`);
  }
}

/**
 * @param {FileSpec} file
 * @param {(loadedBytes: number) => void} [onProgress]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export function fetchFile(file, onProgress = () => {}) {
  return fetchOnce(file, onProgress, 'default').catch((error) => {
    if (!(error instanceof WrongBytes)) throw error;
    // Damaged ones may lie in the browser's cache, where their name keeps them for ever.
    return fetchOnce(file, onProgress, 'reload');
  });
}

class WrongBytes extends Error {}

/**
 * @param {FileSpec} file
 * @param {(loadedBytes: number) => void} onProgress
 * @param {RequestCache} cache
 */
async function fetchOnce(file, onProgress, cache) {
  const response = await fetch(file.url, { cache });
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  const bytes = await readAll(response, file.bytes, onProgress);
  await checkDigest(bytes, file.sha256);
  return bytes;
}

/**
 * @param {Response} response
 * @param {number} expectedBytes  what it is when unpacked: Content-Length counts the packed bytes
 * @param {(loadedBytes: number) => void} onProgress
 */
async function readAll(response, expectedBytes, onProgress) {
  const bytes = new Uint8Array(expectedBytes);
  let loaded = 0;
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > expectedBytes) {
      await reader.cancel();
      throw new WrongBytes(`more than the ${expectedBytes} bytes of the manifest`);
    }
    bytes.set(value, loaded);
    loaded += value.length;
    onProgress(loaded);
  }
  if (loaded < expectedBytes) throw new WrongBytes(`${loaded} bytes instead of ${expectedBytes}`);
  return bytes;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} sha256  hex
 */
async function checkDigest(bytes, sha256) {
  if (!globalThis.crypto?.subtle) return; // only secure contexts have it
  const hex = await sha256Of(bytes);
  if (hex !== sha256) throw new WrongBytes(`sha256 ${hex} instead of ${sha256}`);
}
