/**
 * Pictures and videos as the page opens them, each with its release.
 *
 * @typedef {object} Clip
 * @property {'video'} kind
 * @property {HTMLVideoElement} input   ready to play, muted, looping
 * @property {() => void} release
 * @typedef {object} Picture
 * @property {'picture'} kind
 * @property {ImageBitmap} input
 * @property {() => void} release
 */

import { MatteError } from '../shared/errors.js';

/**
 * What a file is likely to be, in the order in which to try.
 * @param {string} type  its MIME type; often empty
 * @returns {readonly ('picture' | 'video')[]}
 */
export function likelyKinds(type) {
  if (type.startsWith('video/')) return ['video'];
  if (type.startsWith('image/')) return ['picture'];
  return ['picture', 'video'];
}

/**
 * @param {Blob} file
 * @param {HTMLElement} home  where a video element lives while it plays
 * @returns {Promise<Clip | Picture>}
 * @throws {MatteError} 'file-unreadable'
 */
export async function openFile(file, home) {
  /** @type {unknown} */
  let failure = null;
  for (const kind of likelyKinds(file.type)) {
    try {
      return await (kind === 'picture' ? openPicture(file) : openVideoFile(file, home));
    } catch (error) {
      failure = error;
    }
  }
  throw MatteError.from(failure, 'file-unreadable', 'neither a picture nor a video');
}

/**
 * @param {Blob} file
 * @returns {Promise<Picture>}
 */
async function openPicture(file) {
  const input = await createImageBitmap(file);
  return { kind: 'picture', input, release: () => input.close() };
}

/**
 * @param {Blob} file
 * @param {HTMLElement} home
 * @returns {Promise<Clip>}
 */
async function openVideoFile(file, home) {
  const url = URL.createObjectURL(file);
  try {
    const clip = await openClip(url, home);
    return {
      ...clip,
      release: () => {
        clip.release();
        URL.revokeObjectURL(url);
      },
    };
  } catch (error) {
    URL.revokeObjectURL(url);
    throw error;
  }
}

/**
 * @param {string} url
 * @param {ParentNode} home
 * @returns {Promise<Clip>} with its first frame decoded
 * @throws {MatteError} 'file-unreadable'
 */
export async function openClip(url, home) {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, loop: true, playsInline: true, preload: 'auto' });
  video.tabIndex = -1;
  const release = () => {
    video.pause();
    video.removeAttribute('src');
    video.load(); // lets go of the decoder at once
    video.remove();
  };
  home.append(video);
  try {
    await firstFrame(video, url);
    return { kind: 'video', input: video, release };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {string} url
 * @returns {Promise<void>}
 */
function firstFrame(video, url) {
  return new Promise((resolve, reject) => {
    const fail = () => {
      reject(new MatteError('file-unreadable', 'no video', video.error?.message ?? ''));
    };
    video.addEventListener('loadeddata', () => (video.videoWidth > 0 ? resolve() : fail()), {
      once: true,
    });
    video.addEventListener('error', fail, { once: true });
    video.src = url;
  });
}
