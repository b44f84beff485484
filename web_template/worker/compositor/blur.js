/**
 * The blurred background, on a small grid; see shaders/blur.frag.js for the algorithm.
 *
 * The strength means what it means in the Python reference (builder/effects.py): a Gaussian of
 * sigma = strength · 0.025 · longer side. The grid is made coarser as sigma grows, so that sigma
 * stays between 2 and 4 grid pixels and the kernel short, and a strong blur costs what a weak one
 * costs.
 *
 * @typedef {object} BlurGrid
 * @property {number} width   pixels
 * @property {number} height
 * @property {number} sigma   grid pixels
 *
 * @typedef {object} Kernel  taps that lie between two pixels and so read both
 * @property {number} pairs
 * @property {number} centre
 * @property {Float32Array} offsets  pixels
 * @property {Float32Array} weights
 */

import { GAUSS, MAX_PAIRS, SHRINK } from '../shaders/blur.frag.js';
import { createProgram, createTarget, drawToTarget } from './gl.js';

const SIGMA_AT_FULL_STRENGTH = 0.025; // of the longer side
const FINEST_GRID = 320; // pixels of the longer side
const COARSEST_GRID = 80;
const SIGMA_WANTED = 2; // grid pixels: below this a coarser grid would show

/**
 * @param {number} width   of the frame
 * @param {number} height
 * @param {number} strength  0..1
 * @returns {BlurGrid}
 */
export function blurGrid(width, height, strength) {
  const longer = Math.max(width, height);
  let side = Math.min(FINEST_GRID, longer);
  const sigmaAt = (/** @type {number} */ gridSide) => strength * SIGMA_AT_FULL_STRENGTH * gridSide;
  while (sigmaAt(side / 2) >= SIGMA_WANTED && side / 2 >= COARSEST_GRID) side /= 2;
  return {
    width: Math.max(1, Math.round((width * side) / longer)),
    height: Math.max(1, Math.round((height * side) / longer)),
    sigma: sigmaAt(side),
  };
}

/**
 * A Gaussian cut off at 3 sigma, two taps merged into one read (Daniel Rákos, "Efficient Gaussian
 * blur with linear sampling", 2010).
 * @param {number} sigma  pixels; 0 gives the identity
 * @returns {Kernel}
 */
export function gaussianKernel(sigma) {
  const radius = Math.min(2 * MAX_PAIRS, Math.ceil(3 * sigma));
  const tap = (/** @type {number} */ x) => Math.exp((-0.5 * x * x) / (sigma * sigma));
  const offsets = new Float32Array(MAX_PAIRS);
  const weights = new Float32Array(MAX_PAIRS);
  let pairs = 0;
  let sum = 1;
  for (let x = 1; x <= radius; x += 2) {
    const near = tap(x);
    const far = x + 1 <= radius ? tap(x + 1) : 0;
    weights[pairs] = near + far;
    offsets[pairs] = x + far / (near + far);
    sum += 2 * (near + far);
    pairs++;
  }
  for (let i = 0; i < pairs; i++) weights[i] /= sum;
  return { pairs, centre: 1 / sum, offsets, weights };
}

/**
 * @param {import('./gl.js').GL} gl
 */
export function createBlur(gl) {
  const shrink = createProgram(gl, SHRINK);
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
    const grid = blurGrid(width, height, strength);
    const target = () => createTarget(gl, gl.RGBA8, grid.width, grid.height);
    current = { key, grid, kernel: gaussianKernel(grid.sigma), ping: target(), pong: target() };
    return current;
  };

  return {
    /**
     * @param {Record<string, import('./gl.js').UniformValue>} uniforms  frame and matte
     * @param {number} width   of the frame
     * @param {number} height
     * @param {number} strength
     * @returns {WebGLTexture} the blurred background; stays the blur's
     */
    render(uniforms, width, height, strength) {
      const { grid, kernel, ping, pong } = prepare(width, height, strength);
      const cell = [1 / grid.width, 1 / grid.height];
      // One read in each 4 × 4 pixels, which gives the mean of 2 × 2 of them: the Gaussian then
      // averages some fifty cells, and denser reads change nothing that shows.
      const taps = Math.max(1, Math.round(width / grid.width / 8));
      shrink.use({ ...uniforms, cell, taps, isCanvas: false });
      drawToTarget(gl, ping);
      const shared = { ...kernel, isCanvas: false };
      gauss.use({ ...shared, source: ping.texture, pixel: [cell[0], 0], isLast: false });
      drawToTarget(gl, pong);
      gauss.use({ ...shared, source: pong.texture, pixel: [0, cell[1]], isLast: true });
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
