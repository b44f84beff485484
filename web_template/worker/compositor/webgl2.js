/**
 * The WebGL2 compositor, on the canvas that the page shows.
 *
 * A lost context shows in one place, `render`, which throws until the browser gives it back;
 * everything on it is then built anew.
 *
 * @typedef {import('./compositor.js').Compositor} Compositor
 * @typedef {import('./compositor.js').CompositorOptions} CompositorOptions
 */

import { MatteError } from '../../shared/errors.js';
import { DEFAULT_LOOKS } from '../../shared/looks.js';
import { createScene } from './scene.js';

/** @type {WebGLContextAttributes} */
const CONTEXT = {
  alpha: true, // for the cut-out
  premultipliedAlpha: true,
  antialias: false,
  depth: false,
  stencil: false,
  powerPreference: 'high-performance',
};

/**
 * @param {CompositorOptions} options
 * @returns {Compositor}
 * @throws {MatteError} 'webgl-unavailable'
 */
export function createWebgl2Compositor({ canvas, effect, onRestored, comments }) {
  const gl = canvas.getContext('webgl2', CONTEXT);
  if (!gl) throw new MatteError('webgl-unavailable', 'this browser gives no WebGL2 context');
  let scene = createScene(gl, comments);
  /** @type {import('../../shared/looks.js').Looks} */
  let looks = DEFAULT_LOOKS;
  scene.setEffect(effect);

  const onLost = (/** @type {Event} */ event) => event.preventDefault(); // asks for it back
  const onBack = () => {
    scene = createScene(gl, comments);
    scene.setEffect(effect);
    scene.setLooks(looks);
    onRestored();
  };
  canvas.addEventListener('webglcontextlost', onLost);
  canvas.addEventListener('webglcontextrestored', onBack);
  const requireContext = () => {
    if (!gl.isContextLost()) return;
    throw new MatteError('webgl-unavailable', 'the graphics context was lost');
  };
  const closeImage = () => {
    if (effect.kind === 'image') effect.image.close();
  };

  return {
    kind: 'webgl2',
    async prepare(frame) {
      requireContext();
      await scene.prepare(frame);
    },
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
      closeImage();
      effect = next;
      if (!gl.isContextLost()) scene.setEffect(next);
    },
    setLooks(next) {
      looks = next;
      scene.setLooks(next);
    },
    snapshot(type) {
      requireContext();
      return canvas.convertToBlob({ type });
    },
    dispose() {
      canvas.removeEventListener('webglcontextlost', onLost);
      canvas.removeEventListener('webglcontextrestored', onBack);
      closeImage();
      scene.dispose();
    },
  };
}
