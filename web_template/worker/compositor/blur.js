/**
 * The blurred background on the GPU, on a small grid; see ../shaders/blur.frag.js for the algorithm
 * and blur-grid.js for the grid.
 *
 * @typedef {import('./blur-grid.js').BlurGrid} BlurGrid
 *
 * @typedef {object} Kernel  taps that lie between two pixels and so read both
 * @property {number} pairs
 * @property {number} centre
 * @property {Float32Array} offsets  pixels
 * @property {Float32Array} weights
 */

import { GAUSS, MAX_PAIRS, SHRINK } from '../shaders/blur.frag.js';
import { blurGrid, gaussianTaps } from './blur-grid.js';
import { createProgram, createTarget, drawToTarget } from './gl.js';

/**
 * A Gaussian with two taps merged into one read (Daniel Rákos, "Efficient Gaussian blur with linear
 * sampling", 2010).
 * @param {number} sigma  pixels
 * @returns {Kernel}
 */
export function gaussianKernel(sigma) {
  const taps = gaussianTaps(sigma);
  const offsets = new Float32Array(MAX_PAIRS);
  const weights = new Float32Array(MAX_PAIRS);
  let pairs = 0;
  for (let x = 1; x < taps.length; x += 2) {
    const near = taps[x];
    const far = taps[x + 1] ?? 0;
    weights[pairs] = near + far;
    offsets[pairs] = x + far / (near + far);
    pairs++;
  }
  return { pairs, centre: taps[0], offsets, weights };
}

/**
 * @param {import('./gl.js').GL} gl
 * @param {{source?: string, isQuotient?: boolean, gridOf?: typeof blurGrid}} [options]  a shader of
 *   blur.frag.js that shrinks; false: blur(w·rgb) and blur(w), not divided; on which grid
 */
export function createBlur(gl, { source = SHRINK, isQuotient = true, gridOf = blurGrid } = {}) {
  const shrink = createProgram(gl, source);
  const gauss = createProgram(gl, GAUSS);
  /** @type {{key: string, grid: BlurGrid, kernel: Kernel, ping: import('./gl.js').Target, pong: import('./gl.js').Target} | null} */
  let current = null;

  const release = () => {
    current?.ping.dispose();
    current?.pong.dispose();
    current = null;
  };
  const prepare = (/** @type {number} */ width, /** @type {number} */ height, strength = 0) => {
    const key = `${width} ${height} ${strength}`;
    if (current?.key === key) return current;
    release();
    const grid = gridOf(width, height, strength);
    const target = () => createTarget(gl, gl.RGBA8, grid.width, grid.height);
    current = { key, grid, kernel: gaussianKernel(grid.sigma), ping: target(), pong: target() };
    return current;
  };

  return {
    /**
     * @param {Record<string, import('./gl.js').UniformValue>} uniforms  frame and matte
     * @param {number} width   of the frame
     * @param {number} height
     * @param {number} [strength]
     * @returns {WebGLTexture} the blurred background; stays the blur's
     */
    render(uniforms, width, height, strength = 0) {
      const { grid, kernel, ping, pong } = prepare(width, height, strength);
      const cell = [1 / grid.width, 1 / grid.height];
      shrink.use({ ...uniforms, cell, taps: grid.taps, isCanvas: false });
      drawToTarget(gl, ping);
      if (kernel.pairs === 0 && !isQuotient) return ping.texture; // nothing to blur, nor to divide
      const shared = { ...kernel, isCanvas: false };
      gauss.use({ ...shared, source: ping.texture, pixel: [cell[0], 0], isLast: false });
      drawToTarget(gl, pong);
      gauss.use({ ...shared, source: pong.texture, pixel: [0, cell[1]], isLast: isQuotient });
      drawToTarget(gl, ping);
      return ping.texture;
    },
    dispose() {
      release();
      shrink.dispose();
      gauss.dispose();
    },
  };
}
