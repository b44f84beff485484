/**
 * The shape of a matte, as options: stray islands go, the body stays.
 *
 * - `cleanShape`: the classic morphological clean-up. Pixels of alpha · 255 > 240 are eroded by a
 *   cross of 5×5, dilated by one of 25×25 and multiplied into the alpha. The kernels are for masks
 *   of 256 pixels' width and scale with the matte's own. Outside of the matte counts as the best:
 *   as person for the erosion, as nobody for the dilation.
 * - `keepLargest`: of the connected components (8 neighbours) of what is visible, alpha > VISIBLE,
 *   all but the largest become 0; of two of a size the first from the top left stays.
 *
 * The Python reference has the same (`builder/shape.py`).
 *
 * @typedef {import('./mask-filter.js').MaskStage} MaskStage
 */

export const CORE = Math.fround(240 / 255);
const ERODE_REACH = 2; // pixels on each side of the centre, at BASE_WIDTH
const DILATE_REACH = 12;
const BASE_WIDTH = 256;
export const VISIBLE = Math.fround(0.1);

/**
 * @param {number} width  of the matte, pixels
 * @returns {{erode: number, dilate: number}} one arm of each cross, rounded half up
 */
export function shapeReaches(width) {
  const scaled = (/** @type {number} */ reach) => Math.floor((reach * width) / BASE_WIDTH + 0.5);
  return { erode: scaled(ERODE_REACH), dilate: scaled(DILATE_REACH) };
}

/** @type {MaskStage} */
export function cleanShape(alpha, width, height) {
  const { erode, dilate } = shapeReaches(width);
  // Loops, not `from` and `map`: those call a function for each pixel and take ten times as long.
  const core = new Uint8Array(alpha.length);
  for (let i = 0; i < alpha.length; i++) core[i] = alpha[i] > CORE ? 0 : 1;
  const eroded = dilated(core, width, height, erode);
  for (let i = 0; i < core.length; i++) core[i] = 1 - eroded[i];
  const kept = dilated(core, width, height, dilate);
  for (let i = 0; i < alpha.length; i++) alpha[i] *= kept[i];
}

/**
 * By a cross; what lies outside the mask is 0. One pass each way, each carrying how far the last 1
 * is behind.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {number} reach
 */
function dilated(mask, width, height, reach) {
  const result = mask.slice();
  for (let y = 0; y < height; y++) spread(mask, result, y * width, 1, width, reach);
  for (let x = 0; x < width; x++) spread(mask, result, x, width, height, reach);
  return result;
}

/**
 * @param {Uint8Array} mask
 * @param {Uint8Array} result
 * @param {number} start
 * @param {number} stride
 * @param {number} count
 * @param {number} reach
 */
function spread(mask, result, start, stride, count, reach) {
  let behind = reach + 1;
  let ahead = reach + 1;
  for (let i = 0; i < count; i++) {
    const at = start + i * stride;
    behind = mask[at] ? 0 : behind + 1;
    if (behind <= reach) result[at] = 1;
    const back = start + (count - 1 - i) * stride;
    ahead = mask[back] ? 0 : ahead + 1;
    if (ahead <= reach) result[back] = 1;
  }
}

/** @type {MaskStage} */
export function keepLargest(alpha, width, height) {
  const labels = new Int32Array(alpha.length);
  const stack = new Int32Array(alpha.length);
  let count = 0;
  let largest = 0;
  let largestSize = 0;
  for (let i = 0; i < alpha.length; i++) {
    if (labels[i] !== 0 || !(alpha[i] > VISIBLE)) continue;
    const size = fill(alpha, width, height, i, ++count, labels, stack);
    if (size <= largestSize) continue;
    largest = count;
    largestSize = size;
  }
  if (count < 2) return;
  for (let i = 0; i < alpha.length; i++) {
    if (labels[i] !== 0 && labels[i] !== largest) alpha[i] = 0;
  }
}

/**
 * @param {Float32Array} alpha
 * @param {number} width
 * @param {number} height
 * @param {number} first
 * @param {number} label
 * @param {Int32Array} labels
 * @param {Int32Array} stack  room for every pixel
 * @returns {number} pixels of the component
 */
function fill(alpha, width, height, first, label, labels, stack) {
  let size = 1;
  let top = 0;
  labels[first] = label;
  stack[top++] = first;
  while (top > 0) {
    const at = stack[--top];
    const x = at % width;
    const y = (at - x) / width;
    const right = Math.min(width - 1, x + 1);
    const bottom = Math.min(height - 1, y + 1);
    for (let row = Math.max(0, y - 1); row <= bottom; row++) {
      for (let column = Math.max(0, x - 1); column <= right; column++) {
        const next = row * width + column;
        if (labels[next] !== 0 || !(alpha[next] > VISIBLE)) continue;
        labels[next] = label;
        stack[top++] = next;
        size++;
      }
    }
  }
  return size;
}
