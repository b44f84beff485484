/** The last composited frame as plain arrays, made only when somebody asks. */

import { MatteError } from '../shared/errors.js';
import { uprightSize } from './orientation.js';
import { UprightPixels } from './upright-pixels.js';

/**
 * @param {{frame: VideoFrame, matte: import('./mask-filter.js').Matte} | null} shown  stays the loop's
 * @returns {Promise<import('../shared/messages.js').Capture>}
 */
export async function captureFrame(shown) {
  if (!shown) throw new MatteError('unknown', 'no frame has been composited yet');
  // All of it before anything is awaited: the loop goes on with the next frame meanwhile.
  const { seen } = shown.matte;
  const numbers = shown.matte.onGpu?.read() ?? copied(shown.matte);
  const frame = shown.frame.clone();
  try {
    const { width, height } = uprightSize(frame);
    const { alpha, modelAlpha } = await numbers;
    return {
      width,
      height,
      rgba: await readRgba(frame, width, height),
      alpha,
      alphaWidth: shown.matte.width,
      alphaHeight: shown.matte.height,
      alphaRect: seen?.matteRect ?? { x: 0, y: 0, width, height },
      modelAlpha,
      modelRect: seen?.rect ?? { x: 0, y: 0, width, height },
      timestamp: frame.timestamp,
    };
  } finally {
    frame.close();
  }
}

/** @param {import('./mask-filter.js').Matte} matte */
function copied({ alpha, seen }) {
  const copy = alpha.slice();
  return { alpha: copy, modelAlpha: seen?.alpha.slice() ?? copy };
}

/**
 * @param {VideoFrame} frame
 * @param {number} width
 * @param {number} height
 */
async function readRgba(frame, width, height) {
  const words = new Int32Array(width * height);
  if (await new UprightPixels().read(frame, words)) return new Uint8ClampedArray(words.buffer);
  const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false });
  if (!context) throw new MatteError('unknown', 'no 2D context to read the frame with');
  context.drawImage(frame, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
