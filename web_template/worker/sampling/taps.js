/**
 * The one definition of how a picture changes its size, the same as the Python reference's
 * (`builder/resample.py`). Each axis on its own, with scale = sizeIn / sizeOut:
 *
 * - scale > 2: exact area average. Output i is the mean over [i·scale, (i+1)·scale) of the input,
 *   with fractional weights at both ends.
 * - otherwise: bilinear with half-pixel centres, edges clamped.
 *
 * Weights are kept as integers over a common total: both definitions only ever need fractions of
 * sizeOut / gcd (area) or twice that (bilinear), so nothing is rounded.
 *
 * @typedef {object} Taps  one axis; output i = Σ source[first[i] + k] · weights[i·stride + k] / total
 * @property {Int32Array} first    index of the first source element of each output
 * @property {Int32Array} count    how many source elements in a row it takes
 * @property {Float64Array} weights  integers, `stride` places for each output, 0 where unused
 * @property {number} stride       at least 2
 * @property {number} total        the sum of each output's weights
 */

const AREA_ABOVE = 2;

/**
 * @param {number} sizeIn   pixels, at least 1
 * @param {number} sizeOut  pixels, at least 1
 * @param {number} [origin]  index of the axis' first pixel within the source
 * @returns {Taps}
 */
export function axisTaps(sizeIn, sizeOut, origin = 0) {
  const taps =
    sizeIn > AREA_ABOVE * sizeOut ? areaTaps(sizeIn, sizeOut) : linearTaps(sizeIn, sizeOut);
  for (let i = 0; i < sizeOut; i++) taps.first[i] += origin;
  return taps;
}

/**
 * The same taps on a plane that holds one sample for each 2^shift pixels: what they would give on
 * the plane enlarged by repetition. This is how decoders turn 4:2:0 into RGB where they do not
 * interpolate, so the planes of a frame and its RGB version are sampled alike.
 * @param {Taps} taps
 * @param {number} shift
 * @returns {Taps}
 */
export function foldTaps(taps, shift) {
  if (shift === 0) return taps;
  const outputs = taps.first.length;
  const folded = emptyTaps(outputs, taps.stride, taps.total);
  for (let i = 0; i < outputs; i++) {
    for (let k = 0; k < taps.count[i]; k++) {
      addTap(folded, i, (taps.first[i] + k) >> shift, taps.weights[i * taps.stride + k]);
    }
  }
  return folded;
}

/**
 * @param {number} sizeIn
 * @param {number} sizeOut
 */
function areaTaps(sizeIn, sizeOut) {
  const divisor = greatestCommonDivisor(sizeIn, sizeOut);
  const interval = sizeIn / divisor; // of one output, in units of 1/unit of a source pixel
  const unit = sizeOut / divisor;
  const taps = emptyTaps(sizeOut, Math.ceil(sizeIn / sizeOut) + 1, interval);
  for (let i = 0; i < sizeOut; i++) {
    const end = (i + 1) * interval;
    for (let at = i * interval; at < end; ) {
      const index = Math.floor(at / unit);
      const next = Math.min(end, (index + 1) * unit);
      addTap(taps, i, index, next - at);
      at = next;
    }
  }
  return taps;
}

/**
 * @param {number} sizeIn
 * @param {number} sizeOut
 */
function linearTaps(sizeIn, sizeOut) {
  const divisor = greatestCommonDivisor(sizeIn, sizeOut);
  const step = sizeIn / divisor;
  const unit = sizeOut / divisor;
  const total = 2 * unit; // the centre is ((2i + 1)·step − unit) / 2·unit
  const taps = emptyTaps(sizeOut, 2, total);
  for (let i = 0; i < sizeOut; i++) {
    const centre = (2 * i + 1) * step - unit;
    const low = Math.floor(centre / total);
    const fraction = centre - low * total;
    addTap(taps, i, clamp(low, sizeIn), total - fraction);
    addTap(taps, i, clamp(low + 1, sizeIn), fraction);
  }
  return taps;
}

/**
 * @param {number} outputs
 * @param {number} stride
 * @param {number} total
 * @returns {Taps}
 */
function emptyTaps(outputs, stride, total) {
  return {
    first: new Int32Array(outputs),
    count: new Int32Array(outputs),
    weights: new Float64Array(outputs * stride),
    stride,
    total,
  };
}

/**
 * Indices come in ascending order, without gaps.
 * @param {Taps} taps
 * @param {number} output
 * @param {number} index
 * @param {number} weight
 */
function addTap(taps, output, index, weight) {
  if (weight === 0) return;
  if (taps.count[output] === 0) taps.first[output] = index;
  const place = index - taps.first[output];
  taps.count[output] = place + 1;
  taps.weights[output * taps.stride + place] += weight;
}

/**
 * @param {number} index
 * @param {number} size
 */
function clamp(index, size) {
  return Math.max(0, Math.min(size - 1, index));
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
