/**
 * Where the worker's frames come from. Each frame that is told is the listener's to close.
 *
 * @typedef {import('../shared/messages.js').Input} Input
 * @typedef {object} FrameListeners
 * @property {(frame: VideoFrame) => void} onFrame
 * @property {() => void} onEnded
 * @property {(error: unknown) => void} onError
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
 * @param {ReadableStream<VideoFrame>} readable
 * @param {FrameListeners} listeners
 * @returns {() => void} lets go of the stream
 */
export function readFrames(readable, { onFrame, onEnded, onError }) {
  const reader = readable.getReader();
  let isReleased = false;
  const pump = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (isReleased) value?.close();
      else if (value) onFrame(value);
      if (done || isReleased) break;
    }
    if (!isReleased) onEnded();
  };
  pump().catch((error) => {
    if (!isReleased) onError(error);
  });
  return () => {
    isReleased = true;
    reader.cancel().catch(() => {}); // a stream that failed has nothing left to let go
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
