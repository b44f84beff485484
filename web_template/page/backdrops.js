/** Pictures to put behind a person, as the bitmaps that the engine takes. */

import { MatteError } from '../shared/errors.js';

/** A background is soft or small detail; more pixels than the camera's would be thrown away. */
const WIDTH = 1280;
const HEIGHT = 720;

/**
 * @param {HTMLImageElement} image  of the picker's tile: it is loaded already
 * @param {boolean} flipped         for a mirrored view, so that writing stays readable
 * @returns {Promise<ImageBitmap>}
 */
export async function builtInBackdrop(image, flipped) {
  await image.decode();
  return paint(image, WIDTH, HEIGHT, flipped);
}

/**
 * @param {ImageBitmap} picture  the visitor's own
 * @param {boolean} flipped
 * @returns {ImageBitmap} no larger than needed, in the picture's own shape
 */
export function ownBackdrop(picture, flipped) {
  const scale = Math.min(1, Math.max(WIDTH / picture.width, HEIGHT / picture.height));
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  return paint(picture, width, height, flipped);
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
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 * @param {boolean} flipped
 */
function paint(source, width, height, flipped) {
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
