/**
 * The clean-up of a matte's shape on the GPU, made when it is first wanted; see ../shape.js.
 */

import { erode, keep } from './shaders/shape.wgsl.js';
import { createFloats, createStep } from './steps.js';

/**
 * @param {GPUDevice} device
 * @param {number} width   of the matte, pixels
 * @param {number} height
 */
export function createShape(device, width, height) {
  const steps = {
    erode: createStep(device, 'erode', erode(width, height)),
    keep: createStep(device, 'keep', keep(width, height)),
  };
  const core = createFloats(device, 'core', width * height);
  const shaped = createFloats(device, 'shaped', width * height);

  return {
    /** The matte that `run` made. */
    shaped,
    /**
     * @param {GPUCommandEncoder} encoder
     * @param {GPUBuffer} matte  stays as it is
     * @param {GPUTextureView} alphaMap  gets the result
     */
    run(encoder, matte, alphaMap) {
      steps.erode.run(encoder, [matte, core], width, height);
      steps.keep.run(encoder, [matte, core, shaped, alphaMap], width, height);
    },
    dispose() {
      core.destroy();
      shaped.destroy();
    },
  };
}
