/**
 * A model that is opened before the engine has its canvas: the first `load-model` finds it under
 * way, if it asks for the very same.
 *
 * @typedef {import('./ways/frame-way.js').FrameWay} FrameWay
 * @typedef {import('./segmenter.js').SegmenterOptions} SegmenterOptions
 */

export class Prepared {
  /** @type {{key: string, way: Promise<FrameWay>} | null} */
  #waiting = null;

  /**
   * @param {SegmenterOptions} options
   * @param {(options: SegmenterOptions) => Promise<FrameWay>} open
   */
  begin(options, open) {
    const way = open(options);
    way.catch(() => {}); // whoever takes it is told
    this.#drop();
    this.#waiting = { key: keyOf(options), way };
  }

  /**
   * @param {SegmenterOptions} options
   * @returns {Promise<FrameWay> | null} null when it was not prepared: what was instead is disposed of
   */
  take(options) {
    const waiting = this.#waiting;
    if (waiting?.key !== keyOf(options)) {
      this.#drop();
      return null;
    }
    this.#waiting = null;
    return waiting.way;
  }

  #drop() {
    const unused = this.#waiting;
    this.#waiting = null;
    unused?.way.then((way) => way.dispose()).catch(() => {});
  }
}

/** @param {SegmenterOptions} options */
function keyOf({ runtime, model, threads }) {
  return [runtime.module, runtime.reduced?.wasm, model.url, model.sha256, threads].join(' ');
}
