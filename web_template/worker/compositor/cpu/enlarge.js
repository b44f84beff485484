/**
 * Bilinear enlargement of a small map to the frame, row by row and only where it is needed:
 * half-pixel centres, edges clamped, as a texture unit does it.
 *
 * @typedef {object} Axis
 * @property {Int32Array} low       the left (upper) neighbour of each output pixel
 * @property {Int32Array} high      the other one
 * @property {Uint16Array} fraction  of the other one, 0..256
 * @property {number} first         output pixel that the map covers
 * @property {number} end           after the last one
 */

/**
 * @param {number} sizeIn
 * @param {number} sizeOut
 * @returns {Axis} that covers the whole output
 */
export function enlargeAxis(sizeIn, sizeOut) {
  const axis = {
    low: new Int32Array(sizeOut),
    high: new Int32Array(sizeOut),
    fraction: new Uint16Array(sizeOut),
    first: 0,
    end: sizeOut,
  };
  placeAxis(axis, sizeIn, 0, 1);
  return axis;
}

/**
 * @param {Axis} axis  is changed
 * @param {number} sizeIn
 * @param {number} start  of the part of the output that the map covers, 0..1
 * @param {number} end
 */
function placeAxis(axis, sizeIn, start, end) {
  const { low, high, fraction } = axis;
  const sizeOut = low.length;
  // A pixel is covered when its centre is.
  axis.first = Math.ceil(start * sizeOut - 0.5);
  axis.end = Math.ceil(end * sizeOut - 0.5);
  const scale = sizeIn / (end - start);
  for (let i = 0; i < sizeOut; i++) {
    const at = ((i + 0.5) / sizeOut - start) * scale - 0.5;
    const inside = at < 0 ? 0 : at > sizeIn - 1 ? sizeIn - 1 : at;
    low[i] = inside;
    high[i] = low[i] + 1 < sizeIn ? low[i] + 1 : low[i];
    fraction[i] = (inside - low[i]) * 256 + 0.5;
  }
}

/**
 * A map of bytes, enlarged and sent through a table: the shaped matte of the frame. The map covers a
 * part of the frame; outside of it, it is 0.
 */
export class AlphaEnlarger {
  #columns;
  #rows;
  #line;
  #lineRow = -1;
  #width;
  #height;
  #areaKey = '';
  /** @type {Uint8Array} */
  #map = new Uint8Array(0);

  /**
   * @param {number} width   of the map
   * @param {number} height
   * @param {number} frameWidth
   * @param {number} frameHeight
   */
  constructor(width, height, frameWidth, frameHeight) {
    this.#columns = enlargeAxis(width, frameWidth);
    this.#rows = enlargeAxis(height, frameHeight);
    this.#line = new Int32Array(width);
    this.#width = width;
    this.#height = height;
  }

  /**
   * Another map of the same size.
   * @param {Uint8Array} map  [height, width]
   * @param {import('../../mask-filter.js').Area} area  what of the frame it covers
   */
  show(map, area) {
    this.#map = map;
    this.#lineRow = -1;
    const areaKey = area.join();
    if (areaKey === this.#areaKey) return;
    this.#areaKey = areaKey;
    const [left, top, right, bottom] = area;
    placeAxis(this.#columns, this.#width, left, right);
    placeAxis(this.#rows, this.#height, top, bottom);
  }

  /**
   * @param {number} y   of the frame
   * @param {number} x0  from here
   * @param {number} x1  up to here, exclusive
   * @param {Uint16Array} table  of 1021 entries: alpha in steps of 1/1020 → what is wanted
   * @param {Uint16Array} out    x1 − x0 values, from the first on
   */
  read(y, x0, x1, table, out) {
    const { low, high, fraction, first, end } = this.#columns;
    const isCovered = y >= this.#rows.first && y < this.#rows.end;
    const from = isCovered ? Math.min(x1, Math.max(x0, first)) : x1;
    const to = Math.max(from, Math.min(x1, end));
    if (from > x0) out.fill(table[0], 0, from - x0);
    if (to < x1) out.fill(table[0], to - x0, x1 - x0);
    if (from === to) return;
    if (y !== this.#lineRow) this.#blendLines(y);
    const line = this.#line;
    for (let x = from, i = from - x0; x < to; x++, i++) {
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
  /** Where the outputs of each left neighbour end. */
  #runEnds;

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
    this.#runEnds = new Int32Array(width);
    this.#columns.low.forEach((left, x) => {
      this.#runEnds[left] = x + 1;
    });
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
      // Pixels between the same two neighbours follow each other, and the mix of two words,
      // a·(256 − f) + b·f, is the plain integer 256·a + (b − a)·f.
      const left = low[x];
      const right = high[x];
      const redBlue0 = ((redBlue[left] << 8) + HALF) | 0;
      const redBlueStep = (redBlue[right] - redBlue[left]) | 0;
      const greenAlpha0 = ((greenAlpha[left] << 8) + HALF) | 0;
      const greenAlphaStep = (greenAlpha[right] - greenAlpha[left]) | 0;
      const end = Math.min(x1, this.#runEnds[left]);
      for (; x < end; x++, at++) {
        const f = fraction[x];
        const rb = (redBlue0 + Math.imul(redBlueStep, f)) >>> 8;
        const ga = (greenAlpha0 + Math.imul(greenAlphaStep, f)) | 0;
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
