/**
 * Frames of a video element, each when the browser presents it, and no others. Frames are made
 * only while the worker keeps up: what it cannot take is skipped, so nothing piles up.
 *
 * @typedef {import('../sources.js').Feed} Feed
 * @typedef {import('../sources.js').FeedListeners} FeedListeners
 */

import { MatteError } from '../../shared/errors.js';

/** One frame that is being matted and one that waits. */
const MAX_IN_FLIGHT = 2;

/**
 * @param {HTMLVideoElement} video  played, looped and stopped by the caller
 * @param {FeedListeners} listeners
 * @param {'stream' | 'video'} [source]
 * @returns {Promise<Feed>}
 */
export async function openVideoElement(video, listeners, source = 'video') {
  if (!('requestVideoFrameCallback' in video)) {
    // Firefox before 132.
    throw new MatteError('browser-too-old', 'this browser cannot read a video frame by frame');
  }
  const watch = new AbortController();
  let inFlight = 0;
  let handle = 0;

  const push = () => {
    if (inFlight >= MAX_IN_FLIGHT) return;
    const frame = readFrame(video, listeners, source);
    if (!frame) return;
    inFlight++;
    listeners.onFrame(frame);
  };
  const onPresented = () => {
    handle = video.requestVideoFrameCallback(onPresented);
    push();
  };
  return {
    hand: () => ({ input: { kind: 'frames', source }, transfer: [] }),
    start() {
      handle = video.requestVideoFrameCallback(onPresented);
      // What a paused video shows has been presented already.
      if (video.readyState >= video.HAVE_CURRENT_DATA) push();
      const { signal } = watch;
      video.addEventListener('ended', () => listeners.onEnded(), { signal });
      video.addEventListener('error', () => listeners.onError(unreadable(video)), { signal });
    },
    taken() {
      inFlight = Math.max(0, inFlight - 1);
    },
    stop() {
      watch.abort();
      video.cancelVideoFrameCallback(handle);
    },
  };
}

/**
 * @param {Blob} file
 * @param {FeedListeners} listeners
 * @returns {Promise<Feed>}
 * @throws {MatteError} 'file-unreadable'
 */
export async function openVideoFile(file, listeners) {
  const url = URL.createObjectURL(file);
  const video = document.createElement('video');
  const release = () => {
    video.pause();
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    video.muted = true;
    video.playsInline = true;
    video.src = url;
    await loaded(video);
    const feed = await openVideoElement(video, listeners);
    return {
      ...feed,
      start() {
        feed.start();
        video.play().catch((error) => {
          listeners.onError(MatteError.from(error, 'file-unreadable', 'the video does not play'));
        });
      },
      stop() {
        feed.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {FeedListeners} listeners
 * @param {'stream' | 'video'} source
 */
function readFrame(video, listeners, source) {
  try {
    return new VideoFrame(video, { timestamp: Math.round(video.currentTime * 1e6) });
  } catch (error) {
    // A stream that has just been attached says that it has data before it has a picture.
    const isEarly = source === 'stream' && error instanceof DOMException;
    if (isEarly && error.name === 'InvalidStateError') return null;
    // A video of another origin is tainted; one without a picture has no frame.
    listeners.onError(MatteError.from(error, 'file-unreadable', 'the video gives no frames'));
    return null;
  }
}

/** @param {HTMLVideoElement} video */
function loaded(video) {
  return new Promise((resolve, reject) => {
    video.addEventListener(
      'loadeddata',
      () => (video.videoWidth > 0 ? resolve(undefined) : reject(unreadable(video))),
      { once: true },
    );
    video.addEventListener('error', () => reject(unreadable(video)), { once: true });
  });
}

/** @param {HTMLVideoElement} video */
function unreadable(video) {
  const detail = video.error?.message ?? '';
  return new MatteError('file-unreadable', 'this browser cannot play this video', detail);
}
