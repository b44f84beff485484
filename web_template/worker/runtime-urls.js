/**
 * What the runtime's modules are imported as, here once for all who import them: a module of another
 * URL would be another instance.
 *
 * @typedef {import('../shared/manifest.js').RuntimeSpec} RuntimeSpec
 */

/**
 * The number of threads is fixed when a runtime starts, so each number has an instance of its own;
 * the fragment makes it another module to the browser, not another download.
 * @param {RuntimeSpec} runtime
 * @param {number} threads
 */
export function moduleUrl({ module, isReduced }, threads) {
  return `${module}#threads=${threads}${isReduced ? '&reduced' : ''}`;
}

/** @param {RuntimeSpec} runtime */
export function glueUrl({ glue }) {
  return `${new URL('./runtime-glue.js', import.meta.url).href}#${encodeURIComponent(glue)}`;
}
