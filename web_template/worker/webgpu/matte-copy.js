/**
 * The matte that is shown, in the compositor's own memory: what made it goes on to the next one, or
 * is replaced, while the picture may have to be drawn again.
 *
 * @typedef {import('./gpu-filter.js').GpuMatte} GpuMatte
 */

import { REPORT_WORDS } from './shaders/filter.wgsl.js';
import { createFloats } from './steps.js';

const COPY = 0x2 | 0x4; // GPUTextureUsage: COPY_DST, TEXTURE_BINDING

/** @param {GPUDevice} device */
export function createMatteCopy(device) {
  const report = createFloats(device, 'shown report', REPORT_WORDS);
  /** @type {GPUTexture | null} */
  let alphaMap = null;
  /** @type {GpuMatte | null} */
  let taken = null;

  return {
    /** Of the matte that was copied last; zeros before. */
    report,
    /**
     * Copies the matte unless it is the one that is there.
     * @param {GPUCommandEncoder} encoder
     * @param {GpuMatte} matte
     * @returns {{alphaMap: GPUTextureView, report: GPUBuffer}}
     */
    take(encoder, matte) {
      const { width, height, onGpu } = matte;
      if (alphaMap?.width !== width || alphaMap.height !== height) {
        alphaMap?.destroy();
        const format = onGpu.alphaMap.format;
        alphaMap = device.createTexture({ size: [width, height], format, usage: COPY });
      }
      if (taken !== matte) {
        encoder.copyTextureToTexture({ texture: onGpu.alphaMap }, { texture: alphaMap }, [
          width,
          height,
        ]);
        encoder.copyBufferToBuffer(onGpu.report, 0, report, 0, report.size);
        taken = matte;
      }
      return { alphaMap: alphaMap.createView(), report };
    },
    dispose() {
      report.destroy();
      alphaMap?.destroy();
    },
  };
}
