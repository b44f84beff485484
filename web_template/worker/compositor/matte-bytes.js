/**
 * The matte in bytes, and where it is background, person or edge; buffers are reused.
 *
 * @typedef {import('../mask-filter.js').Area} Area
 * @typedef {import('../mask-filter.js').Matte} Matte
 */

import { DEFAULT_LOOKS, rampWith } from '../../shared/looks.js';
import { kindsOfBytes, RegionFinder } from './matte-regions.js';

/** @type {Area} */
const ALL = [0, 0, 1, 1];

export class MatteBytes {
  width = 0;
  height = 0;
  /** [height, width], 0..255 */
  bytes = new Uint8Array(0);
  /** What of the picture they cover. @type {Area} */
  area = ALL;
  /** Shrink and softness change the shape. @type {import('../../shared/looks.js').Looks} */
  looks = DEFAULT_LOOKS;
  /** Of the shape, 0..1, both exclusive. */
  threshold = 0.5;
  /** @type {readonly [lo: number, hi: number] | null} */
  ramp = null;
  /** Changes with the shape. */
  shapeKey = '';
  #finder = new RegionFinder(1, 1);
  /** @type {Uint8Array} */
  #kinds = new Uint8Array(256);

  /**
   * @param {Matte} matte
   * @returns {import('./matte-regions.js').MatteRegions} valid until the next call
   */
  update(matte) {
    if (matte.width !== this.width || matte.height !== this.height) {
      this.width = matte.width;
      this.height = matte.height;
      this.bytes = new Uint8Array(matte.width * matte.height);
      this.#finder = new RegionFinder(matte.width, matte.height);
    }
    const ramp = rampWith(matte.ramp, this.looks);
    const shapeKey = `${matte.threshold} ${ramp}`;
    if (shapeKey !== this.shapeKey) {
      this.shapeKey = shapeKey;
      // The shape divides by the threshold and by what is left of it.
      this.threshold = Math.min(Math.max(matte.threshold, 1e-3), 1 - 1e-3);
      this.ramp = ramp;
      this.#kinds = kindsOfBytes(this.threshold, this.ramp);
    }
    this.area = matte.area ?? ALL;
    const { bytes } = this;
    for (let i = 0; i < bytes.length; i++) bytes[i] = matte.alpha[i] * 255 + 0.5;
    return this.#finder.find(bytes, this.#kinds, this.area);
  }
}
