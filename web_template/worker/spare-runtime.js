/**
 * The reduced runtime has the functions that the build has seen a model call. Should it call another,
 * the runtime traps, and the whole one takes over: in the middle of a frame, if need be.
 *
 * @typedef {import('../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../shared/manifest.js').RuntimeSpec} RuntimeSpec
 * @typedef {import('./segmenter.js').Segmenter} Segmenter
 */

import { runtimeFor } from '../shared/manifest.js';

/** One trap is enough: the reduced runtime is not taken again. */
let hasTrapped = false;

/**
 * @param {RuntimeSpec} runtime
 * @param {ModelSpec} model
 * @returns {RuntimeSpec} the reduced one where it will do
 */
export function trustedRuntimeFor(runtime, model) {
  return runtimeFor(hasTrapped ? { ...runtime, reduced: null } : runtime, model);
}

/** @param {unknown} error  of the runtime, or an engine's error with its detail */
export function isTrap(error) {
  const { detail = '' } = /** @type {{detail?: string}} */ (error ?? {});
  return /RuntimeError/.test(`${error} ${detail}`);
}

/**
 * @param {() => Promise<Segmenter>} openReduced
 * @param {() => Promise<Segmenter>} openWhole
 * @returns {Promise<Segmenter>} with the first one's input, which both have in common
 */
export async function withSpare(openReduced, openWhole) {
  let isWhole = false;
  /** @param {unknown} error */
  const takeWhole = (error) => {
    if (isWhole || !isTrap(error)) throw error;
    console.warn('the reduced runtime lacks something, the whole one takes over:', error);
    isWhole = true;
    hasTrapped = true;
    return openWhole();
  };
  let current = await openReduced().catch(takeWhole);
  return {
    ...current,
    get threads() {
      return current.threads;
    },
    async run() {
      try {
        return await current.run();
      } catch (error) {
        current = await takeWhole(error);
        return current.run();
      }
    },
    reset: () => current.reset(),
    dispose: () => current.dispose(),
  };
}
