/**
 * The model's alpha → the matte that is composited.
 *
 * What works on the alpha's own pixels happens here, stage by stage (over time, on the shape);
 * what must follow the enlargement, the edge's ramp, travels along as numbers for the compositor.
 *
 * @typedef {import('./region-of-interest.js').Rect} Rect
 *
 * @typedef {object} Matte
 * @property {Float32Array<ArrayBuffer>} alpha  [height, width], 0..1; the filter's, valid until it is applied again
 * @property {number} width
 * @property {number} height
 * @property {number} threshold  the alpha that becomes 0.5
 * @property {[lo: number, hi: number] | null} ramp  then up to lo becomes 0, from hi on 1
 * @property {Area} [area]  what of the picture the alpha covers, outside it is 0; without it: all
 * @property {Seen} [seen]  what it was made of
 * @property {import('./webgpu/gpu-filter.js').OnGpu} [onGpu]  where it lies instead; `alpha` is empty then
 *
 * @typedef {readonly [left: number, top: number, right: number, bottom: number]} Area  0..1 of the picture
 *
 * @typedef {object} Seen  one look of the model
 * @property {Float32Array} alpha  the model's own, [height, width]
 * @property {Rect} rect           what of the frame it saw
 * @property {Rect} matteRect      what of the frame the matte covers
 *
 * @typedef {object} Place  where and when the alpha was seen
 * @property {Rect} rect       what of the frame the model saw
 * @property {Rect} matteRect  what of the frame the matte is to cover
 * @property {number} width    of the frame, pixels
 * @property {number} height
 * @property {number} timeS    of the frame
 * @property {Float32Array} [picture]  the model's input for `matteRect`, where one is needed
 *
 * @typedef {(alpha: Float32Array<ArrayBuffer>, width: number, height: number) => void} MaskStage  works in place
 *
 * @typedef {object} MaskFilter
 * @property {(alpha: Float32Array, place?: Place) => Matte} apply  throws when the alpha is none;
 *   without a place the alpha is of a whole picture on its own
 * @property {(looks: FilterLooks) => void} setLooks  from the next frame on
 * @property {boolean} needsPicture  places are to have one
 * @property {() => void} reset  forgets earlier frames: the source changed
 *
 * @typedef {Pick<import('../shared/looks.js').Looks, 'steadiness' | 'islands' | 'flow'>} FilterLooks
 */

import { DEFAULT_LOOKS } from '../shared/looks.js';
import { isSameRect, viewAlpha } from './alpha-view.js';
import { cleanShape, keepLargest } from './shape.js';
import { TemporalFilter } from './temporal-filter.js';

/**
 * What the look `islands` does, in this order.
 * @param {FilterLooks['islands']} islands
 * @returns {readonly MaskStage[]}
 */
function islandStages(islands) {
  if (!islands) return [];
  return islands === 'largest' ? [keepLargest, cleanShape] : [cleanShape];
}

/**
 * @param {Pick<import('../shared/manifest.js').ModelSpec, 'width' | 'height' | 'threshold' | 'ramp'>} model
 * @param {FilterLooks} [looks]
 * @returns {MaskFilter}
 */
export function createMaskFilter({ width, height, threshold, ramp }, looks = DEFAULT_LOOKS) {
  const blended = new TemporalFilter(width, height);
  const unit = new Float32Array(width * height);
  /** @type {Matte} */
  const matte = { alpha: new Float32Array(width * height), width, height, threshold, ramp };
  let frameSize = '';
  /** After the blend over time, on what it gave. @type {readonly MaskStage[]} */
  let stages = [];

  /** @type {(alpha: Float32Array, place: Place) => void} */
  const applyAt = (alpha, place) => {
    const { rect, matteRect, timeS, picture } = place;
    const size = `${place.width} ${place.height}`;
    if (size !== frameSize) blended.reset();
    frameSize = size;
    viewAlpha(unit, width, height, rect, matteRect, matte.alpha);
    const isCoarse = !isSameRect(rect, matteRect);
    blended.apply(matte.alpha, { rect: matteRect, timeS, isCoarse, picture });
    matte.area = areaOf(matteRect, place);
    matte.seen = { alpha, rect, matteRect };
  };

  const setLooks = (/** @type {FilterLooks} */ { steadiness, islands, flow }) => {
    blended.steadiness = steadiness;
    blended.flow = flow && steadiness > 0;
    stages = islandStages(islands);
  };
  setLooks(looks);

  return {
    setLooks,
    get needsPicture() {
      return blended.flow;
    },
    apply(alpha, place) {
      copyUnit(alpha, unit);
      if (place) applyAt(alpha, place);
      else matte.alpha.set(unit);
      for (const stage of stages) stage(matte.alpha, width, height);
      return matte;
    },
    reset() {
      blended.reset();
    },
  };
}

/**
 * @param {Rect} rect
 * @param {{width: number, height: number}} frame
 * @returns {Area}
 */
export function areaOf({ x, y, width, height }, frame) {
  return [
    x / frame.width,
    y / frame.height,
    (x + width) / frame.width,
    (y + height) / frame.height,
  ];
}

/**
 * Values are clamped to 0..1; one that is no number fails the frame, since a shader would make
 * anything of it, the raw picture too.
 * @param {Float32Array} from
 * @param {Float32Array} to
 */
function copyUnit(from, to) {
  if (from.length !== to.length) {
    throw new RangeError(`an alpha of ${from.length} values where ${to.length} are expected`);
  }
  for (let i = 0; i < to.length; i++) {
    const value = from[i];
    if (!(value >= 0 && value <= 1)) {
      if (Number.isNaN(value)) throw new RangeError('the alpha is not a number');
      to[i] = value > 1 ? 1 : 0;
    } else {
      to[i] = value;
    }
  }
}
