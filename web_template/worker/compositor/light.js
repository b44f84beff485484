/**
 * How the person is drawn on the GPU: with which shaders, in which light of the background, with how
 * much of the old one's colour at the edge.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('../../shared/looks.js').Looks} Looks
 * @typedef {import('./gl.js').UniformValue} UniformValue
 * @typedef {Record<string, UniformValue>} Uniforms
 */

import { LIGHT_OF_COLOR, LIGHT_OF_PICTURE, SHRINK, SHRINK_PERSON } from '../shaders/blur.frag.js';
import { personShaders } from '../shaders/composite.frag.js';
import { BENT, LIT, PLAIN } from '../shaders/person.glsl.js';
import { CLEANED, SURE_PERSON, SURE_ROOM } from '../shaders/spill.glsl.js';
import { createBlur } from './blur.js';
import { LIGHT_STRENGTH, spillGrid } from './blur-grid.js';

const [plain, bent, lit] = [PLAIN, BENT, LIT].map((person) => ({
  asItIs: personShaders(person),
  cleaned: personShaders(person, CLEANED),
}));

/** @param {import('./gl.js').GL} gl */
export function createLight(gl) {
  /** @type {Map<string, ReturnType<typeof createBlur>>} */
  const blurs = new Map();
  /** @type {(source: string, gridOf?: typeof spillGrid) => ReturnType<typeof createBlur>} */
  const blurOf = (source, gridOf) => {
    const blur = blurs.get(source) ?? createBlur(gl, { source, isQuotient: false, gridOf });
    blurs.set(source, blur);
    return blur;
  };

  return {
    /**
     * @param {Effect} effect
     * @param {Looks} looks
     * @param {Uniforms} uniforms  frame (filtered), matte and background
     * @param {number} width   of the frame
     * @param {number} height
     * @returns {{shaders: ReturnType<typeof personShaders>, uniforms: Uniforms}} the uniforms that
     *   they need besides
     */
    on(effect, looks, uniforms, width, height) {
      const { brightness, lightWrap, spill } = looks;
      const kind = takesLight(effect) && lightWrap > 0 ? lit : brightness !== 0 ? bent : plain;
      /** @type {Uniforms} */
      const own = kind === plain ? {} : { gamma: 2 ** -brightness };
      if (kind === lit) {
        const blur = blurOf(effect.kind === 'image' ? LIGHT_OF_PICTURE : LIGHT_OF_COLOR);
        own.light = blur.render(uniforms, width, height, LIGHT_STRENGTH);
        own.lightWrap = lightWrap;
      }
      if (spill === 0 || !replacesRoom(effect)) return { shaders: kind.asItIs, uniforms: own };
      const side = (/** @type {string} */ source, /** @type {readonly number[]} */ ramp) =>
        blurOf(source, spillGrid).render({ ...uniforms, ramp: [...ramp] }, width, height);
      own.surePerson = side(SHRINK_PERSON, SURE_PERSON);
      own.sureRoom = side(SHRINK, SURE_ROOM);
      own.spill = spill;
      return { shaders: kind.cleaned, uniforms: own };
    },
    dispose() {
      for (const blur of blurs.values()) blur.dispose();
    },
  };
}

/**
 * Whether there is a background whose light can fall on the person.
 * @param {Effect} effect
 */
function takesLight({ kind }) {
  return kind === 'image' || kind === 'color';
}

/**
 * Whether the room is gone, so that its colour is wrong at the edge.
 * @param {Effect} effect
 */
function replacesRoom({ kind }) {
  return kind === 'image' || kind === 'color' || kind === 'cutout';
}
