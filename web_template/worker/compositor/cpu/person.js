/**
 * The person's pixels as they are drawn: the frame's own, or with the looks that change them.
 *
 * @typedef {import('../../../shared/looks.js').Looks} Looks
 * @typedef {import('./surface.js').Surface} Surface
 *
 * @typedef {object} Person
 * @property {() => void} begin  a new frame and a new matte
 * @property {(y: number, x0: number, x1: number) => void} read  makes `words` hold a piece of a row
 * @property {(y: number, x0: number, x1: number, weights: Uint16Array) => void} readEdge  the same
 *   where the shaped matte is these weights, 0..256: perhaps cleaned of the old background
 * @property {Int32Array} words
 * @property {number} at  where in them the piece begins
 */

import { blurGrid, LIGHT_STRENGTH } from '../blur-grid.js';
import { CpuBlur } from './blur.js';
import { EdgeCleaner } from './edge-cleaner.js';

/**
 * The person before what replaces the room: the room's colour may be taken out of the edge.
 * @param {Surface} surface
 * @param {Looks} looks
 * @param {Int32Array} [background]  what replaces the frame, a word for each pixel; its light wraps
 * @returns {Person}
 */
export function createReplacedPerson(surface, looks, background) {
  const cleaner = looks.spill > 0 ? new EdgeCleaner(surface, looks.spill) : null;
  const wrap = background ? looks.lightWrap : 0;
  if (looks.brightness === 0 && wrap === 0) return new PlainPerson(surface, cleaner);
  return new LitPerson(surface, { ...looks, lightWrap: wrap }, background, cleaner);
}

/**
 * The person in the room.
 * @param {Surface} surface
 * @param {Looks} looks
 * @returns {Person}
 */
export function createPerson(surface, looks) {
  return createReplacedPerson(surface, { ...looks, spill: 0 });
}

/** @implements {Person} */
export class PlainPerson {
  #surface;
  #cleaner;
  at = 0;

  /**
   * @param {Surface} surface
   * @param {EdgeCleaner | null} [cleaner]
   */
  constructor(surface, cleaner = null) {
    this.#surface = surface;
    this.#cleaner = cleaner;
    this.words = surface.frame;
  }

  begin() {
    this.#cleaner?.update();
  }

  /**
   * @param {number} y
   * @param {number} x0
   */
  read(y, x0) {
    this.words = this.#surface.frame;
    this.at = y * this.#surface.width + x0;
  }

  /**
   * @param {number} y
   * @param {number} x0
   * @param {number} x1  exclusive
   * @param {Uint16Array} weights
   */
  readEdge(y, x0, x1, weights) {
    if (!this.#cleaner) return this.read(y, x0);
    this.#cleaner.read(y, x0, x1, weights);
    this.words = this.#cleaner.words;
    this.at = 0;
  }
}

/** @implements {Person} */
class LitPerson {
  at = 0;
  #surface;
  #cleaner;
  #curve;
  #wrap;
  #background;
  /** @type {CpuBlur | null} */
  #blur = null;
  /** @type {Int32Array} */
  #light;

  /**
   * @param {Surface} surface
   * @param {Pick<Looks, 'brightness' | 'lightWrap'>} looks
   * @param {Int32Array} [background]
   * @param {EdgeCleaner | null} [cleaner]
   */
  constructor(surface, { brightness, lightWrap: wrap }, background, cleaner = null) {
    const { width, height } = surface;
    this.#surface = surface;
    this.#cleaner = cleaner;
    this.words = new Int32Array(width);
    this.#light = new Int32Array(width);
    this.#curve = brightnessCurve(brightness);
    this.#wrap = Math.round((wrap / 255) * 65536);
    this.#background = background;
    if (wrap > 0) this.#blur = lightBlur(width, height);
  }

  begin() {
    const { matte, shape } = this.#surface;
    this.#cleaner?.update();
    if (this.#background) this.#blur?.update(this.#background, matte, shape);
  }

  /**
   * @param {number} y
   * @param {number} x0
   * @param {number} x1  exclusive
   */
  read(y, x0, x1) {
    const { frame, width } = this.#surface;
    this.#draw(frame, y * width + x0, y, x0, x1);
  }

  /**
   * @param {number} y
   * @param {number} x0
   * @param {number} x1  exclusive
   * @param {Uint16Array} weights
   */
  readEdge(y, x0, x1, weights) {
    if (!this.#cleaner) return this.read(y, x0, x1);
    this.#cleaner.read(y, x0, x1, weights);
    this.#draw(this.#cleaner.words, 0, y, x0, x1);
  }

  /** @type {(colors: Int32Array, from: number, y: number, x0: number, x1: number) => void} */
  #draw(colors, from, y, x0, x1) {
    if (this.#blur) {
      this.#blur.read(y, x0, x1, this.#light, 0);
      screen(colors, from, this.#curve, this.#light, this.#wrap, this.words, x1 - x0);
    } else {
      bend(colors, from, this.#curve, this.words, x1 - x0);
    }
  }
}

/**
 * @param {number} width   of the frame
 * @param {number} height
 */
function lightBlur(width, height) {
  const grid = blurGrid(width, height, LIGHT_STRENGTH);
  return new CpuBlur(width, height, grid, { isQuotient: false });
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
