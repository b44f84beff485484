/** One still picture. */

import { MatteError } from '../../shared/errors.js';

/** Longer side, pixels: larger than this a texture may be refused, and a screen shows no more. */
const MAX_SIDE = 4096;

/**
 * @param {ImageBitmap | Blob} picture  a bitmap stays the caller's: a copy is sent
 * @returns {Promise<import('../sources.js').Feed>}
 * @throws {MatteError} 'file-unreadable'
 */
export async function openPicture(picture) {
  const bitmap = await decode(picture);
  return {
    hand: () => ({ input: { kind: 'picture', bitmap }, transfer: [bitmap] }),
    start() {},
    taken() {},
    stop() {
      bitmap.close(); // does nothing to one that was transferred
    },
  };
}

/** @param {ImageBitmap | Blob} picture */
async function decode(picture) {
  try {
    const bitmap = await createImageBitmap(picture);
    const scale = MAX_SIDE / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) return bitmap;
    try {
      return await createImageBitmap(bitmap, {
        resizeWidth: Math.max(1, Math.round(bitmap.width * scale)),
        resizeHeight: Math.max(1, Math.round(bitmap.height * scale)),
        resizeQuality: 'high',
      });
    } finally {
      bitmap.close();
    }
  } catch (error) {
    throw MatteError.from(error, 'file-unreadable', 'this browser cannot read this picture');
  }
}
