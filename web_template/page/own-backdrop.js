/**
 * The visitor's own background, a picture or a video; it is kept for the next visit.
 *
 * @typedef {Awaited<ReturnType<typeof openVideoBackdrop>>} VideoBackdrop
 * @typedef {object} OwnBackdrop
 * @property {ImageBitmap} picture          what it shows, or what the video shows now
 * @property {string} url                   a still for the page's own elements
 * @property {VideoBackdrop | null} video
 */

import { readPicture, still } from './backdrops.js';
import { keepFile, keptFile } from './kept-files.js';
import { openVideoBackdrop } from './video-backdrop.js';

const NAME = 'backdrop';

/**
 * @param {File} file
 * @param {HTMLElement} home  where a video element lives
 * @param {(picture: ImageBitmap) => void} onPicture  takes a video's next one over
 * @returns {Promise<OwnBackdrop>}
 * @throws {import('../shared/errors.js').MatteError} 'file-unreadable'
 */
export async function openOwnBackdrop(file, home, onPicture) {
  if (!file.type.startsWith('video/')) {
    return { picture: await readPicture(file), url: URL.createObjectURL(file), video: null };
  }
  const video = await openVideoBackdrop(file, home, onPicture);
  const picture = await video.first();
  return { picture, url: URL.createObjectURL(await still(picture)), video };
}

/** @param {OwnBackdrop | null} own */
export function endOwnBackdrop(own) {
  own?.picture.close();
  own?.video?.end();
  if (own) URL.revokeObjectURL(own.url);
}

/**
 * @param {File} file
 * @throws {DOMException} storage is full, or forbidden
 */
export function keepOwnBackdrop(file) {
  return keepFile(NAME, file);
}

/** The one of an earlier visit. */
export function keptOwnBackdrop() {
  return keptFile(NAME);
}
