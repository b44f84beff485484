/**
 * What each effect does to a piece of a row that is all background, all person, or an edge.
 *
 * @typedef {import('../../../shared/effects.js').Effect} Effect
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
import { CpuBlur } from './blur.js';
import { blend, copy, grey, tintByHalf, withAlpha, wordOf } from './words.js';

/**
 * @param {Effect} effect
 * @param {Surface} surface
 * @returns {Painter}
 */
export function createPainter(effect, surface) {
  switch (effect.kind) {
    case 'blur':
      return blurPainter(effect, surface);
    case 'image':
      return imagePainter(effect, surface);
    case 'color':
      return colorPainter(effect, surface);
    case 'cutout':
      return cutoutPainter(effect, surface);
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
 */
function basics(effect, surface) {
  const { words, width } = surface;
  const color = wordOf(standInColor(effect));
  return {
    begin() {},
    /** @type {PaintSpan} */
    person(y, x0, x1) {
      const at = y * width + x0;
      copy(words, at, surface.frame, at, x1 - x0);
    },
    standIn() {
      words.fill(color);
    },
  };
}

/**
 * @param {Effect} effect
 * @param {Surface} surface
 * @returns {Painter}
 */
function colorPainter(effect, surface) {
  const { words, width, shape } = surface;
  const color = wordOf(standInColor(effect));
  const behind = new Int32Array(width).fill(color);
  return {
    ...basics(effect, surface),
    background(y, x0, x1) {
      words.fill(color, y * width + x0, y * width + x1);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      const weights = surface.weightsOf(y, x0, x1, shape);
      blend(words, at, surface.frame, at, behind, 0, weights, x1 - x0);
    },
  };
}

/**
 * @param {Effect} effect
 * @param {Surface} surface
 * @returns {Painter}
 */
function cutoutPainter(effect, surface) {
  const { words, width, shape } = surface;
  return {
    ...basics(effect, surface),
    background(y, x0, x1) {
      words.fill(0, y * width + x0, y * width + x1);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      const weights = surface.weightsOf(y, x0, x1, shape);
      withAlpha(words, at, surface.frame, at, weights, x1 - x0);
    },
  };
}

/**
 * @param {import('../../../shared/effects.js').ImageEffect} effect
 * @param {Surface} surface
 * @returns {Painter}
 */
function imagePainter(effect, surface) {
  const { words, width, shape } = surface;
  const picture = coverPicture(effect.image, surface);
  return {
    ...basics(effect, surface),
    background(y, x0, x1) {
      const at = y * width + x0;
      copy(words, at, picture, at, x1 - x0);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      const weights = surface.weightsOf(y, x0, x1, shape);
      blend(words, at, surface.frame, at, picture, at, weights, x1 - x0);
    },
    standIn() {
      words.set(picture);
    },
  };
}

/**
 * @param {import('../../../shared/effects.js').BlurEffect} effect
 * @param {Surface} surface
 * @returns {Painter}
 */
function blurPainter(effect, surface) {
  const { words, width, height, matte, shape } = surface;
  const blur = new CpuBlur(width, height, effect.strength);
  const behind = new Int32Array(width);
  return {
    ...basics(effect, surface),
    begin() {
      blur.update(surface.frame, matte, shape);
    },
    background(y, x0, x1) {
      blur.read(y, x0, x1, words, y * width + x0);
    },
    edge(y, x0, x1) {
      const at = y * width + x0;
      blur.read(y, x0, x1, behind, 0);
      const weights = surface.weightsOf(y, x0, x1, shape);
      blend(words, at, surface.frame, at, behind, 0, weights, x1 - x0);
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
  return {
    ...basics(effect, surface),
    background: basics(effect, surface).person,
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
  return { ...basics(effect, surface), background: paint, person: paint, edge: paint };
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
