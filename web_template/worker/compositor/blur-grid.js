/**
 * How a background blur is worked out: on which grid, with which weights.
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
 */

const SIGMA_AT_FULL_STRENGTH = 0.025; // of the longer side
/** Of the blur that a background's light wraps by: a sigma of 1.25 % of the longer side. */
export const LIGHT_STRENGTH = 0.5;
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
 * @param {number} sigma  pixels; 0 gives the identity
 * @returns {Float64Array} the centre's weight and those of one side, cut off at 3 sigma; the whole
 *   kernel sums to 1
 */
export function gaussianTaps(sigma) {
  const taps = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, x) =>
    x === 0 ? 1 : Math.exp((-0.5 * x * x) / (sigma * sigma)),
  );
  const sum = 2 * taps.reduce((a, b) => a + b) - 1;
  return taps.map((tap) => tap / sum);
}
