/**
 * The picture that is painted, and the matte as rows of weights.
 *
 * @typedef {import('../../mask-filter.js').Matte} Matte
 * @typedef {import('./painters.js').Painter} Painter
 */

import { MatteBytes } from '../matte-bytes.js';
import { shapeAlpha } from '../matte-regions.js';
import { AlphaEnlarger } from './enlarge.js';

/** Steps of the enlarged alpha: four for each of a byte. */
const STEPS = 1020;

export class Surface {
  /** What the canvas gets; not premultiplied. */
  image;
  /** The same as words. */
  words;
  /** The matte of the frame that is painted. */
  matte = new MatteBytes();
  /** The frame that is painted, as words. @type {Int32Array} */
  frame = new Int32Array(0);
  /** Alpha in steps of 1/1020 → the shaped matte, 0..256. */
  shape = new Uint16Array(STEPS + 1);
  /** Alpha in steps of 1/1020 → itself, 0..256. */
  plain = Uint16Array.from({ length: STEPS + 1 }, (_, i) => Math.round((i / STEPS) * 256));
  #shapeKey = '';
  #weights;
  /** @type {AlphaEnlarger | null} */
  #alpha = null;
  #alphaKey = '';

  /**
   * @param {number} width   pixels
   * @param {number} height
   */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.image = new ImageData(width, height);
    this.words = new Int32Array(this.image.data.buffer);
    this.#weights = new Uint16Array(width);
  }

  /**
   * @param {Painter} painter
   * @param {Int32Array} frame  words, of this size
   * @param {Matte} matte
   */
  paint(painter, frame, matte) {
    const { rects, background, person, edge } = this.matte.update(matte);
    this.frame = frame;
    this.#followMatte();
    painter.begin();
    this.#eachSpan(rects, 0, background, painter.background);
    this.#eachSpan(rects, background, person, painter.person);
    this.#eachSpan(rects, background + person, edge, painter.edge);
  }

  /**
   * @param {number} y
   * @param {number} x0
   * @param {number} x1  exclusive
   * @param {Uint16Array} table  `shape` or `plain`
   * @returns {Uint16Array} the weights of these pixels, 0..256, from the first on; reused
   */
  weightsOf(y, x0, x1, table) {
    this.#alpha?.read(y, x0, x1, table, this.#weights);
    return this.#weights;
  }

  #followMatte() {
    const { width, height, area, bytes, threshold, ramp, shapeKey } = this.matte;
    const alphaKey = `${width} ${height}`;
    if (!this.#alpha || alphaKey !== this.#alphaKey) {
      this.#alpha = new AlphaEnlarger(width, height, this.width, this.height);
      this.#alphaKey = alphaKey;
    }
    this.#alpha.show(bytes, area);
    if (shapeKey === this.#shapeKey) return;
    this.#shapeKey = shapeKey;
    for (let i = 0; i <= STEPS; i++) {
      this.shape[i] = Math.round(256 * shapeAlpha(i / STEPS, threshold, ramp));
    }
  }

  /**
   * A pixel belongs to the rectangle that its centre lies in, as for a GPU.
   * @param {Float32Array} rects
   * @param {number} first
   * @param {number} count
   * @param {(y: number, x0: number, x1: number) => void} paint
   */
  #eachSpan(rects, first, count, paint) {
    for (let i = first; i < first + count; i++) {
      const x0 = Math.ceil(rects[4 * i] * this.width - 0.5);
      const y0 = Math.ceil(rects[4 * i + 1] * this.height - 0.5);
      const x1 = Math.ceil(rects[4 * i + 2] * this.width - 0.5);
      const y1 = Math.ceil(rects[4 * i + 3] * this.height - 0.5);
      if (x0 >= x1) continue;
      for (let y = y0; y < y1; y++) paint(y, x0, x1);
    }
  }
}
