/** Pictures to put behind a person, as the bitmaps that the engine takes. */

import { MatteError } from '../shared/errors.js';

/** More pixels than a camera has would be thrown away. */
const MAX_WIDTH = 1280;
const MAX_HEIGHT = 720;
/** Of a picture that is very wide or very high. */
const MAX_SIDE = 2560;

/**
 * @param {number} width
 * @param {number} height
 * @returns {{width: number, height: number}} in the same shape, covering no more than is needed
 */
export function backdropSize(width, height) {
  const cover = Math.max(MAX_WIDTH / width, MAX_HEIGHT / height);
  const scale = Math.min(1, cover, MAX_SIDE / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/**
 * @param {HTMLImageElement} image  of the picker's tile: it is loaded already
 * @param {boolean} flipped         for a mirrored view, so that writing stays readable
 * @returns {Promise<ImageBitmap>} of the size that the drawing gives itself: soft ones are small
 */
export async function builtInBackdrop(image, flipped) {
  await image.decode();
  return paint(image, backdropSize(image.naturalWidth, image.naturalHeight), flipped);
}

/**
 * @param {ImageBitmap} picture  the visitor's own
 * @param {boolean} flipped
 * @returns {ImageBitmap}
 */
export function ownBackdrop(picture, flipped) {
  return paint(picture, backdropSize(picture.width, picture.height), flipped);
}

/**
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 * @throws {MatteError} 'file-unreadable'
 */
export async function readPicture(file) {
  try {
    return await createImageBitmap(file);
  } catch (error) {
    throw MatteError.from(error, 'file-unreadable', 'the background is no picture');
  }
}

/**
 * @param {ImageBitmap} picture
 * @returns {Promise<Blob>} it as a file, for the page's own picture elements
 */
export function still(picture) {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg' });
}

/**
 * @param {CanvasImageSource} source
 * @param {{width: number, height: number}} size
 * @param {boolean} flipped
 */
function paint(source, { width, height }, flipped) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new MatteError('unknown', 'no 2D canvas');
  if (flipped) {
    context.translate(width, 0);
    context.scale(-1, 1);
  }
  context.drawImage(source, 0, 0, width, height);
  return canvas.transferToImageBitmap();
}
