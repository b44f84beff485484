/**
 * How a frame lies in memory, and how it is shown: phones turn pictures with a number instead of
 * moving their pixels. `displayWidth` and `displayHeight` are of the upright picture, `visibleRect`
 * and the planes are not. What draws a frame (drawImage, texImage2D, importExternalTexture) turns
 * it; copyTo does not (Chromium 138 and later; before, and elsewhere, frames are never turned).
 *
 * Everything in the worker speaks of the upright picture: sizes, regions, mattes, captures.
 *
 * @typedef {import('./sampling/frame-planes.js').Rect} Rect
 * @typedef {{width: number, height: number}} Size
 *
 * @typedef {object} Orientation
 * @property {0 | 90 | 180 | 270} rotation  degrees clockwise, from memory to upright
 * @property {boolean} flip                 then mirrored, left to right
 *
 * @typedef {Int32Array | Float32Array} Pixels
 */

/** @type {Readonly<Orientation>} */
export const UPRIGHT = Object.freeze({ rotation: 0, flip: false });

/**
 * @param {VideoFrame} frame
 * @returns {Orientation}
 */
export function orientationOf(frame) {
  const { rotation = 0, flip = false } = /** @type {Partial<Orientation>} */ (frame);
  return { rotation, flip };
}

/** @param {Orientation} orientation */
export function isUpright({ rotation, flip }) {
  return rotation === 0 && !flip;
}

/** @param {Orientation} orientation */
function isOnItsSide({ rotation }) {
  return rotation === 90 || rotation === 270;
}

/**
 * The picture's own pixels, upright; `displayWidth` may count wider ones.
 * @param {VideoFrame} frame
 * @returns {Size}
 */
export function uprightSize(frame) {
  const { visibleRect, displayWidth, displayHeight } = frame;
  if (!visibleRect) return { width: displayWidth, height: displayHeight };
  const { width, height } = visibleRect;
  return turnedSize({ width, height }, orientationOf(frame));
}

/**
 * Of a picture once it has been turned; or once it has been turned back.
 * @param {Size} size
 * @param {Orientation} orientation
 * @returns {Size}
 */
export function turnedSize({ width, height }, orientation) {
  return isOnItsSide(orientation) ? { width: height, height: width } : { width, height };
}

/**
 * Where a rectangle of the upright picture lies in memory.
 * @param {Rect} rect
 * @param {Size} upright  of the whole picture
 * @param {Orientation} orientation
 * @returns {Rect} from the visible pixels' top left corner on
 */
export function storedRect({ x, y, width, height }, upright, { rotation, flip }) {
  const left = flip ? upright.width - x - width : x;
  switch (rotation) {
    case 90:
      return { x: y, y: upright.width - left - width, width: height, height: width };
    case 180:
      return { x: upright.width - left - width, y: upright.height - y - height, width, height };
    case 270:
      return { x: upright.height - y - height, y: left, width: height, height: width };
    default:
      return { x: left, y, width, height };
  }
}

/**
 * Pixels as they lie in memory → upright.
 * @template {Pixels} T
 * @param {T} stored
 * @param {Size} size  of what is stored, pixels
 * @param {Orientation} orientation
 * @param {T} upright  as many pixels; not `stored` itself
 */
export function turnPixels(stored, { width, height }, { rotation, flip }, upright) {
  // The first upright pixel's place in memory, and the way to its right and lower neighbours.
  let [start, right, down] = {
    0: [0, 1, width],
    90: [(height - 1) * width, -width, 1],
    180: [height * width - 1, -1, -width],
    270: [width - 1, width, -1],
  }[rotation];
  const across = rotation % 180 === 0 ? width : height;
  if (flip) {
    start += (across - 1) * right;
    right = -right;
  }
  for (let i = 0, row = start; i < stored.length; row += down) {
    for (let at = row, end = i + across; i < end; i++, at += right) upright[i] = stored[at];
  }
}
