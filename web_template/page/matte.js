/**
 * The engine's public API.
 *
 *     import { createMatte, openCamera } from './matte.js';
 *     const matte = await createMatte({ canvas, effect: { kind: 'blur', strength: 0.5 } });
 *     matte.on('error', (error) => console.warn(error.code, error.message));
 *     await matte.attach(await openCamera());
 *
 * @typedef {import('../shared/effects.js').Effect} Effect
 * @typedef {import('../shared/looks.js').Looks} Looks
 * @typedef {import('../shared/manifest.js').Manifest} Manifest
 * @typedef {import('./matte-news.js').MatteEvents} MatteEvents
 *
 * @typedef {object} MatteOptions
 * @property {HTMLCanvasElement} [canvas]   one that has no context yet; made when left out
 * @property {string | import('../shared/own-model.js').OwnModel} [model]  a name of the manifest,
 *   'auto' for the one that suits the frames and the time there is, or what `setModel` has made of a
 *   file; the manifest's default model otherwise
 * @property {Effect} [effect]              blur at half strength when left out
 * @property {Partial<Looks>} [looks]       how the matte is drawn, see ../shared/looks.js
 * @property {Manifest} [manifest]          fetched from the site's root when left out
 * @property {boolean} [governor]           brings the quality down where frames take too long; true
 *   when left out
 * @property {number} [threads]             used only where the page is isolated
 * @property {import('./backend-choice.js').BackendWish} [backend]  'auto' when left out
 * @property {import('../shared/messages.js').CompositorChoice} [compositor]  'auto': by the GPU
 * @property {number | null} [hiddenRate]   frames a second of a camera while the page is hidden and no
 *   track is sent, 2 when left out; null: as ever
 * @property {AbortSignal} [signal]         gives up the start
 */

import { capabilities } from '../shared/capabilities.js';
import { checkEffect, DEFAULT_EFFECT } from '../shared/effects.js';
import { MatteError } from '../shared/errors.js';
import { checkLooks } from '../shared/looks.js';
import { checkManifest, fetchManifest } from '../shared/manifest.js';
import { checkHiddenRate } from './hidden-pace.js';
import { Matte } from './matte-client.js';

export { MatteError } from '../shared/errors.js';
export { DEFAULT_LOOKS, LOOKS_RANGES } from '../shared/looks.js';
export { cameraError, openCamera } from './camera.js';
export { Matte } from './matte-client.js';

/** The folder of index.html and manifest.json, seen from <engine>/page/matte.js. */
const SITE_ROOT = new URL('../../', import.meta.url);

/**
 * Starts the engine; resolves when frames can be attached. The model loads meanwhile: until it
 * is there, and whenever it fails, the canvas shows the replacement background only.
 * @param {MatteOptions} [options]
 * @returns {Promise<Matte>}
 * @throws {MatteError} 'browser-too-old' | 'webgl-unavailable' | 'model-unavailable' | 'unknown', and
 *   'gpu-unavailable' where WebGPU is asked for and not there
 * @throws {TypeError} when an option is none
 */
export async function createMatte(options = {}) {
  const { signal } = options;
  signal?.throwIfAborted();
  requireBrowser();
  const effect = checkEffect(options.effect ?? DEFAULT_EFFECT);
  const looks = checkLooks(options.looks);
  const hiddenRate = checkHiddenRate(options.hiddenRate);
  const manifest = options.manifest
    ? checkManifest(options.manifest)
    : await fetchManifest(SITE_ROOT, { signal });
  const canvas = options.canvas ?? document.createElement('canvas');
  const parts = { canvas, manifest, effect, looks, hiddenRate, siteRoot: SITE_ROOT };
  const matte = new Matte({ ...options, ...parts });
  try {
    await matte.start();
    signal?.throwIfAborted();
    return matte;
  } catch (error) {
    matte.dispose();
    throw error;
  }
}

function requireBrowser() {
  const caps = capabilities();
  /** @type {[boolean, string][]} */
  const needs = [
    [caps.videoFrame, 'WebCodecs VideoFrame'],
    [caps.offscreenCanvas, 'OffscreenCanvas'],
    [caps.wasmSimd || !caps.wasm, 'WebAssembly SIMD'], // no wasm at all has its own error
  ];
  const missing = needs.filter(([has]) => !has).map(([, what]) => what);
  if (missing.length === 0) return;
  throw new MatteError('browser-too-old', `this browser lacks ${missing.join(', ')}: update it`);
}
