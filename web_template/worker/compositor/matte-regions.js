/**
 * Where the matte is all background, all person, or something between.
 *
 * Shading every pixel of 1280×720 by the blending shader costs a software GL 30 ms and more, and
 * most pixels need none of it. So the alpha is cut into small tiles; a tile whose pixels, and those
 * that the enlargement mixes in from its neighbours, all shape to 0 is background, all to 1 is
 * person, and only the rest is blended. Tiles of one kind that lie side by side become one
 * rectangle.
 *
 * @typedef {import('../mask-filter.js').Area} Area
 *
 * @typedef {object} MatteRegions
 * @property {Float32Array<ArrayBuffer>} rects  left, top, right, bottom of each, 0..1 of the picture;
 *   first the background's, then the person's, then the edges'
 * @property {number} background  how many rectangles
 * @property {number} person
 * @property {number} edge
 */

/** Pixels of the alpha: small enough that few pixels are blended in vain. */
const TILE = 4;

const BACKGROUND = 0;
const PERSON = 1;
const EDGE = 2;

/** Less than half a step of what a display shows. */
const INVISIBLE = 1 / 512;

/**
 * The shape of the matte, as in ../shaders/matte.glsl.js.
 * @param {number} alpha
 * @param {number} threshold  0..1, exclusive
 * @param {readonly [lo: number, hi: number] | null} ramp
 */
export function shapeAlpha(alpha, threshold, ramp) {
  const bent = alpha < threshold ? alpha / threshold : 1 + (alpha - threshold) / (1 - threshold);
  if (!ramp) return bent / 2;
  const t = Math.min(1, Math.max(0, (bent / 2 - ramp[0]) / (ramp[1] - ramp[0])));
  return t * t * (3 - 2 * t);
}

/**
 * @param {number} threshold
 * @param {readonly [lo: number, hi: number] | null} ramp
 * @returns {Uint8Array} alpha byte → BACKGROUND | PERSON | EDGE
 */
export function kindsOfBytes(threshold, ramp) {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const shaped = shapeAlpha(byte / 255, threshold, ramp);
    if (shaped < INVISIBLE) return BACKGROUND;
    return shaped > 1 - INVISIBLE ? PERSON : EDGE;
  });
}

/** Reused buffers for alphas of one size. */
export class RegionFinder {
  #width;
  #height;
  #columns;
  #rows;
  #tiles;
  /** @type {MatteRegions} */
  #regions;

  /**
   * @param {number} width   of the alpha, pixels
   * @param {number} height
   */
  constructor(width, height) {
    this.#width = width;
    this.#height = height;
    this.#columns = Math.ceil(width / TILE);
    this.#rows = Math.ceil(height / TILE);
    this.#tiles = new Uint8Array(this.#columns * this.#rows);
    const rects = new Float32Array(4 * (this.#tiles.length + 4));
    this.#regions = { rects, background: 0, person: 0, edge: 0 };
  }

  /**
   * @param {Uint8Array} bytes  the alpha, 0..255
   * @param {Uint8Array} kinds  of kindsOfBytes
   * @param {Area} [area]       what of the picture the alpha covers; around it is background
   * @returns {MatteRegions} valid until the next call
   */
  find(bytes, kinds, area = [0, 0, 1, 1]) {
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) {
        this.#tiles[row * this.#columns + column] = this.#kindOf(bytes, kinds, column, row);
      }
    }
    const regions = this.#regions;
    const around = this.#surround(area);
    regions.background = around + this.#collect(BACKGROUND, around, area);
    regions.person = this.#collect(PERSON, regions.background, area);
    regions.edge = this.#collect(EDGE, regions.background + regions.person, area);
    return regions;
  }

  /**
   * Above, below, left and right of the area, where it leaves something.
   * @param {Area} area
   * @returns {number} how many rectangles
   */
  #surround([left, top, right, bottom]) {
    const { rects } = this.#regions;
    let count = 0;
    for (const rect of [
      [0, 0, 1, top],
      [0, bottom, 1, 1],
      [0, top, left, bottom],
      [right, top, 1, bottom],
    ]) {
      if (rect[0] < rect[2] && rect[1] < rect[3]) rects.set(rect, 4 * count++);
    }
    return count;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {Uint8Array} kinds
   * @param {number} column
   * @param {number} row
   */
  #kindOf(bytes, kinds, column, row) {
    const left = Math.max(0, column * TILE - 1);
    const top = Math.max(0, row * TILE - 1);
    const right = Math.min(this.#width, (column + 1) * TILE + 1);
    const bottom = Math.min(this.#height, (row + 1) * TILE + 1);
    const kind = kinds[bytes[top * this.#width + left]];
    for (let y = top; y < bottom; y++) {
      const end = y * this.#width + right;
      for (let at = y * this.#width + left; at < end; at++) {
        if (kinds[bytes[at]] !== kind) return EDGE;
      }
    }
    return kind;
  }

  /**
   * Runs of one kind, row by row.
   * @param {number} kind
   * @param {number} first  the rectangle to begin with
   * @param {Area} area
   * @returns {number} how many rectangles
   */
  #collect(kind, first, [left, top, right, bottom]) {
    const { rects } = this.#regions;
    const x = (/** @type {number} */ at) =>
      at >= this.#width ? right : left + (at / this.#width) * (right - left);
    const y = (/** @type {number} */ at) =>
      at >= this.#height ? bottom : top + (at / this.#height) * (bottom - top);
    let at = first * 4;
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; ) {
        const begin = column;
        const rowStart = row * this.#columns;
        while (column < this.#columns && this.#tiles[rowStart + column] === kind) column++;
        if (column > begin) {
          rects[at++] = x(begin * TILE);
          rects[at++] = y(row * TILE);
          rects[at++] = x(column * TILE);
          rects[at++] = y((row + 1) * TILE);
        } else {
          column++;
        }
      }
    }
    return at / 4 - first;
  }
}
