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
      await this.#measure();
      return true;
    } finally {
      this.#isAsking = false;
    }
  }

  /** What is known at once stands in while the exact way takes its time, up to half a minute. */
  async #measure() {
    const { performance, crossOriginIsolated } = this.#scope;
    const bytes = performance.memory?.usedJSHeapSize;
    if (!this.#last?.isWhole) this.#last = bytes > 0 ? { bytes, isWhole: false } : null;
    if (!crossOriginIsolated || !performance.measureUserAgentSpecificMemory) return;
    try {
      const { bytes: all } = await performance.measureUserAgentSpecificMemory();
      this.#last = { bytes: all, isWhole: true };
    } catch (error) {
      if (!(error instanceof Error)) throw error; // the browser refuses now and then
    }
  }
}
