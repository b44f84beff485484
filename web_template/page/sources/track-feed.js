/**
 * A camera, or any other live track. By the best way that there is:
 *
 * 1. Chromium: MediaStreamTrackProcessor on the page; its stream of frames is transferred, so
 *    frames go to the worker without passing through the page's thread, hidden tab or not.
 * 2. Safari 18: MediaStreamTrackProcessor exists in workers only; a clone of the track is transferred.
 * 3. Firefox: neither; a hidden video element plays the track.
 *
 * @typedef {import('../../shared/capabilities.js').Capabilities} Capabilities
 * @typedef {import('../sources.js').Feed} Feed
 * @typedef {import('../sources.js').FeedListeners} FeedListeners
 */

import { MatteError } from '../../shared/errors.js';
import { openVideoElement } from './video-feed.js';

/**
 * @param {MediaStreamTrack} track  stays the caller's
 * @param {FeedListeners} listeners
 * @param {{page: Capabilities, worker: Capabilities}} caps
 * @returns {Promise<Feed>}
 */
export async function openTrack(track, listeners, caps) {
  if (track.kind !== 'video') {
    throw new MatteError('camera-missing', `the track carries ${track.kind}, not video`);
  }
  if (track.readyState === 'ended') {
    throw new MatteError('camera-lost', 'the track has already ended: open the camera again');
  }
  const feed = await openByBestWay(track, listeners, caps);
  return withLossWatch(track, feed, listeners);
}

/**
 * @param {MediaStreamTrack} track
 * @param {FeedListeners} listeners
 * @param {{page: Capabilities, worker: Capabilities}} caps
 * @returns {Promise<Feed>}
 */
async function openByBestWay(track, listeners, caps) {
  if (caps.page.trackProcessor) {
    const videoTrack = /** @type {MediaStreamVideoTrack} */ (track);
    return { hand: () => handFrames(videoTrack), ...passive() };
  }
  if (caps.worker.trackProcessor) {
    const clone = track.clone();
    const transfer = [/** @type {Transferable} */ (/** @type {unknown} */ (clone))];
    return { hand: () => ({ input: { kind: 'track', track: clone }, transfer }), ...passive() };
  }
  return openHiddenVideo(track, listeners);
}

/**
 * The stream begins when it is asked for, and a frame that comes before it is transferred is lost
 * in Chromium for good: it still counts as one of the two that a page may hold of a camera, and
 * the one that is shown is the other. So nothing may lie between the two.
 * @param {MediaStreamVideoTrack} track
 * @returns {import('../sources.js').Handed}
 */
function handFrames(track) {
  // One frame of buffer: a newer frame replaces one that nobody took.
  const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 });
  return { input: { kind: 'readable', readable }, transfer: [readable] };
}

/** What a feed does on the page when the worker reads the frames itself: nothing. */
function passive() {
  return { start() {}, taken() {}, stop() {} };
}

/**
 * @param {MediaStreamTrack} track
 * @param {FeedListeners} listeners
 * @returns {Promise<Feed>}
 */
async function openHiddenVideo(track, listeners) {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  const feed = await openVideoElement(video, listeners, 'stream');
  return {
    ...feed,
    start() {
      feed.start();
      video.play().catch((error) => {
        listeners.onError(MatteError.from(error, 'unknown', 'the camera could not be played'));
      });
    },
    stop() {
      feed.stop();
      video.srcObject = null;
    },
  };
}

/**
 * `ended` comes to a track only when its device goes away, not when the page stops it.
 * @param {MediaStreamTrack} track
 * @param {Feed} feed
 * @param {FeedListeners} listeners
 * @returns {Feed}
 */
function withLossWatch(track, feed, listeners) {
  const watch = new AbortController();
  const lost = () => {
    listeners.onError(new MatteError('camera-lost', 'the camera was taken away'));
  };
  track.addEventListener('ended', lost, { signal: watch.signal });
  return {
    ...feed,
    stop() {
      watch.abort();
      feed.stop();
    },
  };
}
