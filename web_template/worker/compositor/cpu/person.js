/**
 * The person's pixels as they are drawn: the frame's own, or with the looks that change them.
 *
 * @typedef {import('../../../shared/looks.js').Looks} Looks
 * @typedef {import('./surface.js').Surface} Surface
 *
 * @typedef {object} Person
 * @property {() => void} begin  a new frame and a new matte
 * @property {(y: number, x0: number, x1: number) => void} read  makes `words` hold a piece of a row
 * @property {Int32Array} words
 * @property {number} at  where in them the piece begins
 */

import { LIGHT_STRENGTH } from '../blur-grid.js';
import { CpuBlur } from './blur.js';

/**
 * @param {Surface} surface
 * @param {Looks} looks
 * @param {Int32Array} [background]  what replaces the frame, a word for each pixel; its light wraps
 * @returns {Person}
 */
export function createPerson(surface, looks, background) {
  const wrap = background ? looks.lightWrap : 0;
  if (looks.brightness === 0 && wrap === 0) return new PlainPerson(surface);
  return new LitPerson(surface, looks.brightness, wrap, background);
}

/** @implements {Person} */
export class PlainPerson {
  #surface;
  at = 0;

  /** @param {Surface} surface */
  constructor(surface) {
    this.#surface = surface;
    this.words = surface.frame;
  }

  begin() {
    this.words = this.#surface.frame;
  }

  /**
   * @param {number} y
   * @param {number} x0
   */
  read(y, x0) {
    this.at = y * this.#surface.width + x0;
  }
}

/** @implements {Person} */
class LitPerson {
  at = 0;
  #surface;
  #curve;
  #wrap;
  #background;
  /** @type {CpuBlur | null} */
  #blur = null;
  /** @type {Int32Array} */
  #light;

  /**
   * @param {Surface} surface
   * @param {number} brightness  −1..1
   * @param {number} wrap        0..1
   * @param {Int32Array} [background]
   */
  constructor(surface, brightness, wrap, background) {
    const { width, height } = surface;
    this.#surface = surface;
    this.words = new Int32Array(width);
    this.#light = new Int32Array(width);
    this.#curve = brightnessCurve(brightness);
    this.#wrap = Math.round((wrap / 255) * 65536);
    this.#background = background;
    if (wrap > 0) this.#blur = new CpuBlur(width, height, LIGHT_STRENGTH, { isQuotient: false });
  }

  begin() {
    const { matte, shape } = this.#surface;
    if (this.#background) this.#blur?.update(this.#background, matte, shape);
  }

  /**
   * @param {number} y
   * @param {number} x0
   * @param {number} x1  exclusive
   */
  read(y, x0, x1) {
    const { frame, width } = this.#surface;
    const from = y * width + x0;
    if (this.#blur) {
      this.#blur.read(y, x0, x1, this.#light, 0);
      screen(frame, from, this.#curve, this.#light, this.#wrap, this.words, x1 - x0);
    } else {
      bend(frame, from, this.#curve, this.words, x1 - x0);
    }
  }
}

/**
 * @param {number} brightness  −1..1
 * @returns {Uint8Array} byte → byte, a gamma curve
 */
export function brightnessCurve(brightness) {
  const gamma = 2 ** -brightness;
  return Uint8Array.from({ length: 256 }, (_, i) => 255 * (i / 255) ** gamma + 0.5);
}

/**
 * @param {Int32Array} frame
 * @param {number} from
 * @param {Uint8Array} curve
 * @param {Int32Array} out
 * @param {number} count
 */
function bend(frame, from, curve, out, count) {
  for (let i = 0; i < count; i++) {
    const f = frame[from + i];
    out[i] =
      curve[f & 255] |
      (curve[(f >> 8) & 255] << 8) |
      (curve[(f >> 16) & 255] << 16) |
      (f & 0xff000000);
  }
}

/**
 * Light on top of the bent colour c: c + (255 − c) · light · wrap.
 * @param {Int32Array} frame
 * @param {number} from
 * @param {Uint8Array} curve
 * @param {Int32Array} light
 * @param {number} wrap  of 65536 / 255
 * @param {Int32Array} out
 * @param {number} count
 */
function screen(frame, from, curve, light, wrap, out, count) {
  for (let i = 0; i < count; i++) {
    const f = frame[from + i];
    const l = light[i];
    const red = curve[f & 255];
    const green = curve[(f >> 8) & 255];
    const blue = curve[(f >> 16) & 255];
    out[i] =
      (red + (((255 - red) * (l & 255) * wrap + 32768) >> 16)) |
      ((green + (((255 - green) * ((l >> 8) & 255) * wrap + 32768) >> 16)) << 8) |
      ((blue + (((255 - blue) * ((l >> 16) & 255) * wrap + 32768) >> 16)) << 16) |
      (f & 0xff000000);
  }
}
