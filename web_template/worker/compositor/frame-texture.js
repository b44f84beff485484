/**
 * The frame as a texture, by the faster of two ways:
 *
 * - 'direct': texImage2D(frame). Where frames live on a GPU they stay there.
 * - 'copied': copyTo as RGBA, then texSubImage2D from memory. Where GL is software, or frames lie in
 *   memory anyway, Chromium's direct way converts on one thread and takes ten times as long.
 *
 * Nothing tells beforehand which it is, so each way gets a few of the first frames and the faster
 * one, by the median, is kept until the frames change their format or size.
 */

import { orientationOf, uprightSize } from '../orientation.js';
import { UprightPixels } from '../upright-pixels.js';
import { createTexture } from './gl.js';

const TRIALS = 3; // frames for each way

/** @typedef {'direct' | 'copied'} UploadWay */

/**
 * Which way the next frame takes, by what the frames before it took.
 */
export class UploadRace {
  /** @type {Record<UploadWay, number[]>} */
  #times = { direct: [], copied: [] };
  #canCopy = true;

  /** @returns {UploadWay} */
  get way() {
    if (!this.#canCopy) return 'direct';
    if (this.#times.copied.length < TRIALS) return 'copied';
    if (this.#times.direct.length < TRIALS) return 'direct';
    return median(this.#times.copied) <= median(this.#times.direct) ? 'copied' : 'direct';
  }

  /**
   * @param {UploadWay} way
   * @param {number} ms
   */
  finished(way, ms) {
    if (this.#times[way].length < TRIALS) this.#times[way].push(ms);
  }

  /** Browsers whose copyTo does not convert: Chromium before 127, Safari. */
  copyFailed() {
    this.#canCopy = false;
  }
}

/** @param {readonly number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {() => number} [now]  milliseconds
 */
export function createFrameTexture(gl, now = () => performance.now()) {
  const texture = createTexture(gl);
  let race = new UploadRace();
  let key = '';
  const pixels = new UprightPixels();
  let words = new Int32Array(0);
  let bytes = new Uint8Array(0); // the same memory
  /** The size that the texture's memory has. */
  let size = { width: 0, height: 0 };
  /** What `bytes` holds, and how long that took. @type {{frame: VideoFrame, ms: number} | null} */
  let copied = null;
  /** What the texture holds. @type {VideoFrame | null} */
  let uploaded = null;

  const uploadCopy = (/** @type {import('../orientation.js').Size} */ { width, height }) => {
    if (width === size.width && height === size.height) {
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    } else {
      const { RGBA, UNSIGNED_BYTE } = gl;
      gl.texImage2D(gl.TEXTURE_2D, 0, RGBA, width, height, 0, RGBA, UNSIGNED_BYTE, bytes);
      size = { width, height };
    }
  };
  const uploadDirect = (/** @type {VideoFrame} */ frame) => {
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, frame);
    size = { width: 0, height: 0 };
  };

  return {
    texture,
    /**
     * Reads the frame's pixels ahead, where that is the way; what is shown is not touched.
     * @param {VideoFrame} frame
     * @returns {Promise<void>}
     */
    async prepare(frame) {
      const { width, height } = uprightSize(frame);
      const { rotation, flip } = orientationOf(frame);
      const frameKey = `${frame.format} ${width} ${height} ${rotation} ${flip}`;
      if (frameKey !== key) {
        key = frameKey;
        race = new UploadRace();
      }
      copied = null;
      if (race.way !== 'copied') return;
      if (words.length !== width * height) {
        words = new Int32Array(width * height);
        bytes = new Uint8Array(words.buffer);
      }
      const started = now();
      if (await pixels.read(frame, words)) copied = { frame, ms: now() - started };
      else race.copyFailed();
    },
    /**
     * Makes the texture hold the frame; costs nothing when it does already.
     * @param {VideoFrame} frame
     */
    upload(frame) {
      if (uploaded === frame) return;
      gl.bindTexture(gl.TEXTURE_2D, texture);
      const started = now();
      if (copied?.frame === frame) {
        uploadCopy(uprightSize(frame));
        race.finished('copied', copied.ms + now() - started);
      } else {
        uploadDirect(frame);
        race.finished('direct', now() - started);
      }
      uploaded = frame;
    },
    /** @param {GLenum} filter  gl.NEAREST is faster where pixels fall on pixels */
    setFilter(filter) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
    },
    dispose() {
      gl.deleteTexture(texture);
    },
  };
}
