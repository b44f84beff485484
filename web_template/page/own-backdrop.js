/**
 * A background of the visitor's own that is in use, a picture or a video.
 *
 * @typedef {Awaited<ReturnType<typeof openVideoBackdrop>>} VideoBackdrop
 * @typedef {object} OwnBackdrop
 * @property {ImageBitmap} picture          what it shows, or what the video shows now
 * @property {VideoBackdrop | null} video
 */

import { readPicture, still } from './backdrops.js';
import { byId } from './dom.js';
import { openVideoBackdrop } from './video-backdrop.js';

/**
 * @param {File} file
 * @param {(picture: ImageBitmap) => void} onPicture  takes a video's next one over
 * @returns {Promise<OwnBackdrop>}
 * @throws {import('../shared/errors.js').MatteError} 'file-unreadable'
 */
export async function openOwnBackdrop(file, onPicture) {
  if (!isVideo(file)) return { picture: await readPicture(file), video: null };
  const video = await openVideoBackdrop(file, byId('clips', HTMLElement), onPicture);
  return { picture: await video.first(), video };
}

/** @param {OwnBackdrop | null} own */
export function endOwnBackdrop(own) {
  own?.picture.close();
  own?.video?.end();
}

/**
 * @param {File} file
 * @param {OwnBackdrop} own  of this file
 * @returns {Promise<Blob>} a still for the page's own elements
 */
export async function stillOf(file, own) {
  return isVideo(file) ? await still(own.picture) : file;
}

/** @param {File} file */
export function isVideo({ type }) {
  return type.startsWith('video/');
}
