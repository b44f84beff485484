/**
 * Bilinear enlargement of a small map to the frame, row by row and only where it is needed:
 * half-pixel centres, edges clamped, as a texture unit does it.
 *
 * @typedef {object} Axis
 * @property {Int32Array} low       the left (upper) neighbour of each output pixel
 * @property {Int32Array} high      the other one
 * @property {Uint16Array} fraction  of the other one, 0..256
 */

/**
 * @param {number} sizeIn
 * @param {number} sizeOut
 * @param {number} [start]  of the part of the output that the map covers, 0..1
 * @param {number} [end]
 * @returns {Axis}
 */
export function enlargeAxis(sizeIn, sizeOut, start = 0, end = 1) {
  const low = new Int32Array(sizeOut);
  const high = new Int32Array(sizeOut);
  const fraction = new Uint16Array(sizeOut);
  for (let i = 0; i < sizeOut; i++) {
    const inside = ((i + 0.5) / sizeOut - start) / (end - start);
    const at = Math.min(Math.max(inside * sizeIn - 0.5, 0), sizeIn - 1);
    low[i] = Math.floor(at);
    high[i] = Math.min(sizeIn - 1, low[i] + 1);
    fraction[i] = Math.round((at - low[i]) * 256);
  }
  return { low, high, fraction };
}

/** A map of bytes, enlarged and sent through a table: the shaped matte of the frame. */
export class AlphaEnlarger {
  #columns;
  #rows;
  #line;
  #lineRow = -1;
  #width;
  /** @type {Uint8Array} */
  #map = new Uint8Array(0);

  /**
   * @param {number} width   of the map
   * @param {number} height
   * @param {number} frameWidth
   * @param {number} frameHeight
   * @param {import('../../mask-filter.js').Area} area  of the frame that the map covers
   */
  constructor(width, height, frameWidth, frameHeight, [left, top, right, bottom]) {
    this.#columns = enlargeAxis(width, frameWidth, left, right);
    this.#rows = enlargeAxis(height, frameHeight, top, bottom);
    this.#line = new Int32Array(width);
    this.#width = width;
  }

  /** @param {Uint8Array} map  [height, width] */
  set map(map) {
    this.#map = map;
    this.#lineRow = -1;
  }

  /**
   * @param {number} y   of the frame
   * @param {number} x0  from here
   * @param {number} x1  up to here, exclusive
   * @param {Uint16Array} table  of 1021 entries: alpha in steps of 1/1020 → what is wanted
   * @param {Uint16Array} out    x1 − x0 values, from the first on
   */
  read(y, x0, x1, table, out) {
    if (y !== this.#lineRow) this.#blendLines(y);
    const { low, high, fraction } = this.#columns;
    const line = this.#line;
    for (let x = x0, i = 0; x < x1; x++, i++) {
      const f = fraction[x];
      const sum = (line[low[x]] * (256 - f) + line[high[x]] * f) | 0; // ≤ 255 · 2¹⁶
      out[i] = table[(sum + 8192) >> 14];
    }
  }

  /** @param {number} y */
  #blendLines(y) {
    const upper = this.#rows.low[y] * this.#width;
    const lower = this.#rows.high[y] * this.#width;
    const f = this.#rows.fraction[y];
    const map = this.#map;
    const line = this.#line;
    for (let i = 0; i < line.length; i++) {
      line[i] = map[upper + i] * (256 - f) + map[lower + i] * f;
    }
    this.#lineRow = y;
  }
}

const LANES = 0x00ff00ff;
const HIGH_LANES = 0xff00ff00 | 0;
const HALF = 0x00800080;

/** A small picture of RGBA words, enlarged. */
export class PictureEnlarger {
  #columns;
  #rows;
  #low;
  #high;
  #width;

  /**
   * @param {number} width   of the picture
   * @param {number} height
   * @param {number} frameWidth
   * @param {number} frameHeight
   */
  constructor(width, height, frameWidth, frameHeight) {
    this.#columns = enlargeAxis(width, frameWidth);
    this.#rows = enlargeAxis(height, frameHeight);
    this.#low = new Int32Array(width);
    this.#high = new Int32Array(width);
    this.#width = width;
  }

  /**
   * @param {Int32Array} picture  [height, width] words
   * @param {number} y   of the frame
   * @param {number} x0  from here
   * @param {number} x1  up to here, exclusive
   * @param {Int32Array} out
   * @param {number} outAt
   */
  read(picture, y, x0, x1, out, outAt) {
    if (x0 >= x1) return;
    const { low, high, fraction } = this.#columns;
    this.#blendLines(picture, y, low[x0], high[x1 - 1]);
    const [redBlue, greenAlpha] = [this.#low, this.#high];
    for (let x = x0, at = outAt; x < x1; ) {
      // Pixels between the same two neighbours follow each other.
      const left = low[x];
      const right = high[x];
      const rb0 = redBlue[left];
      const rb1 = redBlue[right];
      const ga0 = greenAlpha[left];
      const ga1 = greenAlpha[right];
      for (; x < x1 && low[x] === left; x++, at++) {
        const f = fraction[x];
        const e = 256 - f;
        const rb = (Math.imul(rb0, e) + Math.imul(rb1, f) + HALF) >>> 8;
        const ga = (Math.imul(ga0, e) + Math.imul(ga1, f) + HALF) | 0;
        out[at] = (rb & LANES) | (ga & HIGH_LANES);
      }
    }
  }

  /**
   * Two lines of the picture become one, split into lanes.
   * @param {Int32Array} picture
   * @param {number} y
   * @param {number} first  column
   * @param {number} last
   */
  #blendLines(picture, y, first, last) {
    const upper = this.#rows.low[y] * this.#width;
    const lower = this.#rows.high[y] * this.#width;
    const f = this.#rows.fraction[y];
    const e = 256 - f;
    const [redBlue, greenAlpha] = [this.#low, this.#high];
    for (let i = first; i <= last; i++) {
      const a = picture[upper + i];
      const b = picture[lower + i];
      const rb = (Math.imul(a & LANES, e) + Math.imul(b & LANES, f) + HALF) >>> 8;
      const ga = (Math.imul((a >>> 8) & LANES, e) + Math.imul((b >>> 8) & LANES, f) + HALF) >>> 8;
      redBlue[i] = rb & LANES;
      greenAlpha[i] = ga & LANES;
    }
  }
}
