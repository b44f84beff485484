/**
 * Where the worker's frames come from. Each frame that is told is the listener's to close.
 *
 * @typedef {import('../shared/messages.js').Input} Input
 * @typedef {object} FrameListeners
 * @property {(frame: VideoFrame) => void} onFrame
 * @property {() => void} onEnded
 * @property {(error: unknown) => void} onError
 * @property {() => void} [onStarved]  no frame has come for a while, and none may ever come
 *
 * @typedef {object} FrameSource
 * @property {'stream' | 'video' | 'picture'} kind
 * @property {boolean} isPushed  the page sends the frames, and waits for word that they were taken
 * @property {() => void} release  lets go of it; nothing is told after that
 */

/**
 * @param {Input} input
 * @param {FrameListeners} listeners
 * @returns {FrameSource}
 */
export function openInput(input, listeners) {
  switch (input.kind) {
    case 'readable':
      return { kind: 'stream', isPushed: false, release: readFrames(input.readable, listeners) };
    case 'track':
      return openTrack(input.track, listeners);
    case 'frames':
      return { kind: input.source, isPushed: true, release() {} };
    case 'picture':
      openPicture(input.bitmap, listeners);
      return { kind: 'picture', isPushed: false, release() {} };
  }
}

/**
 * Chromium loses the frame that it is about to hand over when a stream is cancelled just then, and
 * a frame that nobody closes takes one of the camera's few buffers away. So the read that is under
 * way gets its frame before the stream is cancelled, unless none comes for so long.
 */
const LAST_FRAME_MS = 500;

/** A camera that is so much slower than this is none. */
const STARVED_MS = 5000;

/**
 * @param {ReadableStream<VideoFrame>} readable
 * @param {FrameListeners} listeners
 * @returns {() => void} lets go of the stream, once the frame that is on its way has come
 */
export function readFrames(readable, { onFrame, onEnded, onError, onStarved }) {
  const reader = readable.getReader();
  let isReleased = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const awaitFrame = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      onStarved?.();
      awaitFrame();
    }, STARVED_MS);
  };
  const cancel = () => {
    clearTimeout(timer);
    reader.cancel().catch(() => {}); // a stream that failed has nothing left to let go
  };
  const pump = async () => {
    for (;;) {
      if (!isReleased) awaitFrame();
      const { done, value } = await reader.read();
      if (isReleased) value?.close();
      else if (value) onFrame(value);
      if (done || isReleased) break;
    }
    clearTimeout(timer);
    if (isReleased) cancel();
    else onEnded();
  };
  pump().catch((error) => {
    clearTimeout(timer);
    if (!isReleased) onError(error);
  });
  return () => {
    isReleased = true;
    clearTimeout(timer);
    timer = setTimeout(cancel, LAST_FRAME_MS);
  };
}

/**
 * Safari has MediaStreamTrackProcessor in workers only.
 * @param {MediaStreamTrack} track  a clone, so it is stopped here
 * @param {FrameListeners} listeners
 * @returns {FrameSource}
 */
function openTrack(track, listeners) {
  const videoTrack = /** @type {MediaStreamVideoTrack} */ (track);
  const { readable } = new MediaStreamTrackProcessor({ track: videoTrack, maxBufferSize: 1 });
  const cancel = readFrames(readable, listeners);
  const release = () => {
    cancel();
    track.stop();
  };
  return { kind: 'stream', isPushed: false, release };
}

/**
 * @param {ImageBitmap} bitmap
 * @param {FrameListeners} listeners
 */
function openPicture(bitmap, { onFrame }) {
  try {
    // A picture's own transparency is not the matte's business.
    onFrame(new VideoFrame(bitmap, { timestamp: 0, alpha: 'discard' }));
  } finally {
    bitmap.close();
  }
}
