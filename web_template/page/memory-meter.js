/**
 * How much memory the page uses, where the browser tells. The exact way counts the worker too,
 * but makes the browser collect garbage first, so it is asked seldom.
 *
 * @typedef {{bytes: number, isWhole: boolean}} Memory  isWhole: with the worker and its model
 */

/** Between two questions. */
const INTERVAL_MS = 20_000;

export class MemoryMeter {
  #scope;
  #now;
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  /** @type {Memory | null} */
  #last = null;

  /**
   * @param {{performance: any, crossOriginIsolated?: boolean}} [scope]  a global object
   * @param {() => number} [now]  milliseconds
   */
  constructor(scope = globalThis, now = () => performance.now()) {
    this.#scope = scope;
    this.#now = now;
  }

  /** What was measured last; null where the browser does not tell. */
  get last() {
    return this.#last;
  }

  /**
   * Measures anew if the last time is long enough ago.
   * @returns {Promise<boolean>} whether it did
   */
  async refresh() {
    if (this.#isAsking || this.#now() - this.#askedMs < INTERVAL_MS) return false;
    this.#isAsking = true;
    this.#askedMs = this.#now();
    try {
      this.#last = await this.#measure();
      return true;
    } finally {
      this.#isAsking = false;
    }
  }

  /** @returns {Promise<Memory | null>} */
  async #measure() {
    const { performance, crossOriginIsolated } = this.#scope;
    if (crossOriginIsolated && performance.measureUserAgentSpecificMemory) {
      try {
        const { bytes } = await performance.measureUserAgentSpecificMemory();
        return { bytes, isWhole: true };
      } catch (error) {
        if (!(error instanceof Error)) throw error; // the browser refuses now and then
      }
    }
    const bytes = performance.memory?.usedJSHeapSize;
    return bytes > 0 ? { bytes, isWhole: false } : null;
  }
}
