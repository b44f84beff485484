/**
 * What a `<live-matte>` is to show, opened.
 *
 * @typedef {import('./sources.js').Source} Source
 * @typedef {{source: Source, release: () => void}} Opened
 */

import { MatteError } from '../shared/errors.js';
import { openCamera } from './camera.js';
import { likelyKinds, openClip } from './media-files.js';

/**
 * @param {{source: Source | null, camera: boolean, src: string}} wish  the first that is there
 * @param {ShadowRoot} home  where a video lives while it plays
 * @returns {Promise<Opened | null>} null where nothing is wished for
 * @throws {MatteError} a camera's codes | 'file-unreadable'
 */
export async function openWish({ source, camera, src }, home) {
  if (source) return { source, release() {} }; // stays the caller's
  if (camera) return openOwnCamera();
  return src ? openUrl(src, home) : null;
}

/** @returns {Promise<Opened>} */
async function openOwnCamera() {
  const source = await openCamera();
  const release = () => {
    for (const track of source.getTracks()) track.stop();
  };
  return { source, release };
}

/**
 * @param {string} src
 * @param {ShadowRoot} home
 * @returns {Promise<Opened>}
 */
async function openUrl(src, home) {
  const url = new URL(src, document.baseURI).href;
  const response = await fetch(url, { method: 'HEAD' }).catch(() => null);
  const [kind] = likelyKinds(response?.headers.get('Content-Type') ?? 'video/');
  return kind === 'picture' ? openPicture(url) : openVideo(url, home);
}

/** @param {string} url @returns {Promise<Opened>} */
async function openPicture(url) {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return { source: await response.blob(), release() {} };
  } catch (error) {
    throw MatteError.from(error, 'file-unreadable', `cannot read ${url}`);
  }
}

/**
 * @param {string} url
 * @param {ShadowRoot} home
 * @returns {Promise<Opened>}
 */
async function openVideo(url, home) {
  const { input, release } = await openClip(url, home);
  input.play().catch(() => {}); // a browser that saves power shows the first frame
  return { source: input, release };
}
