/**
 * The blend over time: still edges stop flickering, moving ones do not lag.
 *
 * Per pixel, with d = |current − previous| and a smoothstep s from `noise` to `motion`:
 *
 *     weight = still + (1 − still) · s(d)
 *     result = previous + weight · (current − previous)
 *
 * `previous` is the last result. Small disagreement is the network's answer to camera noise and is
 * averaged away; large disagreement is motion, and there the current alpha is taken as it is. A
 * matte that was read from a look at the whole frame is coarser than the ones around it, so that
 * its edges disagree without moving: more disagreement counts as noise then (COARSE).
 *
 * `still` is for frames that are 1/30 s apart; over a longer time n/30 s it is 1 − (1 − still)ⁿ, so
 * that the blend reaches back equally far in time and does not lag where frames come seldom. The
 * filter's `steadiness` s then brings it up to 1, no blend at all: still + (1 − s) · (1 − still).
 *
 * With `flow`, `previous` is first moved as the picture has since then (motion.js), so that an edge
 * that moves meets itself there and is averaged too. The two pictures have to show the same part of
 * the frame and to have enough in common; otherwise `previous` stays where it was. The Python
 * reference has the same (`builder/temporal.py`).
 *
 * @typedef {import('./region-of-interest.js').Rect} Rect
 *
 * @typedef {object} Weights  how much of the current alpha counts
 * @property {number} still   where both agree
 * @property {number} noise   disagreement up to here is noise
 * @property {number} motion  from here on it is motion
 */

import { isSameRect, viewAlpha } from './alpha-view.js';
import { MotionEstimator } from './motion.js';

/** @type {Weights} `still`: about the mean of the last 7 frames */
export const FINE = { still: 0.25, noise: 0.1, motion: 0.3 };
/** @type {Weights} */
export const COARSE = { still: 0.1, noise: 0.4, motion: 0.7 };

const RATE = 30; // frames a second that `still` is for
export const CUT = 0.2; // mean disagreement over a matte from which on it is another scene
export const GAP_S = 0.5; // frames further apart than this have nothing to do with each other

/**
 * @param {Float32Array} previous
 * @param {Float32Array} current  becomes the result
 * @param {Weights} [weights]
 */
export function blend(previous, current, { still, noise, motion } = FINE) {
  const scale = 1 / (motion - noise);
  for (let i = 0; i < current.length; i++) {
    const change = current[i] - previous[i];
    const t = Math.min(1, Math.max(0, (Math.abs(change) - noise) * scale));
    current[i] = previous[i] + (still + (1 - still) * (t * t * (3 - 2 * t))) * change;
  }
}

/**
 * @param {Weights} weights
 * @param {number} steadiness  0..1
 * @param {number} [sinceS]    between the two frames, seconds
 * @returns {Weights}
 */
export function steadied({ still, noise, motion }, steadiness, sinceS = 0) {
  const now = 1 - (1 - still) ** Math.max(1, sinceS * RATE);
  return { still: now + (1 - steadiness) * (1 - now), noise, motion };
}

/** Blends the mattes of one source, whatever rectangles of its frames they cover. */
export class TemporalFilter {
  /** 0..1: how much of the blend there is. */
  steadiness = 1;
  #width;
  #height;
  #previous;
  #moved;
  /** Knows the picture of the last matte, if there was one. @type {MotionEstimator | null} */
  #motion = null;
  #hasPicture = false;
  /** @type {Rect | null} */
  #rect = null;
  #timeS = 0;

  /**
   * @param {number} width   of the alphas, pixels
   * @param {number} height
   */
  constructor(width, height) {
    this.#width = width;
    this.#height = height;
    this.#previous = new Float32Array(width * height);
    this.#moved = new Float32Array(width * height);
  }

  get flow() {
    return this.#motion !== null;
  }

  /** Whether what was before is moved as the picture has. @param {boolean} isWanted */
  set flow(isWanted) {
    if (isWanted === this.flow) return;
    this.#motion = isWanted ? new MotionEstimator(this.#width, this.#height) : null;
    this.#hasPicture = false;
  }

  /** Forgets the frames before: the source, or its frames' size, changed. */
  reset() {
    this.#rect = null;
  }

  /**
   * A cut, a gap in time or a time that goes back starts anew.
   * @param {Float32Array} alpha  works in place
   * @param {{rect: Rect, timeS: number, isCoarse: boolean, picture?: Float32Array}} matte  what of
   *   the frame the alpha covers; when the frame was taken; whether the alpha was read from a look at
   *   more than `rect`; for `flow` the picture of `rect`, [3, height, width] RGB 0..1
   */
  apply(alpha, { rect, timeS, isCoarse, picture }) {
    const sinceS = timeS - this.#timeS;
    if (this.#rect && this.steadiness > 0 && sinceS >= 0 && sinceS <= GAP_S) {
      const previous = this.#previousOn(rect, this.#rect, picture);
      if (meanDisagreement(previous, alpha) <= CUT) {
        const weights = isCoarse ? COARSE : FINE;
        blend(previous, alpha, steadied(weights, this.steadiness, sinceS));
      }
    }
    this.#previous.set(alpha);
    if (picture) this.#motion?.remember(picture);
    this.#hasPicture = picture !== undefined;
    this.#rect = rect;
    this.#timeS = timeS;
  }

  /**
   * @param {Rect} rect
   * @param {Rect} before
   * @param {Float32Array} [picture]
   */
  #previousOn(rect, before, picture) {
    if (!isSameRect(rect, before)) {
      viewAlpha(this.#previous, this.#width, this.#height, before, rect, this.#moved);
      return this.#moved;
    }
    const motion = this.#hasPicture ? this.#motion : null;
    if (!picture || !motion || motion.estimate(picture).isCut) return this.#previous;
    motion.move(this.#previous, this.#moved);
    return this.#moved;
  }
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
function meanDisagreement(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}
