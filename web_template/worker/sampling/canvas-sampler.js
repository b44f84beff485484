/**
 * The way that every browser has: the frame is drawn to a 2D canvas and read back. Slow (tens of
 * milliseconds at 1280×720, on a GPU or not), so it comes last.
 */

import { uprightSize } from '../orientation.js';
import { planSampling, samplePlanes } from './plane-sampler.js';

export class CanvasSampler {
  /** @type {OffscreenCanvasRenderingContext2D | null} */
  #context = null;
  /** @type {import('./plane-sampler.js').SamplingPlan | null} */
  #plan = null;
  #planKey = '';
  #width;
  #height;

  /**
   * @param {number} width   of the model's input
   * @param {number} height
   */
  constructor(width, height) {
    this.#width = width;
    this.#height = height;
  }

  supports() {
    return 'OffscreenCanvas' in globalThis;
  }

  /**
   * At the frame's own size, so that the shrinking is the same as in the other ways.
   * @param {VideoFrame} frame
   * @param {Float32Array} out  [3, height, width] RGB 0..1
   * @param {import('./frame-planes.js').Rect} [rect]  of the upright visible pixels; all of them
   * @returns {Promise<void>}
   */
  async sample(frame, out, rect) {
    const { displayWidth, displayHeight } = frame;
    const context = this.#contextOf(displayWidth, displayHeight);
    context.drawImage(frame, 0, 0, displayWidth, displayHeight);
    const { x, y, width, height } = rect
      ? shown(rect, frame)
      : { x: 0, y: 0, width: displayWidth, height: displayHeight };
    const { data } = context.getImageData(x, y, width, height);
    samplePlanes(this.#planFor(width, height), new Int32Array(data.buffer), out);
  }

  /**
   * @param {number} width   of what is read back
   * @param {number} height
   */
  #planFor(width, height) {
    const key = `${width} ${height}`;
    if (this.#plan && key === this.#planKey) return this.#plan;
    const whole = { x: 0, y: 0, width, height };
    this.#plan = planSampling('RGBA', whole, null, this.#width, this.#height);
    this.#planKey = key;
    return this.#plan;
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  #contextOf(width, height) {
    const { canvas } = this.#context ?? {};
    if (this.#context && canvas?.width === width && canvas.height === height) return this.#context;
    const context = new OffscreenCanvas(width, height).getContext('2d', {
      willReadFrequently: true,
    });
    if (!context) throw new Error('no 2D context');
    // A frame's own transparency is none of the model's business: nothing may shine through.
    context.globalCompositeOperation = 'copy';
    this.#context = context;
    return context;
  }
}

/**
 * Visible pixels → pixels of the canvas, which differ where pixels are not square.
 * @param {import('./frame-planes.js').Rect} rect
 * @param {VideoFrame} frame
 */
function shown(rect, frame) {
  const size = uprightSize(frame);
  const scaleX = frame.displayWidth / size.width;
  const scaleY = frame.displayHeight / size.height;
  const x = Math.round(rect.x * scaleX);
  const y = Math.round(rect.y * scaleY);
  const width = Math.max(1, Math.round((rect.x + rect.width) * scaleX) - x);
  const height = Math.max(1, Math.round((rect.y + rect.height) * scaleY) - y);
  return { x, y, width, height };
}
