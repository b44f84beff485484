/** The matted picture in a small window over all others, while the visitor works elsewhere. */

/** @typedef {import('./shared-track.js').SharedTrack} SharedTrack */

/** Firefox has a button of its own over videos and no way for a page. */
export const canShowSmall = () => document.pictureInPictureEnabled === true;

/**
 * Shows it, or closes it when it is shown.
 * @param {SharedTrack} shared
 */
export async function toggleSmallWindow(shared) {
  if (document.pictureInPictureElement) {
    await document.exitPictureInPicture();
    return;
  }
  const taken = shared.take();
  if (!taken) return;
  const video = document.createElement('video');
  const end = () => {
    video.srcObject = null;
    taken.release();
  };
  try {
    Object.assign(video, { muted: true, playsInline: true });
    video.srcObject = new MediaStream([taken.track]);
    await video.play();
    await video.requestPictureInPicture();
    video.addEventListener('leavepictureinpicture', end, { once: true });
  } catch (error) {
    end();
    throw error;
  }
}
