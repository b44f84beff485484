/**
 * The track that a call sends. It lives on the page, so it outlives the worker that makes its
 * frames: they come as messages, without a copy, and are handed on.
 *
 * 1. Chromium: MediaStreamTrackGenerator takes the frames as they are.
 * 2. Safari and Firefox have none on the page (Safari 18 has VideoTrackGenerator in workers only,
 *    and its track would end with the worker): frames are drawn to a canvas of their own, whose
 *    captureStream is the track. The engine's canvas itself cannot do it: Firefox refuses
 *    captureStream of a canvas that was given to a worker.
 *
 * @typedef {object} OutputTrack
 * @property {MediaStreamTrack} track
 * @property {(frame: VideoFrame) => Promise<void>} write  takes the frame over; done when the next may come
 * @property {() => void} end
 */

/** @returns {OutputTrack} */
export function createOutputTrack() {
  return 'MediaStreamTrackGenerator' in globalThis ? generatorTrack() : canvasTrack();
}

/** @returns {OutputTrack} */
function generatorTrack() {
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  const writer = track.writable.getWriter();
  writer.closed.catch(() => {}); // a track that was stopped says so by its readyState
  return {
    track,
    async write(frame) {
      try {
        await writer.write(frame);
      } catch {
        // The receiver stopped the track.
      } finally {
        frame.close();
      }
    },
    end() {
      writer.close().catch(() => {}); // it was stopped already
      track.stop();
    },
  };
}

/** @returns {OutputTrack} */
function canvasTrack() {
  const canvas = document.createElement('canvas');
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext('2d', { alpha: false }) // always there: the canvas is new
  );
  const [track] = canvas.captureStream().getVideoTracks();
  return {
    track,
    async write(frame) {
      try {
        const { displayWidth, displayHeight } = frame;
        if (canvas.width !== displayWidth) canvas.width = displayWidth;
        if (canvas.height !== displayHeight) canvas.height = displayHeight;
        context.drawImage(frame, 0, 0);
      } finally {
        frame.close();
      }
    },
    end() {
      track.stop();
    },
  };
}
