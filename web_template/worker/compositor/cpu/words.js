/**
 * Kernels over rows of RGBA pixels, each pixel one 32-bit word, red in the lowest byte.
 *
 * A word is split into two words of two 16-bit lanes (red and blue, green and alpha), so that one
 * multiplication serves two channels. Weights are 0..256; a weighted sum of two bytes then fills a
 * lane to 255 · 256 at most and never spills into the next.
 */

const LANES = 0x00ff00ff;
const HIGH_LANES = 0xff00ff00 | 0;
const HALF = 0x00800080; // rounds

/**
 * out = back + (front − back) · weight
 * @param {Int32Array} out
 * @param {number} outAt
 * @param {Int32Array} front
 * @param {number} frontAt
 * @param {Int32Array} back
 * @param {number} backAt
 * @param {Uint16Array} weights  0..256, from the first on
 * @param {number} count
 */
export function blend(out, outAt, front, frontAt, back, backAt, weights, count) {
  for (let i = 0; i < count; i++) {
    const f = front[frontAt + i];
    const b = back[backAt + i];
    const w = weights[i];
    const v = 256 - w;
    const low = (Math.imul(f & LANES, w) + Math.imul(b & LANES, v) + HALF) >>> 8;
    const high = (Math.imul((f >>> 8) & LANES, w) + Math.imul((b >>> 8) & LANES, v) + HALF) | 0;
    out[outAt + i] = (low & LANES) | (high & HIGH_LANES);
  }
}

/**
 * The same towards one colour, by half the weight.
 * @param {Int32Array} out
 * @param {number} outAt
 * @param {Int32Array} frame
 * @param {number} frameAt
 * @param {number} tint  a word
 * @param {Uint16Array} weights  0..256
 * @param {number} count
 */
export function tintByHalf(out, outAt, frame, frameAt, tint, weights, count) {
  const tintLow = tint & LANES;
  const tintHigh = (tint >>> 8) & LANES;
  for (let i = 0; i < count; i++) {
    const f = frame[frameAt + i];
    const w = weights[i] >> 1;
    const v = 256 - w;
    const low = (Math.imul(tintLow, w) + Math.imul(f & LANES, v) + HALF) >>> 8;
    const high = (Math.imul(tintHigh, w) + Math.imul((f >>> 8) & LANES, v) + HALF) | 0;
    out[outAt + i] = (low & LANES) | (high & HIGH_LANES);
  }
}

/**
 * The colours of the frame with the weights as alpha, not premultiplied, as ImageData has it.
 * @param {Int32Array} out
 * @param {number} outAt
 * @param {Int32Array} frame
 * @param {number} frameAt
 * @param {Uint16Array} weights  0..256
 * @param {number} count
 */
export function withAlpha(out, outAt, frame, frameAt, weights, count) {
  for (let i = 0; i < count; i++) {
    const alpha = (weights[i] * 255 + 128) >> 8;
    out[outAt + i] = (frame[frameAt + i] & 0x00ffffff) | (alpha << 24);
  }
}

/**
 * @param {Int32Array} out
 * @param {number} outAt
 * @param {Uint16Array} weights  0..256
 * @param {number} count
 */
export function grey(out, outAt, weights, count) {
  for (let i = 0; i < count; i++) {
    out[outAt + i] = Math.imul((weights[i] * 255 + 128) >> 8, 0x010101) | 0xff000000;
  }
}

/**
 * @param {Int32Array} out
 * @param {number} outAt
 * @param {Int32Array} from
 * @param {number} at
 * @param {number} count
 */
export function copy(out, outAt, from, at, count) {
  out.set(from.subarray(at, at + count), outAt);
}

/**
 * @param {import('../../../shared/effects.js').Rgba} color  not premultiplied
 * @returns {number} the word
 */
export function wordOf(color) {
  const [red, green, blue, alpha] = color.map((channel) => Math.round(channel * 255));
  return red | (green << 8) | (blue << 16) | (alpha << 24);
}
