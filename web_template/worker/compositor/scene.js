/**
 * What a WebGL2 context draws: the frame, the soft alpha and the background are textures; the
 * background's, the person's and the edges' regions are each drawn by the cheapest shader that
 * does. All of it is dead when the context is lost.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('../mask-filter.js').Matte} Matte
 * @typedef {import('./gl.js').Program} Program
 * @typedef {import('./gl.js').UniformValue} UniformValue
 * @typedef {Record<string, UniformValue>} Uniforms
 */

import { parseColor, standInColor } from '../../shared/effects.js';
import { DEFAULT_LOOKS } from '../../shared/looks.js';
import { uprightSize } from '../orientation.js';
import * as shaders from '../shaders/composite.frag.js';
import { createAlphaMap } from './alpha-map.js';
import { createBlur } from './blur.js';
import { createCommentQuads } from './comment-quads.js';
import { createFrameTexture } from './frame-texture.js';
import { createProgram, createTexture, drawRects, drawWhole } from './gl.js';
import { createLight } from './light.js';

/**
 * @param {WebGL2RenderingContext} gl
 * @param {import('../comments/comment-layer.js').CommentLayer} [comments]
 */
export function createScene(gl, comments) {
  const frameTexture = createFrameTexture(gl);
  const alphaMap = createAlphaMap(gl);
  const picture = createTexture(gl);
  const programs = createProgramCache(gl);
  /** @type {ReturnType<typeof createBlur> | null} */
  let blur = null;
  const light = createLight(gl);
  let looks = DEFAULT_LOOKS;
  /** @type {ReturnType<typeof createCommentQuads> | null} */
  let quads = null;
  /** @type {Effect} */
  let effect = { kind: 'mask' };

  const toCanvas = () => {
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
  };
  const clear = () => {
    gl.clearColor(...premultiplied(standInColor(effect)));
    gl.clear(gl.COLOR_BUFFER_BIT);
  };

  /**
   * The shaders of the three kinds of regions; a null one leaves what was cleared.
   * @type {(uniforms: Uniforms, onBackground: string | null, onPerson: string, onEdge: string) => void}
   */
  const drawRegions = (uniforms, onBackground, onPerson, onEdge) => {
    const { background, person, edge } = alphaMap.bindRegions();
    if (onBackground) {
      programs.get(onBackground).use(uniforms);
      drawRects(gl, 0, background);
    }
    programs.get(onPerson).use(uniforms);
    drawRects(gl, background, person);
    programs.get(onEdge).use(uniforms);
    drawRects(gl, background + person, edge);
  };

  /** @type {(uniforms: Uniforms, person: import('../shaders/composite.frag.js').PersonShaders) => void} */
  const drawEffect = (uniforms, person) => {
    const { FRAME_ONLY, PICTURE_ONLY, TINTED, OVERLAY } = shaders;
    switch (effect.kind) {
      case 'blur':
      case 'image':
        drawRegions(uniforms, PICTURE_ONLY, person.only, person.overPicture);
        break;
      case 'overlay': {
        const tint = parseColor(effect.color).slice(0, 3);
        drawRegions({ ...uniforms, tint }, FRAME_ONLY, TINTED, OVERLAY);
        break;
      }
      case 'mask':
        programs.get(shaders.ALPHA_ONLY).use(uniforms);
        drawWhole(gl);
        break;
      default:
        clear();
        drawRegions(uniforms, null, person.only, person.overColor);
    }
  };

  /** @type {(matte: Uniforms | null) => void} */
  const drawComments = (matte) => {
    if (effect.kind === 'mask') return;
    const size = { width: gl.drawingBufferWidth, height: gl.drawingBufferHeight };
    const placed = comments?.place(size.width, size.height) ?? [];
    if (placed.length > 0) quads ??= createCommentQuads(gl);
    quads?.draw(placed, size, matte, effect.kind === 'cutout');
  };

  return {
    /** @param {VideoFrame} frame */
    prepare: (frame) => frameTexture.prepare(frame),

    /** @type {(frame: VideoFrame, matte: Matte) => void} */
    render(frame, matte) {
      frameTexture.upload(frame);
      const { displayWidth, displayHeight } = frame;
      /** @type {Uniforms} */
      const uniforms = { frame: frameTexture.texture, ...alphaMap.upload(matte) };
      if (effect.kind === 'blur') {
        blur ??= createBlur(gl);
        frameTexture.setFilter(gl.LINEAR);
        const { strength } = effect;
        uniforms.background = blur.render(uniforms, displayWidth, displayHeight, strength);
        uniforms.coverScale = [1, 1];
      } else if (effect.kind === 'image') {
        uniforms.background = picture;
        uniforms.coverScale = coverScaleOf(effect.image, gl);
      } else {
        uniforms.background = premultiplied(standInColor(effect));
      }
      if (looks.spill > 0) frameTexture.setFilter(gl.LINEAR); // it is read on a coarse grid
      const person = light.on(effect, looks, uniforms, displayWidth, displayHeight);
      frameTexture.setFilter(isPixelOnPixel(frame, gl) ? gl.NEAREST : gl.LINEAR);
      toCanvas();
      drawEffect({ ...uniforms, ...person.uniforms, isCanvas: true }, person.shaders);
      drawComments(uniforms);
    },

    renderStandIn() {
      toCanvas();
      clear();
      if (effect.kind === 'image') {
        const coverScale = coverScaleOf(effect.image, gl);
        programs.get(shaders.PICTURE_ONLY).use({ background: picture, coverScale, isCanvas: true });
        drawWhole(gl);
      }
      drawComments(null);
    },

    /** @param {Effect} next */
    setEffect(next) {
      effect = next;
      if (next.kind !== 'image') return;
      gl.bindTexture(gl.TEXTURE_2D, picture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, next.image);
    },

    /** @param {import('../../shared/looks.js').Looks} next */
    setLooks(next) {
      looks = next;
      alphaMap.setLooks(next);
    },

    dispose() {
      blur?.dispose();
      light.dispose();
      quads?.dispose();
      programs.dispose();
      alphaMap.dispose();
      frameTexture.dispose();
      gl.deleteTexture(picture);
    },
  };
}

/**
 * Programs by source, compiled when they are first needed: a visitor uses few of them.
 * @param {WebGL2RenderingContext} gl
 */
function createProgramCache(gl) {
  /** @type {Map<string, Program>} */
  const programs = new Map();
  return {
    /** @param {string} source */
    get(source) {
      const program = programs.get(source) ?? createProgram(gl, source);
      programs.set(source, program);
      return program;
    },
    dispose() {
      for (const program of programs.values()) program.dispose();
    },
  };
}

/**
 * @param {VideoFrame} frame
 * @param {WebGL2RenderingContext} gl
 */
function isPixelOnPixel(frame, { drawingBufferWidth, drawingBufferHeight }) {
  const { width, height } = uprightSize(frame);
  return width === drawingBufferWidth && height === drawingBufferHeight;
}

/**
 * @param {{width: number, height: number}} picture
 * @param {WebGL2RenderingContext} gl
 */
function coverScaleOf({ width, height }, gl) {
  const aspect = width / height / (gl.drawingBufferWidth / gl.drawingBufferHeight);
  return aspect > 1 ? [1 / aspect, 1] : [1, aspect];
}

/**
 * @param {import('../../shared/effects.js').Rgba} color
 * @returns {[number, number, number, number]}
 */
function premultiplied([red, green, blue, alpha]) {
  return [red * alpha, green * alpha, blue * alpha, alpha];
}
