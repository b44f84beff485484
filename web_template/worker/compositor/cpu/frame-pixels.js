/**
 * The frame's pixels as RGBA words, read ahead. There are two buffers: the frame that is shown keeps
 * its own while the next one is read, so that an effect can change in between.
 */

import { MatteError } from '../../../shared/errors.js';
import { uprightSize } from '../../orientation.js';
import { UprightPixels } from '../../upright-pixels.js';

/** @typedef {{frame: VideoFrame | null, words: Int32Array<ArrayBuffer>}} Held */

export class FramePixels {
  /** @type {Held} */
  #shown = { frame: null, words: new Int32Array(0) };
  /** @type {Held} */
  #next = { frame: null, words: new Int32Array(0) };
  #pixels = new UprightPixels();
  #canConvert = true;

  /**
   * @param {VideoFrame} frame  stays the caller's
   * @returns {Promise<void>}
   */
  async prepare(frame) {
    const { displayWidth, displayHeight } = frame;
    const size = displayWidth * displayHeight;
    const next = this.#next;
    next.frame = null;
    if (next.words.length !== size) next.words = new Int32Array(size);
    const isReadable = this.#canConvert && isAsShown(frame);
    if (isReadable) this.#canConvert = await this.#pixels.read(frame, next.words);
    if (!isReadable || !this.#canConvert) drawTo(next.words, frame);
    next.frame = frame;
  }

  /**
   * @param {VideoFrame} frame  the one that was prepared last, or taken last
   * @returns {Int32Array}
   */
  take(frame) {
    if (this.#shown.frame === frame) return this.#shown.words;
    if (this.#next.frame !== frame) throw new MatteError('unknown', 'the frame was not prepared');
    [this.#shown, this.#next] = [this.#next, this.#shown];
    return this.#shown.words;
  }

  /**
   * @param {VideoFrame} frame  whose pixels are those of
   * @param {VideoFrame} copy   from now on
   */
  replace(frame, copy) {
    for (const held of [this.#shown, this.#next]) if (held.frame === frame) held.frame = copy;
  }
}

/** @param {VideoFrame} frame */
function isAsShown(frame) {
  const { width, height } = uprightSize(frame);
  return width === frame.displayWidth && height === frame.displayHeight;
}

/**
 * @param {Int32Array} words
 * @param {VideoFrame} frame
 */
function drawTo(words, frame) {
  const { displayWidth, displayHeight } = frame;
  const canvas = new OffscreenCanvas(displayWidth, displayHeight);
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new MatteError('unknown', 'no 2D context to read the frame with');
  context.drawImage(frame, 0, 0, displayWidth, displayHeight);
  const { data } = context.getImageData(0, 0, displayWidth, displayHeight);
  words.set(new Int32Array(data.buffer));
}
