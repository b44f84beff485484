/**
 * The WebGL2 compositor: the frame and the soft alpha are textures, an effect is one or a few
 * passes, all on the canvas that the page shows.
 *
 * A lost context shows in one place, `render`, which throws until the browser gives it back;
 * everything is then built anew.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('../mask-filter.js').Matte} Matte
 * @typedef {import('./compositor.js').Compositor} Compositor
 * @typedef {import('./compositor.js').CompositorOptions} CompositorOptions
 * @typedef {import('./gl.js').Program} Program
 * @typedef {import('./gl.js').UniformValue} UniformValue
 */

import { parseColor, standInColor } from '../../shared/effects.js';
import { MatteError } from '../../shared/errors.js';
import * as shaders from '../shaders/composite.frag.js';
import { createBlur } from './blur.js';
import { createProgram, createTexture, drawToCanvas } from './gl.js';

/** @type {WebGLContextAttributes} */
const CONTEXT = {
  alpha: true,
  premultipliedAlpha: true,
  antialias: false,
  depth: false,
  stencil: false,
  powerPreference: 'high-performance',
};

const NO_RAMP = [1, 0];

/**
 * @param {CompositorOptions} options
 * @returns {Compositor}
 * @throws {MatteError} 'webgl-unavailable'
 */
export function createWebgl2Compositor({ canvas, effect, onRestored }) {
  const gl = canvas.getContext('webgl2', CONTEXT);
  if (!gl) throw new MatteError('webgl-unavailable', 'this browser gives no WebGL2 context');
  let scene = createScene(gl);
  scene.setEffect(effect);

  const onLost = (/** @type {Event} */ event) => event.preventDefault(); // asks for it back
  const onBack = () => {
    scene = createScene(gl);
    scene.setEffect(effect);
    onRestored();
  };
  canvas.addEventListener('webglcontextlost', onLost);
  canvas.addEventListener('webglcontextrestored', onBack);
  const requireContext = () => {
    if (gl.isContextLost()) {
      throw new MatteError('webgl-unavailable', 'the graphics context was lost');
    }
  };

  return {
    render(frame, matte) {
      requireContext();
      if (frame && matte) scene.render(frame, matte);
      else scene.renderStandIn();
    },
    resize(width, height) {
      canvas.width = width;
      canvas.height = height;
    },
    setEffect(next) {
      if (effect.kind === 'image') effect.image.close();
      effect = next;
      if (!gl.isContextLost()) scene.setEffect(next);
    },
    snapshot(type) {
      requireContext();
      return canvas.convertToBlob({ type });
    },
    dispose() {
      canvas.removeEventListener('webglcontextlost', onLost);
      canvas.removeEventListener('webglcontextrestored', onBack);
      if (effect.kind === 'image') effect.image.close();
      scene.dispose();
    },
  };
}

/**
 * Everything that a context holds; dead when the context is lost.
 * @param {WebGL2RenderingContext} gl
 */
function createScene(gl) {
  const frameTexture = createTexture(gl);
  const alphaTexture = createTexture(gl);
  const pictureTexture = createTexture(gl);
  const programs = createProgramCache(gl);
  /** @type {ReturnType<typeof createBlur> | null} */
  let blur = null;
  /** @type {Effect} */
  let effect = { kind: 'mask' };

  /** @type {(frame: VideoFrame, matte: Matte) => Record<string, UniformValue>} */
  const upload = (frame, matte) => {
    gl.bindTexture(gl.TEXTURE_2D, frameTexture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, frame);
    gl.bindTexture(gl.TEXTURE_2D, alphaTexture);
    const { width, height, alpha } = matte;
    // Half floats: filtered by every WebGL2, and finer than bytes where the ramp is steep.
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16F, width, height, 0, gl.RED, gl.FLOAT, alpha);
    return {
      frame: frameTexture,
      alphaMap: alphaTexture,
      threshold: Math.min(Math.max(matte.threshold, 1e-3), 1 - 1e-3),
      ramp: matte.ramp ?? NO_RAMP,
    };
  };

  /** @type {(uniforms: Record<string, UniformValue>, width: number, height: number) => void} */
  const draw = (uniforms, width, height) => {
    const onCanvas = { ...uniforms, isCanvas: true };
    switch (effect.kind) {
      case 'blur': {
        blur ??= createBlur(gl);
        const background = blur.render(uniforms, width, height, effect.strength);
        programs.get(shaders.OVER_PICTURE).use({ ...onCanvas, background, coverScale: [1, 1] });
        break;
      }
      case 'image': {
        const coverScale = coverScaleOf(effect.image, gl);
        const picture = { background: pictureTexture, coverScale };
        programs.get(shaders.OVER_PICTURE).use({ ...onCanvas, ...picture });
        break;
      }
      case 'overlay':
        programs
          .get(shaders.OVERLAY)
          .use({ ...onCanvas, tint: parseColor(effect.color).slice(0, 3) });
        break;
      case 'mask':
        programs.get(shaders.ALPHA_ONLY).use(onCanvas);
        break;
      default: // color, cutout
        programs
          .get(shaders.OVER_COLOR)
          .use({ ...onCanvas, background: premultiplied(standInColor(effect)) });
    }
    drawToCanvas(gl);
  };

  return {
    /** @type {(frame: VideoFrame, matte: Matte) => void} */
    render(frame, matte) {
      draw(upload(frame, matte), frame.displayWidth, frame.displayHeight);
    },
    renderStandIn() {
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      gl.clearColor(...premultiplied(standInColor(effect)));
      gl.clear(gl.COLOR_BUFFER_BIT);
      if (effect.kind !== 'image') return;
      const coverScale = coverScaleOf(effect.image, gl);
      programs
        .get(shaders.PICTURE_ONLY)
        .use({ background: pictureTexture, coverScale, isCanvas: true });
      drawToCanvas(gl);
    },
    /** @param {Effect} next */
    setEffect(next) {
      effect = next;
      if (next.kind !== 'image') return;
      gl.bindTexture(gl.TEXTURE_2D, pictureTexture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, next.image);
    },
    dispose() {
      blur?.dispose();
      programs.dispose();
      for (const each of [frameTexture, alphaTexture, pictureTexture]) gl.deleteTexture(each);
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
