/**
 * What the canvas shows: the frame that was composited last, with its alpha.
 *
 * A camera has few buffers, and Chromium hands out no more than two frames of one camera at a time
 * to a page, whoever holds them: another engine on the same camera, or a frame that the browser
 * itself has mislaid, and a frame that is merely kept keeps the next one from coming, for ever. So
 * when no next frame has come for a while, the kept one is replaced by a copy of its own memory and
 * goes back; where that was what the camera waited for, each is copied at once from then on.
 *
 * @typedef {import('./mask-filter.js').Matte} Matte
 */

/** Longer than the way from one frame to the next at 15 frames a second. */
const PATIENCE_MS = 100;
/** How long each frame is copied at once after it had to be waited for. */
const SCARCE_MS = 60_000;

export class ShownFrame {
  /** @type {{frame: VideoFrame, matte: Matte} | null} */
  #shown = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #scarceUntilMs = Number.NEGATIVE_INFINITY;
  #onCopied;
  #now;
  #copy;

  /**
   * @param {object} options
   * @param {(frame: VideoFrame, copy: VideoFrame) => void} options.onCopied  it is shown by its copy now
   * @param {() => number} options.now  milliseconds
   * @param {(frame: VideoFrame) => Promise<VideoFrame>} [options.copy]
   */
  constructor({ onCopied, now, copy = copyFrame }) {
    this.#onCopied = onCopied;
    this.#now = now;
    this.#copy = copy;
  }

  get current() {
    return this.#shown;
  }

  /**
   * @param {VideoFrame} frame  is taken over, unless it is shown already
   * @param {Matte} matte
   * @param {boolean} isLent    it is one of a camera's few
   */
  show(frame, matte, isLent) {
    this.drop();
    this.#shown = { frame, matte };
    if (!isLent) return;
    const isScarce = this.#now() < this.#scarceUntilMs;
    this.#timer = setTimeout(() => this.#giveBack(isScarce), isScarce ? 0 : PATIENCE_MS);
  }

  drop() {
    clearTimeout(this.#timer);
    this.#shown?.frame.close();
    this.#shown = null;
  }

  /** @param {boolean} wasScarce  known before */
  async #giveBack(wasScarce) {
    const shown = this.#shown;
    if (!shown) return;
    try {
      const copy = await this.#copy(shown.frame);
      if (this.#shown !== shown) {
        copy.close();
        return;
      }
      this.#onCopied(shown.frame, copy);
      shown.frame.close();
      shown.frame = copy;
      if (!wasScarce) this.#scarceUntilMs = this.#now() + SCARCE_MS;
    } catch {
      // It was closed meanwhile, or cannot be read: then it is kept as it is.
    }
  }
}

/**
 * The same picture in memory of its own: same format, colours, turn and time.
 * @param {VideoFrame} frame  stays the caller's
 * @returns {Promise<VideoFrame>}
 */
export async function copyFrame(frame) {
  const { timestamp, duration, displayWidth, displayHeight } = frame;
  const { format, visibleRect, colorSpace } = frame;
  if (!format || !visibleRect) return copyOpaque(frame);
  const data = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(data);
  const { rotation, flip } = /** @type {{rotation?: number, flip?: boolean}} */ (
    /** @type {unknown} */ (frame)
  );
  const init = {
    format,
    codedWidth: visibleRect.width,
    codedHeight: visibleRect.height,
    // Of the turned picture, where it is turned; the constructor wants it before the turn.
    ...(rotation && rotation % 180 !== 0
      ? { displayWidth: displayHeight, displayHeight: displayWidth }
      : { displayWidth, displayHeight }),
    timestamp,
    duration: duration ?? undefined,
    colorSpace,
    layout,
    rotation,
    flip,
    transfer: [data.buffer],
  };
  return new VideoFrame(data, /** @type {VideoFrameBufferInit} */ (init));
}

/**
 * What has no format is a texture whose pixels cannot be asked for as they are.
 * @param {VideoFrame} frame
 */
async function copyOpaque(frame) {
  const bitmap = await createImageBitmap(frame);
  try {
    return new VideoFrame(bitmap, { timestamp: frame.timestamp, alpha: 'discard' });
  } finally {
    bitmap.close();
  }
}
