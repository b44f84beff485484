/**
 * An alpha that covers one rectangle of the frame, read at the pixels of one that covers another.
 *
 * Bilinear between pixel centres, edges clamped; 0 outside of what was seen, where nobody was. The
 * same definition as the Python reference's `view` (`builder/roi.py`).
 *
 * @typedef {import('./region-of-interest.js').Rect} Rect
 *
 * @typedef {object} AxisWeights  output i = source[low[i]] · here[i] + source[low[i] + 1] · next[i]
 * @property {Int32Array} low
 * @property {Float64Array} here  both 0 outside
 * @property {Float64Array} next
 */

/**
 * @param {Rect | null} a
 * @param {Rect | null} b
 */
export function isSameRect(a, b) {
  return a?.x === b?.x && a?.y === b?.y && a?.width === b?.width && a?.height === b?.height;
}

/**
 * @param {Float32Array} alpha  [height, width], covers `seen`
 * @param {number} width
 * @param {number} height
 * @param {Rect} seen
 * @param {Rect} wanted
 * @param {Float32Array} out    [height, width], covers `wanted`; not `alpha` itself
 */
export function viewAlpha(alpha, width, height, seen, wanted, out) {
  if (isSameRect(seen, wanted)) {
    out.set(alpha);
    return;
  }
  const rows = axisWeights(height, seen.y, seen.height, wanted.y, wanted.height);
  const columns = axisWeights(width, seen.x, seen.width, wanted.x, wanted.width);
  const line = new Float64Array(width + 1); // what lies beyond has weight 0
  for (let y = 0; y < height; y++) {
    const top = rows.low[y] * width;
    const bottom = Math.min(rows.low[y] + 1, height - 1) * width;
    const here = rows.here[y];
    const next = rows.next[y];
    for (let x = 0; x < width; x++) line[x] = alpha[top + x] * here + alpha[bottom + x] * next;
    for (let x = 0; x < width; x++) {
      const low = columns.low[x];
      out[y * width + x] = line[low] * columns.here[x] + line[low + 1] * columns.next[x];
    }
  }
}

/**
 * @param {number} count  of the alpha's pixels, on both sides
 * @param {number} seen   where it begins, pixels of the frame
 * @param {number} seenLength
 * @param {number} wanted
 * @param {number} wantedLength
 * @returns {AxisWeights}
 */
function axisWeights(count, seen, seenLength, wanted, wantedLength) {
  const low = new Int32Array(count);
  const here = new Float64Array(count);
  const next = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const place = wanted + ((i + 0.5) * wantedLength) / count;
    if (place < seen || place > seen + seenLength) continue;
    const exact = ((place - seen) * count) / seenLength - 0.5;
    const at = Math.min(Math.max(exact, 0), count - 1);
    low[i] = Math.min(Math.floor(at), Math.max(0, count - 2));
    next[i] = at - low[i];
    here[i] = 1 - next[i];
  }
  return { low, here, next };
}
