/**
 * The colours on both sides of the person's edge, surely person and surely room, on the GPU's way:
 * ../shaders/spill.glsl.js.
 */

import { spillGrid } from '../compositor/blur-grid.js';
import { createGpuBlur } from './gpu-blur.js';
import { createUniforms } from './steps.js';

/**
 * @param {GPUDevice} device
 * @param {GPUBindGroupLayout} layout  of the shaders that read the scene
 * @param {GPUSampler} filtering
 * @param {number} uniformCount  floats of a scene
 */
export function createGpuSides(device, layout, filtering, uniformCount) {
  // The scene's, but for the grid.
  const uniforms = createUniforms(device, 'sides', uniformCount);
  const blurs = /** @type {const} */ (['shrinkPerson', 'shrinkRoom']).map((source) =>
    createGpuBlur(device, layout, filtering, { source, isQuotient: false, gridOf: spillGrid }),
  );

  return {
    /**
     * @param {GPUCommandEncoder} encoder
     * @param {VideoFrame} frame
     * @param {(grid: {cell: number[], taps: number}) => number[]} sceneOn  a grid
     * @param {readonly import('./steps.js').Resource[]} resources  of the scene, but its uniforms
     * @returns {GPUTextureView[]} of person and room; they stay this object's
     */
    draw(encoder, { displayWidth, displayHeight }, sceneOn, resources) {
      const grids = blurs.map((blur) => blur.grid(displayWidth, displayHeight, 0));
      uniforms.write(sceneOn(grids[0].scene));
      blurs.forEach((blur, i) => {
        blur.draw(encoder, grids[i], [uniforms.buffer, ...resources]);
      });
      return grids.map(({ result }) => result);
    },
    dispose() {
      for (const blur of blurs) blur.dispose();
      uniforms.buffer.destroy();
    },
  };
}
