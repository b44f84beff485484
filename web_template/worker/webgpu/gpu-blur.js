/**
 * A blurred background, or the light of one, on the GPU's way; the algorithm is ../shaders/blur.frag.js's, the grid
 * ../compositor/blur-grid.js's.
 */

import { gaussianKernel } from '../compositor/blur.js';
import { blurGrid } from '../compositor/blur-grid.js';
import { COMPOSITE, GAUSS } from './shaders/composite.wgsl.js';
import { createDrawing, createLayout, createUniforms } from './steps.js';

/** More than bytes: the sums of the weighted colours are divided at the end. */
const FORMAT = 'rgba16float';
const TARGET = 0x4 | 0x10; // GPUTextureUsage: TEXTURE_BINDING, RENDER_ATTACHMENT

/**
 * @typedef {'shrinkFrame' | 'shrinkPicture' | 'shrinkColor' | 'shrinkPerson' | 'shrinkRoom'} Source
 *   what is blurred: the first three weighted by 1 − matte
 *
 * @typedef {object} Grid
 * @property {string} key
 * @property {number} width   pixels
 * @property {number} height
 * @property {GPUTexture} ping
 * @property {GPUTexture} pong
 * @property {GPUTextureView} result
 * @property {boolean} isBlurred  else there is nothing to do after the first step
 * @property {{cell: [number, number], taps: number}} scene  what the first step has to know
 */

/**
 * @param {GPUDevice} device
 * @param {GPUBindGroupLayout} sceneLayout  of the shaders that read the scene
 * @param {GPUSampler} filtering
 * @param {{source: Source, isQuotient: boolean, gridOf?: typeof blurGrid}} what
 *   isQuotient: divided by the blurred weight
 */
export function createGpuBlur(device, sceneLayout, filtering, what) {
  const { source, isQuotient, gridOf = blurGrid } = what;
  const scene = device.createShaderModule({ label: 'composite', code: COMPOSITE });
  const shrink = createDrawing(device, scene, source, FORMAT, sceneLayout);
  const layout = createLayout(device, ['uniforms', 'sampler', 'texture']);
  const module = device.createShaderModule({ label: 'gauss', code: GAUSS });
  const gauss = createDrawing(device, module, 'gauss', FORMAT, layout);
  const kernels = [0, 1].map(() => createUniforms(device, 'kernel', 36));
  /** @type {Grid | null} */
  let current = null;

  const release = () => {
    current?.ping.destroy();
    current?.pong.destroy();
    current = null;
  };
  /** @type {(pixel: [number, number], sigma: number, isLast: boolean) => number[]} */
  const kernelOf = (pixel, sigma, isLast) => {
    const { centre, offsets, weights } = gaussianKernel(sigma);
    const pairs = Array.from(offsets, (offset, i) => [offset, weights[i], 0, 0]);
    return [...pixel, centre, isLast ? 1 : 0, ...pairs.flat()];
  };

  return {
    /**
     * The grid for a frame and a strength.
     * @param {number} frameWidth   pixels
     * @param {number} frameHeight
     * @param {number} strength     0..1
     * @returns {Grid} the blur's, until another one is asked for
     */
    grid(frameWidth, frameHeight, strength) {
      const key = `${frameWidth} ${frameHeight} ${strength}`;
      if (current?.key === key) return current;
      release();
      const { width, height, sigma, taps } = gridOf(frameWidth, frameHeight, strength);
      kernels[0].write(kernelOf([1 / width, 0], sigma, false));
      kernels[1].write(kernelOf([0, 1 / height], sigma, isQuotient));
      const target = () =>
        device.createTexture({ size: [width, height], format: FORMAT, usage: TARGET });
      const [ping, pong] = [target(), target()];
      /** @type {[number, number]} */
      const cell = [1 / width, 1 / height];
      const result = ping.createView();
      const isBlurred = sigma > 0 || isQuotient;
      current = { key, width, height, ping, pong, result, isBlurred, scene: { cell, taps } };
      return current;
    },
    /**
     * @param {GPUCommandEncoder} encoder
     * @param {Grid} grid
     * @param {readonly import('./steps.js').Resource[]} resources  of the scene
     */
    draw(encoder, { pong, result, isBlurred }, resources) {
      shrink.draw(encoder, result, resources);
      if (!isBlurred) return;
      gauss.draw(encoder, pong.createView(), [kernels[0].buffer, filtering, result]);
      gauss.draw(encoder, result, [kernels[1].buffer, filtering, pong.createView()]);
    },
    dispose() {
      release();
      for (const { buffer } of kernels) buffer.destroy();
    },
  };
}
