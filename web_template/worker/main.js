/** The engine with its real parts, which worker.js starts. */

import { createCompositor } from './compositor/choose.js';
import { Engine } from './engine.js';
import { createFrameSampler } from './frame-sampler.js';
import { createSegmenter } from './segmenter.js';
import { openCpuWay } from './ways/cpu-way.js';
import { gpuAnswer } from './webgpu/device.js'; // small, and nothing is requested while frames flow

// The DOM's types, which the page needs, know no worker scope.
const scope = /** @type {{postMessage: (message: any, transfer: Transferable[]) => void}} */ (
  /** @type {unknown} */ (globalThis)
);

export const engine = new Engine({
  post: (message, transfer = []) => scope.postMessage(message, transfer),
  createCompositor,
  async openGpu() {
    const { openGpu } = await import('./webgpu/gpu.js');
    // Whether WebGPU is worth it has been decided before this worker was started.
    return openGpu({ allowSoftware: true });
  },
  askGpu: () => gpuAnswer(),
  openWay: (options) => openCpuWay(options, { createSegmenter, createFrameSampler }),
});
