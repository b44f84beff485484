/**
 * The blurred background without a GPU: the same algorithm on the same grid as
 * ../../shaders/blur.frag.js, in plain arithmetic.
 */

import { gaussianTaps } from '../blur-grid.js';
import { AlphaEnlarger, PictureEnlarger } from './enlarge.js';

const CHANNELS = 4; // red, green, blue, weight

/** Samples of the frame along each side of a quarter of a grid cell. */
const SAMPLES = 2;

export class CpuBlur {
  #frameWidth;
  #width;
  #height;
  #kernel;
  #isQuotient;
  #weighted;
  #between;
  #padded;
  #words;
  #quarterWeights;
  #sampleColumns;
  #sampleRows;
  #enlarger;
  /** @type {AlphaEnlarger | null} */
  #alpha = null;
  #alphaKey = '';

  /**
   * @param {number} frameWidth
   * @param {number} frameHeight
   * @param {import('../blur-grid.js').BlurGrid} grid
   * @param {{isQuotient?: boolean}} [options]  false: blur(w·rgb) and blur(w), not divided
   */
  constructor(frameWidth, frameHeight, grid, { isQuotient = true } = {}) {
    const { width, height, sigma } = grid;
    this.#frameWidth = frameWidth;
    this.#isQuotient = isQuotient;
    this.#width = width;
    this.#height = height;
    this.#kernel = gaussianTaps(sigma);
    this.#weighted = new Float32Array(CHANNELS * width * height);
    this.#between = new Float32Array(CHANNELS * width * height);
    this.#padded = new Float32Array(CHANNELS * (width + 2 * (this.#kernel.length - 1)));
    this.#words = new Int32Array(width * height);
    this.#quarterWeights = new Uint16Array(2 * width);
    this.#sampleColumns = samplePlaces(frameWidth, width);
    this.#sampleRows = samplePlaces(frameHeight, height);
    this.#enlarger = new PictureEnlarger(width, height, frameWidth, frameHeight);
  }

  /**
   * @param {Int32Array} frame  words
   * @param {import('../matte-bytes.js').MatteBytes} matte
   * @param {Uint16Array} table  of AlphaEnlarger.read: the shape of the matte, 0..256
   */
  update(frame, matte, table) {
    this.#shrink(frame, this.#alphaFor(matte), table);
    if (this.#kernel.length > 1) {
      this.#blurRows();
      this.#blurColumns();
    }
    this.#toWords();
  }

  /**
   * The blurred background of a part of a row.
   * @param {number} y
   * @param {number} x0
   * @param {number} x1  exclusive
   * @param {Int32Array} out
   * @param {number} outAt
   */
  read(y, x0, x1, out, outAt) {
    this.#enlarger.read(this.#words, y, x0, x1, out, outAt);
  }

  /**
   * The alpha at the quarters of the grid's cells.
   * @param {import('../matte-bytes.js').MatteBytes} matte
   */
  #alphaFor({ bytes, width, height, area }) {
    const key = `${width} ${height}`;
    if (!this.#alpha || key !== this.#alphaKey) {
      this.#alpha = new AlphaEnlarger(width, height, 2 * this.#width, 2 * this.#height);
      this.#alphaKey = key;
    }
    this.#alpha.show(bytes, area);
    return this.#alpha;
  }

  /**
   * w·rgb and w of each cell, from four quarters with one w each.
   * @param {Int32Array} frame
   * @param {AlphaEnlarger} alpha
   * @param {Uint16Array} table
   */
  #shrink(frame, alpha, table) {
    const weights = this.#quarterWeights;
    this.#weighted.fill(0);
    for (let row = 0; row < 2 * this.#height; row++) {
      alpha.read(row, 0, 2 * this.#width, table, weights);
      const top = this.#sampleRows[SAMPLES * row] * this.#frameWidth;
      const bottom = this.#sampleRows[SAMPLES * row + 1] * this.#frameWidth;
      addQuarters(frame, top, bottom, this.#sampleColumns, weights, {
        sums: this.#weighted,
        at: CHANNELS * this.#width * (row >> 1),
      });
    }
  }

  #blurRows() {
    const length = CHANNELS * this.#width;
    const pad = CHANNELS * (this.#kernel.length - 1);
    for (let row = 0; row < this.#height; row++) {
      padLine(this.#weighted, row * length, length, this.#padded, pad);
      blurLine(this.#padded, this.#kernel, this.#between, row * length, length);
    }
  }

  #blurColumns() {
    const length = CHANNELS * this.#width;
    const last = this.#height - 1;
    const [from, to] = [this.#between, this.#weighted];
    for (let row = 0; row <= last; row++) {
      const at = row * length;
      for (let i = 0; i < length; i++) to[at + i] = from[at + i] * this.#kernel[0];
      for (let k = 1; k < this.#kernel.length; k++) {
        const above = Math.max(0, row - k) * length;
        const below = Math.min(last, row + k) * length;
        addTwo(to, at, from, above, below, this.#kernel[k], length);
      }
    }
  }

  #toWords() {
    const sums = this.#weighted;
    for (let i = 0, at = 0; i < this.#words.length; i++, at += CHANNELS) {
      const isQuotient = this.#isQuotient;
      const weight = isQuotient ? Math.max(sums[at + 3], 1 / 255) : 1;
      const red = (sums[at] / weight + 0.5) | 0;
      const green = (sums[at + 1] / weight + 0.5) | 0;
      const blue = (sums[at + 2] / weight + 0.5) | 0;
      const alpha = isQuotient ? 255 : (sums[at + 3] * 255 + 0.5) | 0;
      this.#words[i] = red | (green << 8) | (blue << 16) | (alpha << 24);
    }
  }
}

/**
 * Where the frame is read for the quarters of the grid's cells along one axis.
 * @param {number} frameSize
 * @param {number} gridSize
 */
function samplePlaces(frameSize, gridSize) {
  const count = 2 * SAMPLES * gridSize;
  return Int32Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) / count) * frameSize));
}

/**
 * One row of quarters onto its cells: rgb 0..255 times w, and w, each cell's quarters summing to 1.
 * @param {Int32Array} frame
 * @param {number} top     where the first row of samples begins
 * @param {number} bottom  and the second
 * @param {Int32Array} columns
 * @param {Uint16Array} weights  the matte of each quarter, 0..256
 * @param {{sums: Float32Array, at: number}} cells
 */
function addQuarters(frame, top, bottom, columns, weights, { sums, at }) {
  const quarters = columns.length >> 1;
  for (let i = 0; i < quarters; i++) {
    const w = (256 - weights[i]) / 1024;
    if (w === 0) continue;
    const left = columns[2 * i];
    const right = columns[2 * i + 1];
    const a = frame[top + left];
    const b = frame[top + right];
    const c = frame[bottom + left];
    const d = frame[bottom + right];
    const redBlue = (a & 0xff00ff) + (b & 0xff00ff) + (c & 0xff00ff) + (d & 0xff00ff);
    const green = (a & 0xff00) + (b & 0xff00) + (c & 0xff00) + (d & 0xff00);
    const cell = at + CHANNELS * (i >> 1);
    const mean = w / 4;
    sums[cell] += (redBlue & 0xffff) * mean;
    sums[cell + 1] += (green >> 8) * mean;
    sums[cell + 2] += (redBlue >> 16) * mean;
    sums[cell + 3] += w;
  }
}

/**
 * One row of interleaved channels.
 * @param {Float32Array} padded  the row, its first and its last pixel repeated to both sides
 * @param {Float64Array} kernel  as far as it is padded
 * @param {Float32Array} out     of all rows
 * @param {number} outAt
 * @param {number} length        of the row
 */
function blurLine(padded, kernel, out, outAt, length) {
  const pad = CHANNELS * (kernel.length - 1);
  for (let i = 0; i < length; i += CHANNELS) {
    const at = pad + i;
    let red = padded[at] * kernel[0];
    let green = padded[at + 1] * kernel[0];
    let blue = padded[at + 2] * kernel[0];
    let weight = padded[at + 3] * kernel[0];
    for (let k = 1; k < kernel.length; k++) {
      const left = at - CHANNELS * k;
      const right = at + CHANNELS * k;
      const tap = kernel[k];
      red += (padded[left] + padded[right]) * tap;
      green += (padded[left + 1] + padded[right + 1]) * tap;
      blue += (padded[left + 2] + padded[right + 2]) * tap;
      weight += (padded[left + 3] + padded[right + 3]) * tap;
    }
    out[outAt + i] = red;
    out[outAt + i + 1] = green;
    out[outAt + i + 2] = blue;
    out[outAt + i + 3] = weight;
  }
}

/**
 * @param {Float32Array} from  all rows
 * @param {number} at     of the row
 * @param {number} length
 * @param {Float32Array} padded
 * @param {number} pad    on each side
 */
function padLine(from, at, length, padded, pad) {
  padded.set(from.subarray(at, at + length), pad);
  for (let i = 0; i < pad; i++) {
    padded[i] = from[at + (i % CHANNELS)];
    padded[pad + length + i] = from[at + length - CHANNELS + (i % CHANNELS)];
  }
}

/**
 * @param {Float32Array} to
 * @param {number} at
 * @param {Float32Array} from
 * @param {number} above
 * @param {number} below
 * @param {number} tap
 * @param {number} length
 */
function addTwo(to, at, from, above, below, tap, length) {
  for (let i = 0; i < length; i++) to[at + i] += (from[above + i] + from[below + i]) * tap;
}
