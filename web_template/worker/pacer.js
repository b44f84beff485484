/**
 * Lets through so many frames a second where there is a limit: a page that nobody sees need not keep
 * the processor busy. Frames that are let through keep their own order and times.
 */
export class Pacer {
  #isFree;
  #now;
  #intervalMs = 0;
  #tookMs = Number.NEGATIVE_INFINITY;

  /**
   * @param {() => boolean} isFree  the limit does not count now: somebody uses every frame
   * @param {() => number} [now]    milliseconds
   */
  constructor(isFree, now = () => performance.now()) {
    this.#isFree = isFree;
    this.#now = now;
  }

  /** @param {number | null} fps  frames a second at the most; null for no limit */
  limit(fps) {
    this.#intervalMs = fps === null ? 0 : 1000 / fps;
  }

  /** Another source: its first frame is let through. */
  reset() {
    this.#tookMs = Number.NEGATIVE_INFINITY;
  }

  /** To be asked once for each frame. @returns {boolean} whether it is to be used */
  takes() {
    const nowMs = this.#now();
    if (!this.#isFree() && nowMs - this.#tookMs < this.#intervalMs) return false;
    this.#tookMs = nowMs;
    return true;
  }
}
