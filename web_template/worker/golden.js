/**
 * The golden frame: a picture of the build whose alpha is known, by the Python reference. What runs
 * a model has to answer it before it is trusted with anything else: there are backends that compute
 * something else without an error.
 *
 * @typedef {import('../shared/manifest.js').ModelSpec} ModelSpec
 *
 * @typedef {object} GoldenFrame
 * @property {Uint8Array} picture  [3, height, width] RGB 0..255
 * @property {Uint8Array} alpha    [height, width] 0..255
 */

import { MatteError } from '../shared/errors.js';
import { fetchFile } from './model-fetch.js';

/**
 * The most that the mean of |Δalpha| may be. Backends that compute in half precision stay below a
 * tenth of it; nobody where a person is, or an alpha that is upside down, is far above.
 */
export const GOLDEN_TOLERANCE = 0.01;

/** They are small, and a model that starts again needs its own again. @type {Map<string, GoldenFrame>} */
const fetched = new Map();

/**
 * @param {ModelSpec} model
 * @returns {Promise<GoldenFrame | null>} null where the build has none
 * @throws {MatteError} 'model-unavailable'
 */
export async function fetchGolden({ name, golden, width, height }) {
  if (!golden) return null;
  const known = fetched.get(golden.url);
  if (known) return known;
  try {
    const size = width * height;
    const bytes = await fetchFile({ ...golden, bytes: 4 * size });
    const frame = { picture: bytes.subarray(0, 3 * size), alpha: bytes.subarray(3 * size) };
    fetched.set(golden.url, frame);
    return frame;
  } catch (error) {
    const message = `the golden frame of the model ${name} cannot be loaded`;
    throw MatteError.from(error, 'model-unavailable', message);
  }
}

/**
 * @param {GoldenFrame} golden
 * @param {Float32Array} input  [3, height, width] RGB 0..1, filled
 */
export function fillWithGolden({ picture }, input) {
  for (let i = 0; i < input.length; i++) input[i] = picture[i] / 255;
}

/**
 * @param {GoldenFrame} golden
 * @param {Float32Array} alpha  what was answered, [height, width] 0..1
 * @throws {MatteError} 'golden-failed' when it is another one, or no number
 */
export function checkGolden({ alpha: expected }, alpha) {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) sum += Math.abs(alpha[i] - expected[i] / 255);
  const mean = sum / expected.length;
  if (mean <= GOLDEN_TOLERANCE) return; // not so for NaN
  throw new MatteError(
    'golden-failed',
    'the model answers wrongly on this device: update the browser, or choose another backend',
    `mean |Δalpha| ${mean.toFixed(4)} on the golden frame, at most ${GOLDEN_TOLERANCE}`,
  );
}
