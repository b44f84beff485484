/**
 * How the person is drawn on the GPU: with which shaders, and in which light of the background.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('../../shared/looks.js').Looks} Looks
 * @typedef {import('./gl.js').UniformValue} UniformValue
 */

import { LIGHT_OF_COLOR, LIGHT_OF_PICTURE } from '../shaders/blur.frag.js';
import { personShaders } from '../shaders/composite.frag.js';
import { BENT, LIT, PLAIN } from '../shaders/person.glsl.js';
import { createBlur } from './blur.js';
import { LIGHT_STRENGTH } from './blur-grid.js';

const [plain, bent, lit] = [PLAIN, BENT, LIT].map(personShaders);

/** @param {import('./gl.js').GL} gl */
export function createLight(gl) {
  /** @type {Map<string, ReturnType<typeof createBlur>>} */
  const blurs = new Map();
  const blurOf = (/** @type {string} */ source) => {
    const blur = blurs.get(source) ?? createBlur(gl, { source, isQuotient: false });
    blurs.set(source, blur);
    return blur;
  };

  return {
    /**
     * @param {Effect} effect
     * @param {Looks} looks
     * @param {Record<string, UniformValue>} uniforms  frame, matte and background
     * @param {number} width   of the frame
     * @param {number} height
     * @returns {{shaders: ReturnType<typeof personShaders>, uniforms: Record<string, UniformValue>}}
     *   the uniforms that they need besides
     */
    on(effect, { brightness, lightWrap }, uniforms, width, height) {
      const isReplaced = effect.kind === 'image' || effect.kind === 'color';
      const gamma = 2 ** -brightness;
      if (isReplaced && lightWrap > 0) {
        const blur = blurOf(effect.kind === 'image' ? LIGHT_OF_PICTURE : LIGHT_OF_COLOR);
        const light = blur.render(uniforms, width, height, LIGHT_STRENGTH);
        return { shaders: lit, uniforms: { gamma, light, lightWrap } };
      }
      if (brightness !== 0) return { shaders: bent, uniforms: { gamma } };
      return { shaders: plain, uniforms: {} };
    },
    dispose() {
      for (const blur of blurs.values()) blur.dispose();
    },
  };
}
