/**
 * How the bytes of a VideoFrame's pixel formats lie, and the layout in which copyTo is asked to
 * write them: one plane after the other, rows and planes on multiples of four bytes.
 *
 * @typedef {import('./reduce.js').Plane} Plane
 *
 * @typedef {object} PixelFormat
 * @property {'yuv' | 'rgb'} model
 * @property {PlaneFormat[]} planes  in copyTo's order
 * @typedef {object} PlaneFormat
 * @property {1 | 2 | 4} pixelBytes
 * @property {number} shiftX    log2 of the pixels that share a sample
 * @property {number} shiftY
 * @property {readonly number[]} channels  which bytes of a sample are wanted, in the order y, u, v or r, g, b
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect  pixels of the coded frame
 *
 * @typedef {object} FrameLayout
 * @property {Rect} rect          what to copy: the visible pixels and what must come with them
 * @property {Plane[]} planes
 * @property {number} byteLength  of the whole copy
 */

/** @type {(shiftX: number, shiftY: number, pixelBytes?: 1 | 2 | 4, channels?: readonly number[]) => PlaneFormat} */
const plane = (shiftX, shiftY, pixelBytes = 1, channels = [0]) => ({
  pixelBytes,
  shiftX,
  shiftY,
  channels,
});
const ALPHA = plane(0, 0, 1, []);

/** @type {Readonly<Record<string, PixelFormat>>} */
export const PIXEL_FORMATS = Object.freeze({
  I420: { model: 'yuv', planes: [plane(0, 0), plane(1, 1), plane(1, 1)] },
  I420A: { model: 'yuv', planes: [plane(0, 0), plane(1, 1), plane(1, 1), ALPHA] },
  I422: { model: 'yuv', planes: [plane(0, 0), plane(1, 0), plane(1, 0)] },
  I444: { model: 'yuv', planes: [plane(0, 0), plane(0, 0), plane(0, 0)] },
  NV12: { model: 'yuv', planes: [plane(0, 0), plane(1, 1, 2, [0, 1])] },
  RGBA: { model: 'rgb', planes: [plane(0, 0, 4, [0, 1, 2])] },
  RGBX: { model: 'rgb', planes: [plane(0, 0, 4, [0, 1, 2])] },
  BGRA: { model: 'rgb', planes: [plane(0, 0, 4, [2, 1, 0])] },
  BGRX: { model: 'rgb', planes: [plane(0, 0, 4, [2, 1, 0])] },
});

/**
 * A copy must begin on whole chroma samples: an odd visible corner is moved out by one pixel. That
 * goes for the frame's own samples, also when they are copied as another format: Chromium 156 does
 * begin there, whatever it was asked for.
 * @param {PixelFormat} format
 * @param {Rect} visible
 * @param {boolean} [isConverted]  from a format that may have chroma samples
 * @returns {FrameLayout}
 */
export function frameLayout(format, visible, isConverted = false) {
  const least = isConverted ? 1 : 0;
  const shiftX = Math.max(least, ...format.planes.map((each) => each.shiftX));
  const shiftY = Math.max(least, ...format.planes.map((each) => each.shiftY));
  const x = (visible.x >> shiftX) << shiftX;
  const y = (visible.y >> shiftY) << shiftY;
  const width = visible.x + visible.width - x;
  const height = visible.y + visible.height - y;
  let offset = 0;
  const planes = format.planes.map((each) => {
    const samples = -(-width >> each.shiftX); // rounded up
    const stride = (samples * each.pixelBytes + 3) & ~3;
    const here = { offset, stride, width: samples, pixelBytes: each.pixelBytes };
    offset += stride * -(-height >> each.shiftY);
    return here;
  });
  return { rect: { x, y, width, height }, planes, byteLength: offset };
}
