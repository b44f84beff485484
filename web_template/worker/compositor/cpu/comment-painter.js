/**
 * Comments on the processor: each sprite is laid over what has been painted, less where the person
 * is. Its pixels are read once.
 *
 * @typedef {import('../../comments/comment-layer.js').PlacedSprite} PlacedSprite
 * @typedef {import('../../comments/sprites.js').Sprite} Sprite
 * @typedef {import('./surface.js').Surface} Surface
 */

import { over, under } from './comment-words.js';

/** @type {WeakMap<Sprite, Int32Array>} */
const wordsOf = new WeakMap();

/**
 * @param {Surface} surface  painted already
 * @param {readonly PlacedSprite[]} sprites
 * @param {'matte' | 'alpha' | 'none'} behind  what keeps them off the person: the matte; the alpha
 *   that the surface has got, as after a cut-out; nothing, where nobody is shown
 */
export function paintComments(surface, sprites, behind) {
  for (const placed of sprites) paintOne(surface, placed, behind);
}

/**
 * @param {Surface} surface
 * @param {PlacedSprite} placed
 * @param {'matte' | 'alpha' | 'none'} behind
 */
function paintOne(surface, { sprite, x, y, opacity }, behind) {
  const pixels = pixelsOf(sprite);
  if (!pixels) return;
  const [left, top] = [Math.round(x), Math.round(y)];
  const x0 = Math.max(0, left);
  const x1 = Math.min(surface.width, left + sprite.width);
  if (x0 >= x1) return;
  const strength = Math.round(256 * opacity);
  const y1 = Math.min(surface.height, top + sprite.height);
  for (let row = Math.max(0, top); row < y1; row++) {
    const out = row * surface.width + x0;
    const at = (row - top) * sprite.width + x0 - left;
    if (behind === 'alpha') {
      under(surface.words, out, pixels, at, x1 - x0, strength);
    } else {
      const person = behind === 'matte' ? surface.weightsOf(row, x0, x1, surface.shape) : null;
      over(surface.words, out, pixels, at, x1 - x0, strength, person);
    }
  }
}

/** @param {Sprite} sprite */
function pixelsOf(sprite) {
  const kept = wordsOf.get(sprite);
  if (kept) return kept;
  const context = sprite.canvas.getContext('2d');
  if (!context) return null;
  const { data } = context.getImageData(0, 0, sprite.width, sprite.height);
  const words = new Int32Array(data.buffer);
  wordsOf.set(sprite, words);
  return words;
}
