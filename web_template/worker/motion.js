/**
 * How a picture has moved, block by block, and an alpha moved the same way: for frames between two
 * that the model looks at, and for the blend over time. The Python reference has the same
 * (`builder/motion.py`).
 *
 * Block matching on luma at half the model's size: for each block the shift with the least sum of
 * absolute differences, among all of up to REACH pixels each way; staying costs nothing extra, moving
 * a little, so that flat and noisy blocks stay. Each pixel of the alpha is then taken from where its
 * block, blended with the neighbouring ones, came from.
 */

const BLOCK = 8; // pixels of the halved picture
const REACH = 4;
/** What moving has to gain, a pixel of a block: camera noise gains nearly as much by chance. */
const STAY = 0.006;
/** Mean difference a pixel from which on a block does not show what it showed: 0..1. */
const LOST = 0.1;
/** Share of lost blocks from which on it is another scene. */
const CUT = 0.25;

/**
 * @typedef {object} Motion  where each block was before, in pixels of the model's size
 * @property {Float32Array} dx  [rows, columns]
 * @property {Float32Array} dy
 * @property {boolean} isCut    the pictures have little in common
 */

export class MotionEstimator {
  #stride;
  /** Of the halved picture. */
  #width;
  #height;
  #columns;
  #rows;
  #reference;
  #current;
  /** @type {Motion} */
  #motion;

  /**
   * @param {number} width   of the model's input
   * @param {number} height
   */
  constructor(width, height) {
    this.#stride = width;
    this.#width = Math.floor(width / 2);
    this.#height = Math.floor(height / 2);
    this.#columns = Math.ceil(this.#width / BLOCK);
    this.#rows = Math.ceil(this.#height / BLOCK);
    this.#reference = new Float32Array(this.#width * this.#height);
    this.#current = new Float32Array(this.#width * this.#height);
    const blocks = this.#columns * this.#rows;
    this.#motion = { dx: new Float32Array(blocks), dy: new Float32Array(blocks), isCut: false };
  }

  /** @param {Float32Array} input  [3, height, width] RGB 0..1: what later ones are compared with */
  remember(input) {
    this.#halve(input, this.#reference);
  }

  /**
   * @param {Float32Array} input  of the same size, showing the same part of a later frame
   * @returns {Motion} the estimator's, until the next one
   */
  estimate(input) {
    this.#halve(input, this.#current);
    const { dx, dy } = this.#motion;
    let lost = 0;
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) {
        const block = row * this.#columns + column;
        const found = this.#search(column * BLOCK, row * BLOCK);
        dx[block] = 2 * found.dx;
        dy[block] = 2 * found.dy;
        if (found.difference > LOST) lost++;
      }
    }
    this.#motion.isCut = lost > CUT * dx.length;
    return this.#motion;
  }

  /**
   * @param {number} left
   * @param {number} top
   */
  #search(left, top) {
    const right = Math.min(left + BLOCK, this.#width);
    const bottom = Math.min(top + BLOCK, this.#height);
    const pixels = (right - left) * (bottom - top);
    let best = { dx: 0, dy: 0, difference: this.#difference(left, top, right, bottom, 0, 0) };
    if (best.difference <= STAY * pixels) return { ...best, difference: best.difference / pixels };
    let least = best.difference - STAY * pixels;
    for (let dy = -REACH; dy <= REACH; dy++) {
      if (top + dy < 0 || bottom + dy > this.#height) continue;
      for (let dx = -REACH; dx <= REACH; dx++) {
        if (left + dx < 0 || right + dx > this.#width) continue;
        const difference = this.#difference(left, top, right, bottom, dx, dy, least);
        if (difference >= least) continue;
        least = difference;
        best = { dx, dy, difference };
      }
    }
    const box = { left, top, right, bottom };
    const at = (/** @type {number} */ dx, /** @type {number} */ dy) => this.#inside(box, dx, dy);
    return {
      dx: best.dx + vertex(at(best.dx - 1, best.dy), best.difference, at(best.dx + 1, best.dy)),
      dy: best.dy + vertex(at(best.dx, best.dy - 1), best.difference, at(best.dx, best.dy + 1)),
      difference: best.difference / pixels,
    };
  }

  /**
   * @param {{left: number, top: number, right: number, bottom: number}} box
   * @param {number} dx
   * @param {number} dy
   * @returns {number | null} null where it would lie outside
   */
  #inside({ left, top, right, bottom }, dx, dy) {
    const isOutside =
      left + dx < 0 || right + dx > this.#width || top + dy < 0 || bottom + dy > this.#height;
    return isOutside ? null : this.#difference(left, top, right, bottom, dx, dy);
  }

  /**
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   * @param {number} dx
   * @param {number} dy
   * @param {number} [limit]  it may stop there
   */
  #difference(left, top, right, bottom, dx, dy, limit = Number.POSITIVE_INFINITY) {
    const width = this.#width;
    const current = this.#current;
    const reference = this.#reference;
    let sum = 0;
    for (let y = top; y < bottom && sum < limit; y++) {
      const shift = dy * width + dx;
      for (let i = y * width + left; i < y * width + right; i++) {
        sum += Math.abs(current[i] - reference[i + shift]);
      }
    }
    return sum;
  }

  /**
   * Luma, as the mean of 2 × 2 pixels; the weights of BT.709.
   * @param {Float32Array} input
   * @param {Float32Array} out
   */
  #halve(input, out) {
    const stride = this.#stride;
    const plane = input.length / 3;
    for (let y = 0, o = 0; y < this.#height; y++) {
      for (let x = 0; x < this.#width; x++, o++) {
        const r = 2 * y * stride + 2 * x;
        const g = r + plane;
        const b = g + plane;
        out[o] =
          0.05315 * (input[r] + input[r + 1] + input[r + stride] + input[r + stride + 1]) +
          0.1788 * (input[g] + input[g + 1] + input[g + stride] + input[g + stride + 1]) +
          0.01805 * (input[b] + input[b + 1] + input[b + stride] + input[b + stride + 1]);
      }
    }
  }

  /**
   * The alpha, moved as the pictures have.
   * @param {Float32Array} alpha  [height, width] of the model's size, as it was
   * @param {Float32Array} out    as it is now
   */
  move(alpha, out) {
    const width = this.#stride;
    const height = alpha.length / width;
    const { dx, dy } = this.#motion;
    const across = placesOf(width, this.#columns);
    const down = placesOf(height, this.#rows);
    for (let y = 0, o = 0; y < height; y++) {
      const { before: top, after: bottom, weight: lower } = down[y];
      for (let x = 0; x < width; x++, o++) {
        const { before: left, after: right, weight: later } = across[x];
        const [a, b] = [top * this.#columns + left, top * this.#columns + right];
        const [c, d] = [bottom * this.#columns + left, bottom * this.#columns + right];
        const upper = 1 - lower;
        const sooner = 1 - later;
        const sx =
          upper * (sooner * dx[a] + later * dx[b]) + lower * (sooner * dx[c] + later * dx[d]);
        const sy =
          upper * (sooner * dy[a] + later * dy[b]) + lower * (sooner * dy[c] + later * dy[d]);
        out[o] = sx === 0 && sy === 0 ? alpha[o] : bilinear(alpha, width, height, x + sx, y + sy);
      }
    }
  }
}

/**
 * Where between its neighbours the least of three differences lies: the lowest point of a V through
 * them, whose sides are equally steep, as sums of absolute differences have it.
 * @param {number | null} before
 * @param {number} least
 * @param {number | null} after
 * @returns {number} −0.5..0.5
 */
function vertex(before, least, after) {
  if (before === null || after === null) return 0;
  const steep = Math.max(before, after) - least;
  return steep > 0 ? (before - after) / (2 * steep) : 0;
}

/**
 * Between which blocks' centres each pixel lies.
 * @param {number} pixels  of the model's size
 * @param {number} blocks
 */
function placesOf(pixels, blocks) {
  return Array.from({ length: pixels }, (_, pixel) => {
    const at = Math.min(blocks - 1, Math.max(0, (pixel + 0.5) / (2 * BLOCK) - 0.5));
    const before = Math.floor(at);
    return { before, after: Math.min(blocks - 1, before + 1), weight: at - before };
  });
}

/**
 * Beyond the border the alpha goes on as it is there.
 * @param {Float32Array} alpha
 * @param {number} width
 * @param {number} height
 * @param {number} x
 * @param {number} y
 */
function bilinear(alpha, width, height, x, y) {
  const left = Math.min(width - 1, Math.max(0, x));
  const top = Math.min(height - 1, Math.max(0, y));
  const x0 = Math.floor(left);
  const y0 = Math.floor(top);
  const right = x0 + 1 < width ? 1 : 0;
  const below = y0 + 1 < height ? width : 0;
  const i = y0 * width + x0;
  const upper = alpha[i] + (left - x0) * (alpha[i + right] - alpha[i]);
  const lower = alpha[i + below] + (left - x0) * (alpha[i + below + right] - alpha[i + below]);
  return upper + (top - y0) * (lower - upper);
}
