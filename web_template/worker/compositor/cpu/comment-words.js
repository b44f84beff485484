/** Kernels over rows of RGBA words (see words.js) for sprites, whose colours are not premultiplied. */

const LANES = 0x00ff00ff;
const HIGH_LANES = 0xff00ff00 | 0;
const HALF = 0x00800080;

/**
 * Sprite over what is there, where the person is not. What is there is opaque.
 * @param {Int32Array} out
 * @param {number} outAt
 * @param {Int32Array} sprite
 * @param {number} at
 * @param {number} count
 * @param {number} strength          0..256
 * @param {Uint16Array | null} person  its weights, 0..256, from the first on; null: nobody
 */
export function over(out, outAt, sprite, at, count, strength, person) {
  for (let i = 0; i < count; i++) {
    const front = sprite[at + i];
    const alpha = front >>> 24;
    if (alpha === 0) continue;
    const free = person ? 256 - person[i] : 256;
    const weight = ((((alpha + (alpha >> 7)) * strength) >> 8) * free) >> 8;
    if (weight === 0) continue;
    const back = out[outAt + i];
    const rest = 256 - weight;
    const low = (Math.imul(front & LANES, weight) + Math.imul(back & LANES, rest) + HALF) >>> 8;
    const opaque = (front >>> 8) | 0x00ff0000;
    const high =
      (Math.imul(opaque & LANES, weight) + Math.imul((back >>> 8) & LANES, rest) + HALF) | 0;
    out[outAt + i] = (low & LANES) | (high & HIGH_LANES);
  }
}

/**
 * Sprite under what is there: it shows as far as that is transparent.
 * @param {Int32Array} out
 * @param {number} outAt
 * @param {Int32Array} sprite
 * @param {number} at
 * @param {number} count
 * @param {number} strength  0..256
 */
export function under(out, outAt, sprite, at, count, strength) {
  for (let i = 0; i < count; i++) {
    const back = sprite[at + i];
    const alpha = ((back >>> 24) * strength) >> 8;
    if (alpha === 0) continue;
    const front = out[outAt + i];
    const has = front >>> 24;
    if (has === 255) continue;
    const shown = (alpha * (255 - has)) / 255;
    const total = has + shown;
    const share = shown / total;
    out[outAt + i] =
      mixed(front, back, share, 0) |
      mixed(front, back, share, 8) |
      mixed(front, back, share, 16) |
      (Math.round(total) << 24);
  }
}

/**
 * One channel of two words.
 * @param {number} front
 * @param {number} back
 * @param {number} share  of the back, 0..1
 * @param {number} shift  bits
 */
function mixed(front, back, share, shift) {
  const from = (front >>> shift) & 255;
  return Math.round(from + (((back >>> shift) & 255) - from) * share) << shift;
}
