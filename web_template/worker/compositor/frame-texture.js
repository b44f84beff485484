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
  let bytes = new Uint8Array(0);
  /** The size that the texture's memory has. */
  let size = { width: 0, height: 0 };
  /** What `bytes` holds, and how long that took. @type {{frame: VideoFrame, ms: number} | null} */
  let copied = null;
  /** What the texture holds. @type {VideoFrame | null} */
  let uploaded = null;

  const uploadCopy = (/** @type {DOMRectReadOnly} */ { width, height }) => {
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
      const { width, height } = /** @type {DOMRectReadOnly} */ (frame.visibleRect);
      const frameKey = `${frame.format} ${width} ${height}`;
      if (frameKey !== key) {
        key = frameKey;
        race = new UploadRace();
      }
      copied = null;
      if (race.way !== 'copied') return;
      if (bytes.length !== width * height * 4) bytes = new Uint8Array(width * height * 4);
      const started = now();
      try {
        const layout = [{ offset: 0, stride: width * 4 }];
        const written = await frame.copyTo(bytes, { format: 'RGBA', layout });
        if (written.length !== 1) throw new Error('copied, but not converted');
        copied = { frame, ms: now() - started };
      } catch {
        race.copyFailed();
      }
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
        uploadCopy(/** @type {DOMRectReadOnly} */ (frame.visibleRect));
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
