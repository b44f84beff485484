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
 * @property {number} taps    linear reads of the frame along each side of a quarter of a cell
 */

const SIGMA_AT_FULL_STRENGTH = 0.025; // of the longer side
/** Of the blur that a background's light wraps by: a sigma of 1.25 % of the longer side. */
export const LIGHT_STRENGTH = 0.5;
const FINEST_GRID = 320; // pixels of the longer side
const COARSEST_GRID = 80;
const SIGMA_WANTED = 2; // grid pixels: below this a coarser grid would show
/**
 * One read in each 4 × 4 pixels, which gives the mean of 2 × 2 of them: the Gaussian then averages
 * some fifty cells, and denser reads change nothing that shows.
 */
const APART = 4;

/**
 * Pixels of the longer side, of small frames half of theirs; of the colours beside the person's edge
 * (../shaders/spill.glsl.js).
 */
const SPILL_GRID = 128;

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
  return gridOf(width, height, side, sigmaAt(side), APART);
}

/**
 * @param {number} width   of the frame
 * @param {number} height
 * @returns {BlurGrid} on which nothing is blurred: a cell's mean, enlarged, is blurred enough
 */
export function spillGrid(width, height) {
  const side = Math.min(SPILL_GRID, Math.max(width, height) / 2);
  return gridOf(width, height, side, 0, 2);
}

/**
 * @param {number} width   of the frame
 * @param {number} height
 * @param {number} side    of the grid, the longer one
 * @param {number} sigma   grid pixels
 * @param {number} apart   pixels of the frame between two reads
 * @returns {BlurGrid}
 */
function gridOf(width, height, side, sigma, apart) {
  const longer = Math.max(width, height);
  return {
    width: Math.max(1, Math.round((width * side) / longer)),
    height: Math.max(1, Math.round((height * side) / longer)),
    sigma,
    taps: Math.max(1, Math.round(longer / side / 2 / apart)),
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
