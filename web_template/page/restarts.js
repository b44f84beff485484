/** How often a broken engine is started anew: one that breaks at once each time is left alone. */

const MOST = 3;
const WITHIN_MS = 60_000;

export class Restarts {
  /** @type {number[]} */
  #times = [];
  #now;

  /** @param {() => number} [now]  milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** @returns {boolean} whether there may be one more; it is counted */
  take() {
    const nowMs = this.#now();
    this.#times = this.#times.filter((time) => nowMs - time < WITHIN_MS);
    if (this.#times.length >= MOST) return false;
    this.#times.push(nowMs);
    return true;
  }
}
