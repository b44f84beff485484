/**
 * The model's alpha → the matte that is composited.
 *
 * What works on the alpha's own pixels happens here, stage by stage (over time, on the shape);
 * what must follow the enlargement, the edge's ramp, travels along as numbers for the compositor.
 *
 * @typedef {object} Matte
 * @property {Float32Array<ArrayBuffer>} alpha  [height, width], 0..1; the filter's, valid until it is applied again
 * @property {number} width
 * @property {number} height
 * @property {number} threshold  the alpha that becomes 0.5
 * @property {[lo: number, hi: number] | null} ramp  then up to lo becomes 0, from hi on 1
 *
 * @typedef {(alpha: Float32Array<ArrayBuffer>, width: number, height: number) => void} MaskStage  works in place
 *
 * @typedef {object} MaskFilter
 * @property {(alpha: Float32Array) => Matte} apply  throws when the alpha is none
 * @property {() => void} reset  forgets earlier frames: the source changed
 */

/**
 * @param {Pick<import('../shared/manifest.js').ModelSpec, 'width' | 'height' | 'threshold' | 'ramp'>} model
 * @param {readonly MaskStage[]} [stages]
 * @returns {MaskFilter}
 */
export function createMaskFilter({ width, height, threshold, ramp }, stages = []) {
  /** @type {Matte} */
  const matte = { alpha: new Float32Array(width * height), width, height, threshold, ramp };
  return {
    apply(alpha) {
      copyUnit(alpha, matte.alpha);
      for (const stage of stages) stage(matte.alpha, width, height);
      return matte;
    },
    reset() {},
  };
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
