/**
 * Frame → model input, by the first way that this browser can go: the frame's own planes, planes
 * that the browser converts, a 2D canvas. All give the same numbers within 2/255. A way that throws
 * is not tried again.
 *
 * @typedef {import('./sampling/frame-planes.js').Rect} Rect
 *
 * @typedef {object} SamplingWay
 * @property {(frame: VideoFrame) => boolean} supports
 * @property {(frame: VideoFrame, out: Float32Array, rect?: Rect) => Promise<void>} sample
 *
 * @typedef {object} FrameSampler
 * @property {(frame: VideoFrame, out: Float32Array, rect?: Rect) => Promise<void>} sample
 *   fills out, [3, height, width] RGB 0..1, with what `rect` of the visible pixels shows, or all of
 *   them; the frame stays the caller's
 * @property {string} way  that the last frame took; '' before the first
 */

import { CanvasSampler } from './sampling/canvas-sampler.js';
import { PlaneSampler } from './sampling/plane-sampler.js';

/**
 * @param {number} width   of the model's input
 * @param {number} height
 * @param {[name: string, way: SamplingWay][]} [ways]  best first
 * @returns {FrameSampler}
 */
export function createFrameSampler(width, height, ways = standardWays(width, height)) {
  const left = new Map(ways);
  const sampler = {
    way: '',
    /**
     * @param {VideoFrame} frame
     * @param {Float32Array} out
     * @param {Rect} [rect]
     */
    async sample(frame, out, rect) {
      for (const [name, way] of left) {
        if (!way.supports(frame)) continue;
        try {
          await way.sample(frame, out, rect);
          sampler.way = name;
          return;
        } catch (error) {
          if (left.size === 1) throw error;
          left.delete(name);
        }
      }
      throw new Error(`no way to read frames of format ${frame.format}`);
    },
  };
  return sampler;
}

/**
 * @param {number} width
 * @param {number} height
 * @returns {[string, SamplingWay][]}
 */
function standardWays(width, height) {
  return [
    ['planes', new PlaneSampler(width, height)],
    ['rgba', new PlaneSampler(width, height, 'RGBA')],
    ['canvas2d', new CanvasSampler(width, height)],
  ];
}
