/**
 * onnxruntime-web, loaded once for each number of threads, and the names of the contract that every
 * model is built to. No other file imports the runtime.
 *
 * @typedef {typeof import('onnxruntime-web/wasm')} Runtime
 * @typedef {import('../shared/manifest.js').RuntimeSpec} RuntimeSpec
 */

import { MatteError } from '../shared/errors.js';
import { glueUrl, moduleUrl } from './runtime-urls.js';
import { compileWasm } from './wasm.js';

export const INPUT = 'frame';
export const OUTPUT = 'alpha';
/** A recurrent model reads with each frame what it wrote with the one before. */
export const STATE_INPUT = /^(state\d+)_in$/;

/** Runtimes by URL, threads and size; a start that failed is forgotten. @type {Map<string, Promise<Runtime>>} */
const runtimes = new Map();

/**
 * @param {RuntimeSpec} runtime
 * @param {number} threads
 * @returns {Promise<Runtime>}
 */
export function loadRuntime(runtime, threads) {
  const url = moduleUrl(runtime, threads);
  const loading = runtimes.get(url) ?? importRuntime(url, runtime, threads);
  runtimes.set(url, loading);
  loading.catch(() => runtimes.delete(url));
  return loading;
}

/**
 * @param {string} url
 * @param {RuntimeSpec} runtime
 * @param {number} threads
 * @returns {Promise<Runtime>}
 */
async function importRuntime(url, runtime, threads) {
  compileWasm(runtime).catch(() => {}); // a session that does not start tells of it
  try {
    const mjs = glueUrl(runtime);
    const importing = import(url);
    import(mjs).catch(() => {}); // likewise: here only so that it is there when it is needed
    const ort = /** @type {Runtime} */ (await importing);
    ort.env.logLevel = 'error';
    ort.env.wasm.wasmPaths = { mjs, wasm: runtime.wasm };
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.proxy = false;
    return ort;
  } catch (error) {
    throw MatteError.from(error, 'model-unavailable', 'the inference runtime cannot be loaded');
  }
}

/**
 * Why a session did not start, if that was the runtime's fault.
 * @param {RuntimeSpec} runtime
 * @throws {MatteError} 'model-unavailable'
 */
export async function checkRuntime(runtime) {
  await compileWasm(runtime).catch((error) => {
    throw MatteError.from(error, 'model-unavailable', 'the inference runtime cannot be loaded');
  });
}

/** How often is looked whether a start has taken too long. */
const STEP_MS = 250;

/**
 * @template T
 * @param {Promise<T>} work  the start of a session
 * @param {number} limitMs
 * @param {() => boolean} [isThere]  what it starts from; a download is waited for as long as it takes
 * @returns {Promise<T>}
 * @throws {MatteError} 'start-timeout' when it takes longer
 */
export async function withinLimit(work, limitMs, isThere = () => true) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let leftMs = limitMs;
  const limit = new Promise((_, reject) => {
    const wait = () => {
      timer = setTimeout(() => {
        if (isThere()) leftMs -= STEP_MS;
        if (leftMs > 0) wait();
        else reject(new MatteError('start-timeout', 'the inference runtime does not start'));
      }, STEP_MS);
    };
    wait();
  });
  try {
    return await Promise.race([work, /** @type {Promise<never>} */ (limit)]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} url  of something that has been asked for */
export function hasArrived(url) {
  return performance.getEntriesByName(url, 'resource').length > 0;
}
