/**
 * The composited pictures as frames for the page's track: each is taken from the canvas in the
 * very task that drew it, stand-ins too, so a call sees what the canvas shows and nothing else.
 *
 * The page says when a frame was used. While it is busy pictures are left out, so nothing piles
 * up; while nothing moves the last one is drawn again now and then, since a receiver that joins
 * later would have to wait for a picture otherwise.
 */

/** One that the page writes and one on its way. */
const MAX_IN_FLIGHT = 2;

const REPEAT_MS = 500;

/** What calls want. */
export const PLAIN_VIEW = Object.freeze({ mirrored: false, alpha: false });

/**
 * @typedef {import('../shared/messages.js').OutputView} OutputView
 *
 * @typedef {object} TrackOutputOptions
 * @property {OffscreenCanvas} canvas
 * @property {(frame: VideoFrame) => void} send  takes the frame over
 * @property {() => void} redraw  draws what is shown once more
 * @property {() => number} [now]  milliseconds
 */

export class TrackOutput {
  /** @type {OutputView} */
  view = PLAIN_VIEW;
  #canvas;
  #send;
  #redraw;
  #now;
  #inFlight = 0;
  #sentMs = 0;
  /** Microseconds; a track's frames never go back in time, whatever their sources do. */
  #timestamp = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {OffscreenCanvasRenderingContext2D | null} */
  #mirror = null;

  /** @param {TrackOutputOptions} options */
  constructor({ canvas, send, redraw, now = () => performance.now() }) {
    this.#canvas = canvas;
    this.#send = send;
    this.#redraw = redraw;
    this.#now = now;
  }

  get isOn() {
    return this.#timer !== undefined;
  }

  /** @param {boolean} isOn */
  switch(isOn) {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!isOn) return;
    this.#inFlight = 0;
    this.#timer = setInterval(() => {
      if (this.#now() - this.#sentMs >= REPEAT_MS) this.#redraw();
    }, REPEAT_MS);
    this.#redraw();
  }

  /** To be called right after the canvas was drawn. */
  drawn() {
    if (!this.isOn || this.#inFlight >= MAX_IN_FLIGHT) return;
    this.#sentMs = this.#now();
    this.#timestamp = Math.max(this.#timestamp + 1, Math.round(this.#sentMs * 1000));
    this.#inFlight++;
    const picture = this.view.mirrored ? this.#mirrored() : this.#canvas;
    // Calls know no transparency: what a cut-out leaves out is black.
    const alpha = this.view.alpha ? 'keep' : 'discard';
    this.#send(new VideoFrame(picture, { timestamp: this.#timestamp, alpha }));
  }

  /** The picture the other way round, as who sees themselves in a mirror records it. */
  #mirrored() {
    const { width, height } = this.#canvas;
    this.#mirror ??= new OffscreenCanvas(width, height).getContext('2d');
    if (!this.#mirror) return this.#canvas;
    const { canvas } = this.#mirror;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    this.#mirror.setTransform(-1, 0, 0, 1, width, 0);
    this.#mirror.globalCompositeOperation = 'copy';
    this.#mirror.drawImage(this.#canvas, 0, 0);
    return canvas;
  }

  /** The page has used a frame. */
  taken() {
    this.#inFlight = Math.max(0, this.#inFlight - 1);
  }
}

/**
 * @template {{render: (frame: VideoFrame | null, matte: any) => void}} T
 * @param {T} compositor
 * @param {() => void} onDrawn
 * @returns {T} the compositor, which tells whenever it has drawn
 */
export function watched(compositor, onDrawn) {
  return {
    ...compositor,
    /** @type {T['render']} */
    render(frame, matte) {
      compositor.render(frame, matte);
      onDrawn();
    },
  };
}
