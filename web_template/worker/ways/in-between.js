/**
 * Mattes of frames that the model does not look at: the last one, moved as the picture has.
 *
 * The frame is sampled as for the model, on the rectangle that the matte covers; block by block its
 * motion since the frame that the model saw is estimated, and the alpha goes along (motion.js). A
 * picture that has little in common with that frame is left to the model, and so is one of another
 * size, of an earlier time, or after a gap.
 *
 * @typedef {import('../frame-sampler.js').FrameSampler} FrameSampler
 * @typedef {import('../mask-filter.js').Matte} Matte
 * @typedef {import('../region-of-interest.js').Rect} Rect
 * @typedef {{width: number, height: number, timeS: number}} Place  of a frame
 */

import { isSameRect } from '../alpha-view.js';
import { MotionEstimator } from '../motion.js';
import { GAP_S } from '../temporal-filter.js';

export class InBetween {
  #sampler;
  #input;
  #alpha;
  #estimator;
  #stride = 1;
  #sinceSeen = 0;
  /** What the model saw last. @type {{matte: Matte, rect: Rect, place: Place} | null} */
  #seen = null;

  /**
   * @param {Pick<FrameSampler, 'sample'>} sampler
   * @param {{width: number, height: number}} model
   */
  constructor(sampler, { width, height }) {
    this.#sampler = sampler;
    this.#input = new Float32Array(3 * width * height);
    this.#alpha = new Float32Array(width * height);
    this.#estimator = new MotionEstimator(width, height);
  }

  /** Of so many frames the model looks at one. @param {number} stride  at least 1 */
  set stride(stride) {
    this.#stride = stride;
    this.#seen = null;
  }

  /**
   * The model has looked at a frame.
   * @param {VideoFrame} frame
   * @param {{matte: Matte, place: Place, input: Float32Array, look: Rect, rect: Rect}} seen
   *   what it saw of `look`, and the matte, which covers `rect`
   */
  async learn(frame, { matte, place, input, look, rect }) {
    if (this.#stride === 1) return;
    if (!isSameRect(look, rect)) await this.#sampler.sample(frame, this.#input, rect);
    this.#estimator.remember(isSameRect(look, rect) ? input : this.#input);
    this.#seen = { matte, rect, place };
    this.#sinceSeen = 0;
  }

  /** @param {Place} place @returns {boolean} whether the frame may do without the model */
  covers({ width, height, timeS }) {
    if (!this.#seen || this.#sinceSeen + 1 >= this.#stride) return false;
    const { place } = this.#seen;
    const sinceS = timeS - place.timeS;
    return width === place.width && height === place.height && sinceS > 0 && sinceS <= GAP_S;
  }

  /**
   * @param {VideoFrame} frame
   * @returns {Promise<Matte | null>} null: the model has to look
   */
  async matte(frame) {
    const seen = this.#seen;
    if (!seen) return null;
    this.#sinceSeen++;
    await this.#sampler.sample(frame, this.#input, seen.rect);
    if (this.#estimator.estimate(this.#input).isCut) return null;
    this.#estimator.move(seen.matte.alpha, this.#alpha);
    return { ...seen.matte, alpha: this.#alpha };
  }

  /** The next frame has nothing to do with the last one. */
  reset() {
    this.#seen = null;
  }
}
