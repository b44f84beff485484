/**
 * What can be matted, and how its frames reach the worker.
 *
 * @typedef {MediaStreamTrack | MediaStream | HTMLVideoElement | ImageBitmap | Blob} Source
 *   a Blob is a picture or a video file
 *
 * @typedef {import('../shared/capabilities.js').Capabilities} Capabilities
 *
 * @typedef {object} FeedListeners
 * @property {(frame: VideoFrame) => void} onFrame  takes the frame over
 * @property {() => void} onEnded
 * @property {(error: import('../shared/errors.js').MatteError) => void} onError
 *
 * @typedef {object} Feed  one source that is open
 * @property {() => Handed} hand  called once, in the very expression that sends it
 * @property {() => void} start  after the worker has taken the input
 * @property {() => void} taken  the worker is through with a pushed frame
 * @property {() => void} stop   releases what the feed opened; may be called twice
 *
 * @typedef {object} Handed
 * @property {import('../shared/messages.js').Input} input  where the worker finds the frames
 * @property {Transferable[]} transfer
 */

import { MatteError } from '../shared/errors.js';
import { openPicture } from './sources/picture-feed.js';
import { openTrack } from './sources/track-feed.js';
import { openVideoElement, openVideoFile } from './sources/video-feed.js';

/**
 * @param {Source} source
 * @param {FeedListeners} listeners
 * @param {{page: Capabilities, worker: Capabilities}} caps
 * @returns {Promise<Feed>}
 */
export async function openFeed(source, listeners, caps) {
  if (source instanceof MediaStream) {
    const [track] = source.getVideoTracks();
    if (!track) throw new MatteError('camera-missing', 'the stream has no video track');
    return openTrack(track, listeners, caps);
  }
  if (source instanceof MediaStreamTrack) return openTrack(source, listeners, caps);
  if (source instanceof HTMLVideoElement) return openVideoElement(source, listeners);
  if (source instanceof ImageBitmap) return openPicture(source);
  if (source instanceof Blob) return openFile(source, listeners);
  throw new TypeError(
    'attach takes a MediaStream(Track), a video element, an ImageBitmap or a Blob',
  );
}

/**
 * The type that a file manager gives is a hint; a file without one is tried as both.
 * @param {Blob} file
 * @param {FeedListeners} listeners
 */
async function openFile(file, listeners) {
  if (file.type.startsWith('video/')) return openVideoFile(file, listeners);
  if (file.type.startsWith('image/')) return openPicture(file);
  return openPicture(file).catch(() => openVideoFile(file, listeners));
}
