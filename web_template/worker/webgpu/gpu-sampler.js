/**
 * Frame → model input, on the GPU: the frame is imported, not copied, and one shader reads it.
 *
 * @typedef {import('../orientation.js').Size} Size
 * @typedef {import('../region-of-interest.js').Rect} Rect
 */

import { SAMPLE } from './shaders/sample.wgsl.js';
import { createStep, createUniforms, submit } from './steps.js';

/**
 * @param {GPUDevice} device
 * @param {GPUBuffer} input  [3, height, width] float32
 * @param {Size} size        of the model's input
 */
export function createGpuSampler(device, input, size) {
  const step = createStep(device, 'sample', SAMPLE);
  const look = createUniforms(device, 'look', 8);
  return {
    /**
     * @param {VideoFrame} frame  stays the caller's
     * @param {Rect} rect         what of it is sampled, pixels of the upright picture
     * @param {Size} picture      the upright picture's size
     */
    sample(frame, rect, picture) {
      const { x, y, width, height } = rect;
      look.write([x, y, width, height, picture.width, picture.height, size.width, size.height]);
      const external = device.importExternalTexture({ source: frame });
      submit(device, (encoder) => {
        step.run(encoder, [look.buffer, external, input], size.width, size.height);
      });
    },
    dispose() {
      look.buffer.destroy();
    },
  };
}
