/**
 * How many frames a second a hidden page is worth: few, unless somebody needs them. A track that
 * is sent needs them all, and the worker knows of it; who uses the canvas in another way says so.
 */

/** @typedef {Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>} Page */

/** Enough to be up to date when the page is looked at again. */
export const DEFAULT_HIDDEN_RATE = 2;

/**
 * @param {unknown} rate
 * @returns {number | null}
 * @throws {TypeError} when it is none
 */
export function checkHiddenRate(rate = DEFAULT_HIDDEN_RATE) {
  if (rate === null) return null;
  if (typeof rate === 'number' && rate > 0 && rate < Number.POSITIVE_INFINITY) return rate;
  throw new TypeError(
    `hiddenRate is frames a second, more than 0, or null to keep the rate; it is ${rate}`,
  );
}

export class HiddenPace {
  #rate;
  #onChange;
  #page;
  /** Who needs every frame. @type {Set<symbol>} */
  #holders = new Set();
  /** @type {number | null} */
  #limit = null;
  #update = () => {
    const isFree = this.#page.visibilityState !== 'hidden' || this.#holders.size > 0;
    const limit = isFree ? null : this.#rate;
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#onChange(limit);
  };

  /**
   * @param {number | null} rate  while nobody looks, frames a second; null: as ever
   * @param {(limit: number | null) => void} onChange
   * @param {Page} [page]
   */
  constructor(rate, onChange, page = document) {
    this.#rate = rate;
    this.#onChange = onChange;
    this.#page = page;
    page.addEventListener('visibilitychange', this.#update);
    this.#update();
  }

  /** Frames a second at the most; null for no limit. */
  get limit() {
    return this.#limit;
  }

  /** @returns {() => void} ends it; every frame counts until then */
  hold() {
    const holder = Symbol('holder');
    this.#holders.add(holder);
    this.#update();
    return () => {
      this.#holders.delete(holder);
      this.#update();
    };
  }

  end() {
    this.#page.removeEventListener('visibilitychange', this.#update);
  }
}
