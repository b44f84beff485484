/**
 * Which compositor draws: WebGL2 where there is a GPU behind it, else the processor itself.
 *
 * Measured at 1280×720 with a blurred background on two cores: emulated WebGL (SwiftShader) keeps
 * one of them busy for 15 to 35 ms a frame, the processor's own way for 5 to 9 ms. Browsers do not
 * say through `failIfMajorPerformanceCaveat` that GL is emulated, but the renderer's name does; and
 * on machines without a GPU newer ones give no WebGL at all.
 *
 * @typedef {import('./compositor.js').Compositor} Compositor
 * @typedef {import('./compositor.js').CompositorOptions} CompositorOptions
 * @typedef {import('../../shared/messages.js').CompositorChoice} CompositorChoice
 */

import { createCpuCompositor } from './cpu.js';
import { createWebgl2Compositor } from './webgl2.js';

/** Of Chromium, Mesa and Windows. */
const EMULATED = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * @param {CompositorOptions & {choice?: CompositorChoice}} options
 * @returns {Compositor}
 * @throws {import('../../shared/errors.js').MatteError} 'webgl-unavailable'
 */
export function createCompositor({ choice = 'auto', ...options }) {
  const isWebgl = choice === 'webgl2' || (choice === 'auto' && hasGpu());
  return isWebgl ? createWebgl2Compositor(options) : createCpuCompositor(options);
}

/** Asks a scratch context; the canvas itself can have only one kind in its life. */
function hasGpu() {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return false;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER);
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !EMULATED.test(String(name));
}
