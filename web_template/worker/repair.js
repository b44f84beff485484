/**
 * What is done when frames cannot be matted any more, while the canvas shows the replacement:
 * a session that throws or answers with something that is no alpha is replaced by a new one at
 * once, then less and less often; a graphics context that does not come back, and a model that
 * does not start again, are beyond repair here, and the page replaces the whole worker.
 */

/** Before the first new session, the second and so on; a second is what a visitor may wait. */
const DELAYS_MS = [0, 1000, 2000, 4000, 8000, 16_000, 30_000];

/** A browser that resets its graphics gives the context back within this time, or not at all. */
const CONTEXT_LIMIT_MS = 1000;

/** Frames must be good for so long until a failure counts as the first one again. */
const CALM_MS = 10_000;

/**
 * @typedef {object} RepairOptions
 * @property {() => Promise<unknown>} reload  replaces the session
 * @property {(error: MatteError) => void} giveUp
 * @property {() => number} [now]  milliseconds
 */

import { MatteError } from '../shared/errors.js';

export class Repair {
  #reload;
  #giveUp;
  #now;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #attempts = 0;
  #failedMs = Number.NEGATIVE_INFINITY;

  /** @param {RepairOptions} options */
  constructor({ reload, giveUp, now = () => performance.now() }) {
    this.#reload = reload;
    this.#giveUp = giveUp;
    this.#now = now;
  }

  /** @param {MatteError} error  of the first frame of a row that failed */
  failed(error) {
    if (this.#timer) return;
    if (error.code === 'webgl-unavailable') {
      this.#timer = setTimeout(() => this.#giveUp(error), CONTEXT_LIMIT_MS);
      return;
    }
    if (this.#now() - this.#failedMs > CALM_MS) this.#attempts = 0;
    this.#try();
  }

  /** A frame was matted. */
  succeeded() {
    if (!this.#timer) return;
    this.cancel();
    this.#failedMs = this.#now();
  }

  cancel() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #try() {
    this.#failedMs = this.#now();
    const delayMs = DELAYS_MS[this.#attempts];
    if (delayMs === undefined) {
      this.#giveUp(new MatteError('inference-failed', 'no new session mends the model'));
      return;
    }
    const timer = setTimeout(async () => {
      this.#attempts++;
      try {
        await this.#reload();
        if (this.#timer === timer) this.#try(); // unless a frame succeeds first
      } catch (error) {
        if (this.#timer !== timer) return;
        this.#giveUp(MatteError.from(error, 'inference-failed', 'the model does not start again'));
      }
    }, delayMs);
    this.#timer = timer;
  }
}
