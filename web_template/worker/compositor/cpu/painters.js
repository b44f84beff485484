/**
 * What each effect does to a piece of a row that is all background, all person, or an edge.
 *
 * @typedef {import('../../../shared/effects.js').Effect} Effect
 * @typedef {import('../../../shared/looks.js').Looks} Looks
 * @typedef {import('./person.js').Person} Person
 * @typedef {import('./surface.js').Surface} Surface
 * @typedef {(y: number, x0: number, x1: number) => void} PaintSpan  x1 is exclusive
 *
 * @typedef {object} Painter
 * @property {() => void} begin  a new frame and a new matte
 * @property {PaintSpan} background
 * @property {PaintSpan} person
 * @property {PaintSpan} edge
 * @property {() => void} standIn  without a frame: only what replaces it
 */

import { parseColor, standInColor } from '../../../shared/effects.js';
import { MatteError } from '../../../shared/errors.js';
import { blurGrid } from '../blur-grid.js';
import { CpuBlur } from './blur.js';
import { createPerson, createReplacedPerson, PlainPerson } from './person.js';
import { blend, copy, grey, tintByHalf, withAlpha, wordOf } from './words.js';

/**
 * @param {Effect} effect
 * @param {Surface} surface
 * @param {Looks} looks
 * @returns {Painter}
 */
export function createPainter(effect, surface, looks) {
  switch (effect.kind) {
    case 'blur':
      return blurPainter(effect, surface, createPerson(surface, looks));
    case 'image':
      return imagePainter(effect, surface, looks);
    case 'color':
      return colorPainter(effect, surface, looks);
    case 'cutout':
      return cutoutPainter(effect, surface, createReplacedPerson(surface, looks));
    case 'overlay':
      return overlayPainter(effect, surface);
    case 'mask':
      return maskPainter(effect, surface);
  }
}

/**
 * What most have in common.
 * @param {Effect} effect
 * @param {Surface} surface
 * @param {Person} person
 */
function basics(effect, surface, person) {
  const { words, width } = surface;
  const color = wordOf(standInColor(effect));
  return {
    begin: () => person.begin(),
    /** @type {PaintSpan} */
    person(y, x0, x1) {
      person.read(y, x0, x1);
      copy(words, y * width + x0, person.words, person.at, x1 - x0);
    },
    standIn() {
      words.fill(color);
    },
  };
}

/**
 * @param {Effect} effect
 * @param {Surface} surface
 * @param {Looks} looks
 * @returns {Painter}
 */
function colorPainter(effect, surface, looks) {
  const { words, width, shape } = surface;
  const color = wordOf(standInColor(effect));
  // Light comes from all of the background, else one row of it will do.
  const behind = new Int32Array(looks.lightWrap > 0 ? words.length : width).fill(color);
  const person = createReplacedPerson(surface, looks, behind);
  return {
    ...basics(effect, surface, person),
    background(y, x0, x1) {
      words.fill(color, y * width + x0, y * width + x1);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      const weights = surface.weightsOf(y, x0, x1, shape);
      person.readEdge(y, x0, x1, weights);
      blend(words, at, person.words, person.at, behind, 0, weights, x1 - x0);
    },
  };
}

/**
 * @param {Effect} effect
 * @param {Surface} surface
 * @param {Person} person
 * @returns {Painter}
 */
function cutoutPainter(effect, surface, person) {
  const { words, width, shape } = surface;
  return {
    ...basics(effect, surface, person),
    background(y, x0, x1) {
      words.fill(0, y * width + x0, y * width + x1);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      const weights = surface.weightsOf(y, x0, x1, shape);
      person.readEdge(y, x0, x1, weights);
      withAlpha(words, at, person.words, person.at, weights, x1 - x0);
    },
  };
}

/**
 * @param {import('../../../shared/effects.js').ImageEffect} effect
 * @param {Surface} surface
 * @param {Looks} looks
 * @returns {Painter}
 */
function imagePainter(effect, surface, looks) {
  const { words, width, shape } = surface;
  const picture = coverPicture(effect.image, surface);
  const person = createReplacedPerson(surface, looks, picture);
  return {
    ...basics(effect, surface, person),
    background(y, x0, x1) {
      const at = y * width + x0;
      copy(words, at, picture, at, x1 - x0);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      const weights = surface.weightsOf(y, x0, x1, shape);
      person.readEdge(y, x0, x1, weights);
      blend(words, at, person.words, person.at, picture, at, weights, x1 - x0);
    },
    standIn() {
      words.set(picture);
    },
  };
}

/**
 * @param {import('../../../shared/effects.js').BlurEffect} effect
 * @param {Surface} surface
 * @param {Person} person
 * @returns {Painter}
 */
function blurPainter(effect, surface, person) {
  const { words, width, height, matte, shape } = surface;
  const blur = new CpuBlur(width, height, blurGrid(width, height, effect.strength));
  const behind = new Int32Array(width);
  return {
    ...basics(effect, surface, person),
    begin() {
      person.begin();
      blur.update(surface.frame, matte, shape);
    },
    background(y, x0, x1) {
      blur.read(y, x0, x1, words, y * width + x0);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      blur.read(y, x0, x1, behind, 0);
      const weights = surface.weightsOf(y, x0, x1, shape);
      person.readEdge(y, x0, x1, weights);
      blend(words, at, person.words, person.at, behind, 0, weights, x1 - x0);
    },
  };
}

/**
 * @param {import('../../../shared/effects.js').OverlayEffect} effect
 * @param {Surface} surface
 * @returns {Painter}
 */
function overlayPainter(effect, surface) {
  const { words, width, shape } = surface;
  const tint = wordOf(parseColor(effect.color));
  const whole = new Uint16Array(width).fill(256);
  const plain = basics(effect, surface, new PlainPerson(surface));
  return {
    ...plain,
    background: plain.person,
    person(y, x0, x1) {
      const at = y * width + x0;
      tintByHalf(words, at, surface.frame, at, tint, whole, x1 - x0);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      const weights = surface.weightsOf(y, x0, x1, shape);
      tintByHalf(words, at, surface.frame, at, tint, weights, x1 - x0);
    },
  };
}

/**
 * The alpha as it is, unshaped.
 * @param {Effect} effect
 * @param {Surface} surface
 * @returns {Painter}
 */
function maskPainter(effect, surface) {
  const { words, width, plain } = surface;
  /** @type {PaintSpan} */
  const paint = (y, x0, x1) => {
    grey(words, y * width + x0, surface.weightsOf(y, x0, x1, plain), x1 - x0);
  };
  const others = basics(effect, surface, new PlainPerson(surface));
  return { ...others, background: paint, person: paint, edge: paint };
}

/**
 * The picture, scaled about its centre so that it covers the surface, as words.
 * @param {ImageBitmap} picture
 * @param {Surface} surface
 */
function coverPicture(picture, { width, height }) {
  const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false });
  if (!context) throw new MatteError('webgl-unavailable', 'no 2D context for the background');
  const scale = Math.max(width / picture.width, height / picture.height);
  const [seenWidth, seenHeight] = [width / scale, height / scale];
  const left = (picture.width - seenWidth) / 2;
  const top = (picture.height - seenHeight) / 2;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, left, top, seenWidth, seenHeight, 0, 0, width, height);
  return new Int32Array(context.getImageData(0, 0, width, height).data.buffer);
}
