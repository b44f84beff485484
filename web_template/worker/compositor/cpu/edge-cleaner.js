/**
 * The person's own colours at the edge: ../../shaders/spill.glsl.js, in plain arithmetic. Only where
 * the matte is between 0 and 1; elsewhere nothing would be changed.
 *
 * @typedef {import('./surface.js').Surface} Surface
 */

import { ENOUGH, SURE_PERSON, SURE_ROOM } from '../../shaders/spill.glsl.js';
import { spillGrid } from '../blur-grid.js';
import { shapeAlpha } from '../matte-regions.js';
import { CpuBlur } from './blur.js';

const FULL = 256;
const CONTRAST_FLOOR = 255 ** 2 / 512;

export class EdgeCleaner {
  /** A piece of a row, as `read` has left it. */
  words;
  #surface;
  #personBlur;
  #roomBlur;
  #person;
  #room;
  /** For each alpha, 0..256: how much of what is lacking is added. */
  #amounts;
  /** What is no sure person, 0..256, see CpuBlur.update. */
  #unsure;
  /** What is no sure room. */
  #unlikeRoom;
  #threshold = Number.NaN;

  /**
   * @param {Surface} surface
   * @param {number} spill  0..1
   */
  constructor(surface, spill) {
    const { width, height, shape } = surface;
    this.#surface = surface;
    this.words = new Int32Array(width);
    const blur = () => new CpuBlur(width, height, spillGrid(width, height), { isQuotient: false });
    this.#personBlur = blur();
    this.#roomBlur = blur();
    this.#person = new Int32Array(width);
    this.#room = new Int32Array(width);
    this.#amounts = Float64Array.from(
      { length: FULL + 1 },
      (_, i) => spill * (1 - (i / FULL) ** 4),
    );
    this.#unsure = new Uint16Array(shape.length);
    this.#unlikeRoom = new Uint16Array(shape.length);
  }

  /** A new frame and a new matte. */
  update() {
    const { frame, matte } = this.#surface;
    this.#followThreshold(matte.threshold);
    this.#personBlur.update(frame, matte, this.#unsure);
    this.#roomBlur.update(frame, matte, this.#unlikeRoom);
  }

  /**
   * @param {number} y
   * @param {number} x0
   * @param {number} x1  exclusive
   * @param {Uint16Array} weights  the shaped matte there, 0..256
   */
  read(y, x0, x1, weights) {
    const { frame, width } = this.#surface;
    this.#personBlur.read(y, x0, x1, this.#person, 0);
    this.#roomBlur.read(y, x0, x1, this.#room, 0);
    const from = y * width + x0;
    clean(frame, from, this.#person, this.#room, weights, this.#amounts, this.words, x1 - x0);
  }

  /** @param {number} threshold */
  #followThreshold(threshold) {
    if (threshold === this.#threshold) return;
    this.#threshold = threshold;
    const last = this.#unsure.length - 1;
    for (let i = 0; i <= last; i++) {
      const sure = shapeAlpha(i / last, threshold, SURE_PERSON);
      this.#unsure[i] = Math.round(FULL * (1 - sure));
      this.#unlikeRoom[i] = Math.round(FULL * shapeAlpha(i / last, threshold, SURE_ROOM));
    }
  }
}

/**
 * @param {Int32Array} frame
 * @param {number} from
 * @param {Int32Array} persons  colours times weight, and the weight
 * @param {Int32Array} rooms
 * @param {Uint16Array} weights  0..256
 * @param {Float64Array} amounts  by weight
 * @param {Int32Array} out
 * @param {number} count
 */
function clean(frame, from, persons, rooms, weights, amounts, out, count) {
  for (let i = 0; i < count; i++) {
    const c = frame[from + i];
    out[i] = c;
    const w = weights[i];
    if (w === 0 || w === FULL) continue;
    const p = persons[i];
    const r = rooms[i];
    const personWeight = p >>> 24;
    const roomWeight = r >>> 24;
    if (personWeight === 0 || roomWeight === 0) continue;
    const red = c & 255;
    const green = (c >> 8) & 255;
    const blue = (c >> 16) & 255;
    const ofPerson = 255 / personWeight;
    const ofRoom = 255 / roomWeight;
    const roomRed = (r & 255) * ofRoom;
    const roomGreen = ((r >> 8) & 255) * ofRoom;
    const roomBlue = ((r >> 16) & 255) * ofRoom;
    const awayRed = (p & 255) * ofPerson - roomRed;
    const awayGreen = ((p >> 8) & 255) * ofPerson - roomGreen;
    const awayBlue = ((p >> 16) & 255) * ofPerson - roomBlue;
    const along =
      (red - roomRed) * awayRed + (green - roomGreen) * awayGreen + (blue - roomBlue) * awayBlue;
    const contrast = awayRed * awayRed + awayGreen * awayGreen + awayBlue * awayBlue;
    const lacking = 1 - Math.max(0, along) / (contrast + CONTRAST_FLOOR);
    if (lacking <= 0) continue;
    const sureness = Math.min(1, personWeight * BYTE_SURE) * Math.min(1, roomWeight * BYTE_SURE);
    const amount = amounts[w] * sureness * lacking;
    out[i] =
      toByte(red + amount * awayRed) |
      (toByte(green + amount * awayGreen) << 8) |
      (toByte(blue + amount * awayBlue) << 16) |
      (c & 0xff000000);
  }
}

/** Of a weight in bytes. */
const BYTE_SURE = 1 / (255 * ENOUGH);

/** @param {number} value */
function toByte(value) {
  return value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;
}
