/**
 * The way that every browser has: the frame is drawn to a 2D canvas and read back. Slow (tens of
 * milliseconds at 1280×720, on a GPU or not), so it comes last.
 */

import { planSampling, samplePlanes } from './plane-sampler.js';

export class CanvasSampler {
  /** @type {OffscreenCanvasRenderingContext2D | null} */
  #context = null;
  /** @type {import('./plane-sampler.js').SamplingPlan | null} */
  #plan = null;
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
   * @returns {Promise<void>}
   */
  async sample(frame, out) {
    const width = frame.displayWidth;
    const height = frame.displayHeight;
    const context = this.#contextOf(width, height);
    context.drawImage(frame, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const plan = /** @type {import('./plane-sampler.js').SamplingPlan} */ (this.#plan);
    samplePlanes(plan, new Int32Array(data.buffer), out);
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
      alpha: false,
    });
    if (!context) throw new Error('no 2D context');
    this.#plan = planSampling(
      'RGBA',
      { x: 0, y: 0, width, height },
      null,
      this.#width,
      this.#height,
    );
    this.#context = context;
    return context;
  }
}
