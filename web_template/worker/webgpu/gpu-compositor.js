/**
 * The compositor of the GPU's way: WebGPU on the canvas, fed by mattes that lie on the same device.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('../compositor/compositor.js').Compositor} Compositor
 * @typedef {import('../compositor/compositor.js').CompositorOptions} CompositorOptions
 * @typedef {import('./gpu-filter.js').GpuMatte} GpuMatte
 */

import { MatteError } from '../../shared/errors.js';
import { requestGpu } from './device.js';
import { createGpuScene } from './gpu-scene.js';

/**
 * @param {GPUDevice} device
 * @param {Pick<CompositorOptions, 'canvas' | 'effect' | 'comments'>} options
 * @param {Promise<MatteError>} failed  when the device is lost, or cannot be relied on
 * @returns {Compositor}
 * @throws {MatteError} 'gpu-unavailable'
 */
export function createGpuCompositor(device, { canvas, effect, comments }, failed) {
  const context = canvas.getContext('webgpu');
  if (!context) throw new MatteError('gpu-unavailable', 'this canvas gives no WebGPU context');
  const format = navigator.gpu.getPreferredCanvasFormat();
  context.configure({ device, format, alphaMode: 'premultiplied' });
  const scene = createGpuScene(device, format, comments);
  scene.setEffect(effect);
  /** @type {MatteError | null} */
  let failure = null;
  const requireDevice = () => {
    if (failure) throw failure;
  };
  failed.then(async (error) => {
    failure = error;
    await drawStandInAnew(context, format, effect);
  });
  const closeImage = () => {
    if (effect.kind === 'image') effect.image.close();
  };

  return {
    kind: 'webgpu',
    async prepare() {
      requireDevice();
    },
    render(frame, matte) {
      requireDevice();
      const target = context.getCurrentTexture();
      if (frame && matte?.onGpu) scene.render(target, frame, /** @type {GpuMatte} */ (matte));
      else scene.renderStandIn(target);
    },
    resize(width, height) {
      canvas.width = width;
      canvas.height = height;
    },
    setEffect(next) {
      closeImage();
      effect = next;
      scene.setEffect(next);
    },
    setLooks(looks) {
      scene.setLooks(looks);
    },
    snapshot: (type) => canvas.convertToBlob({ type }),
    dispose() {
      closeImage();
      scene.dispose();
      context.unconfigure();
    },
  };
}

/**
 * What a canvas shows stays there until something is drawn, and a lost device draws nothing: one
 * that is new does, where there still is a GPU. The page replaces the canvas soon in any case.
 * @param {GPUCanvasContext} context
 * @param {GPUTextureFormat} format
 * @param {Effect} effect
 */
async function drawStandInAnew(context, format, effect) {
  const { device } = await requestGpu(navigator.gpu, { allowSoftware: true });
  if (!device) return;
  context.configure({ device, format, alphaMode: 'premultiplied' });
  const scene = createGpuScene(device, format);
  scene.setEffect(effect);
  scene.renderStandIn(context.getCurrentTexture());
}
