/**
 * WebAssembly that is compiled while it arrives, and given away only where its bytes are the
 * manifest's. What the browser compiled at an earlier visit it takes from its cache, which it keeps
 * for modules that are compiled from a response, never for bytes.
 *
 * The worker's entry imports this, so it imports next to nothing.
 */

import { sha256Of } from './sha256.js';

/** The service worker writes here what it has found the bytes of a kept file to be. */
const CHECKED = 'Livematte-Sha256';

/**
 * @param {string} url
 * @param {string} sha256  hex
 * @param {boolean} [isKept]  the service worker has the file: the browser's own cache may, too
 * @returns {Promise<WebAssembly.Module>}
 * @throws {Error} the bytes are others, or cannot be had or compiled
 */
export async function compileChecked(url, sha256, isKept = false) {
  // Only secure contexts can hash; elsewhere the browser does, but then all has to arrive first.
  if (!globalThis.crypto?.subtle) return compileByIntegrity(url, sha256);
  const response = (isKept && (await fromOwnCache(url))) || (await fetch(url));
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  if (response.headers.get(CHECKED) === sha256) return WebAssembly.compileStreaming(response);
  const arriving = response.clone().arrayBuffer();
  const compiling = WebAssembly.compileStreaming(response);
  compiling.catch(() => {}); // told below, unless the bytes are the reason
  const found = await sha256Of(await arriving);
  if (found !== sha256) throw new Error(`sha256 ${found} instead of ${sha256}`);
  return compiling;
}

/**
 * The browser's own cache has the code with the file that the first visit compiled; the service
 * worker's, which was filled after that, has none before the second one.
 * @param {string} url
 * @returns {Promise<Response | null>} null where it is not there
 */
async function fromOwnCache(url) {
  try {
    const response = await fetch(url, { cache: 'only-if-cached', mode: 'same-origin' });
    return response.ok ? response : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} url
 * @param {string} sha256
 */
function compileByIntegrity(url, sha256) {
  const bytes = sha256.match(/../g)?.map((hex) => Number.parseInt(hex, 16)) ?? [];
  const integrity = `sha256-${btoa(String.fromCharCode(...bytes))}`;
  return WebAssembly.compileStreaming(fetch(url, { integrity }));
}
