/**
 * Samples a frame straight from its own planes: copyTo, then arithmetic. Everything that depends
 * on the frame's size, format and colours only is worked out once and kept until they change.
 *
 * @typedef {import('./color-matrix.js').ColorMatrix} ColorMatrix
 * @typedef {import('./frame-planes.js').FrameLayout} FrameLayout
 * @typedef {import('./frame-planes.js').PixelFormat} PixelFormat
 * @typedef {import('./frame-planes.js').Rect} Rect
 * @typedef {import('../orientation.js').Orientation} Orientation
 * @typedef {import('./taps.js').Taps} Taps
 *
 * @typedef {object} SamplingPlan
 * @property {PixelFormat} format
 * @property {FrameLayout} layout
 * @property {{rows: Taps, columns: Taps}[]} taps  for each plane
 * @property {ColorMatrix | null} matrix  null where the samples are r, g, b already
 * @property {import('./reduce.js').Scratch} scratch
 */

import {
  isUpright,
  orientationOf,
  storedRect,
  turnedSize,
  turnPixels,
  uprightSize,
} from '../orientation.js';
import { colorMatrix, isShownAsStored, yuvToRgb } from './color-matrix.js';
import { frameLayout, PIXEL_FORMATS } from './frame-planes.js';
import { createScratch, reducePlane } from './reduce.js';
import { axisTaps, foldTaps } from './taps.js';

/**
 * @param {string} formatName  a key of PIXEL_FORMATS
 * @param {Rect} visible
 * @param {ConstructorParameters<typeof VideoColorSpace>[0] | null | undefined} colorSpace
 * @param {number} width   of the model's input
 * @param {number} height
 * @param {boolean} [isConverted]  by copyTo, from a format that may have chroma samples
 * @returns {SamplingPlan}
 */
export function planSampling(formatName, visible, colorSpace, width, height, isConverted) {
  const format = PIXEL_FORMATS[formatName];
  const layout = frameLayout(format, visible, isConverted);
  const columns = axisTaps(visible.width, width, visible.x - layout.rect.x);
  const rows = axisTaps(visible.height, height, visible.y - layout.rect.y);
  return {
    format,
    layout,
    taps: format.planes.map(({ shiftX, shiftY }) => ({
      rows: foldTaps(rows, shiftY),
      columns: foldTaps(columns, shiftX),
    })),
    matrix: format.model === 'yuv' ? colorMatrix(colorSpace) : null,
    scratch: createScratch(layout.rect.width),
  };
}

/**
 * @param {SamplingPlan} plan
 * @param {Int32Array} words  the frame's bytes, in the plan's layout
 * @param {Float32Array} out  [3, height, width] RGB 0..1
 */
export function samplePlanes(plan, words, out) {
  const size = out.length / 3;
  let channel = 0;
  plan.format.planes.forEach(({ channels }, i) => {
    if (channels.length === 0) return;
    const { rows, columns } = plan.taps[i];
    const part = out.subarray(channel * size, (channel + channels.length) * size);
    reducePlane(words, plan.layout.planes[i], rows, columns, channels, part, plan.scratch);
    channel += channels.length;
  });
  if (plan.matrix) yuvToRgb(out, plan.matrix);
  else for (let i = 0; i < out.length; i++) out[i] /= 255;
}

/** A region that moves makes a plan for each place; the oldest is let go. */
const PLANS_KEPT = 4;

/** One way of sampling: frames by copyTo, in their own format or in one that is asked for. */
export class PlaneSampler {
  /** Of the frame as a whole and of the region that is looked at. @type {Map<string, SamplingPlan>} */
  #plans = new Map();
  #words = new Int32Array(0);
  /** A turned frame's model input as its pixels lie. @type {Float32Array | null} */
  #stored = null;
  #width;
  #height;
  #asFormat;

  /**
   * @param {number} width   of the model's input
   * @param {number} height
   * @param {'RGBA'} [asFormat]  the browser converts to it; frames of formats that are unknown here
   */
  constructor(width, height, asFormat) {
    this.#width = width;
    this.#height = height;
    this.#asFormat = asFormat;
  }

  /** @param {VideoFrame} frame */
  supports(frame) {
    if (this.#asFormat) return true;
    const format = PIXEL_FORMATS[frame.format ?? ''];
    if (!format || !isShownAsStored(frame.colorSpace)) return false;
    return format.model === 'rgb' || colorMatrix(frame.colorSpace) !== null;
  }

  /**
   * @param {VideoFrame} frame  stays the caller's
   * @param {Float32Array} out  [3, height, width] RGB 0..1
   * @param {Rect} [rect]       of the upright visible pixels; all of them
   * @returns {Promise<void>}
   */
  async sample(frame, out, rect) {
    const orientation = orientationOf(frame);
    const plan = this.#planFor(frame, orientation, rect);
    const { layout } = plan;
    /** @type {VideoFrameCopyToOptions} */
    const options = { rect: layout.rect, layout: layout.planes };
    if (this.#asFormat) options.format = this.#asFormat;
    await frame.copyTo(this.#words, options);
    if (isUpright(orientation)) samplePlanes(plan, this.#words, out);
    else this.#sampleTurned(plan, orientation, out);
  }

  /**
   * Pixels are copied as they lie, and the few of the model's input are turned.
   * @param {SamplingPlan} plan
   * @param {Orientation} orientation
   * @param {Float32Array} out
   */
  #sampleTurned(plan, orientation, out) {
    this.#stored ??= new Float32Array(out.length);
    samplePlanes(plan, this.#words, this.#stored);
    const size = turnedSize({ width: this.#width, height: this.#height }, orientation);
    const length = size.width * size.height;
    for (let at = 0; at < out.length; at += length) {
      const channel = this.#stored.subarray(at, at + length);
      turnPixels(channel, size, orientation, out.subarray(at, at + length));
    }
  }

  /**
   * @param {VideoFrame} frame
   * @param {Orientation} orientation
   * @param {Rect} [rect]
   */
  #planFor(frame, orientation, rect) {
    const visible = /** @type {DOMRectReadOnly} */ (frame.visibleRect);
    const upright = uprightSize(frame);
    const stored = storedRect(rect ?? { x: 0, y: 0, ...upright }, upright, orientation);
    const seen = { ...stored, x: visible.x + stored.x, y: visible.y + stored.y };
    const input = turnedSize({ width: this.#width, height: this.#height }, orientation);
    const { matrix, fullRange } = frame.colorSpace;
    const formatName = this.#asFormat ?? /** @type {string} */ (frame.format);
    const place = `${seen.x} ${seen.y} ${seen.width} ${seen.height} ${input.width}`;
    const key = `${formatName} ${place} ${matrix} ${fullRange}`;
    const known = this.#plans.get(key);
    if (known) return known;
    const { width, height } = input;
    const isConverted = this.#asFormat !== undefined;
    const plan = planSampling(formatName, seen, frame.colorSpace, width, height, isConverted);
    if (this.#words.byteLength < plan.layout.byteLength) {
      this.#words = new Int32Array(plan.layout.byteLength >> 2);
    }
    if (this.#plans.size >= PLANS_KEPT) {
      this.#plans.delete(/** @type {string} */ (this.#plans.keys().next().value));
    }
    this.#plans.set(key, plan);
    return plan;
  }
}
