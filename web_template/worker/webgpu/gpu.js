/**
 * The GPU as the engine sees it: what a frame's way and the compositor are made of once a device is
 * there, and the one error that ends them both. Imported where WebGPU is wanted only.
 *
 * @typedef {import('../compositor/compositor.js').Compositor} Compositor
 * @typedef {import('../compositor/compositor.js').CompositorOptions} CompositorOptions
 * @typedef {import('../segmenter.js').SegmenterOptions} SegmenterOptions
 * @typedef {import('../ways/frame-way.js').FrameWay} FrameWay
 * @typedef {import('./device.js').GpuAnswer} GpuAnswer
 *
 * @typedef {object} Gpu
 * @property {Readonly<GpuAnswer>} answer
 * @property {(options: CompositorOptions) => Compositor} createCompositor
 * @property {(options: SegmenterOptions) => Promise<FrameWay>} openWay
 * @property {Promise<MatteError>} failed  'gpu-lost'; nothing works any more then
 * @property {() => void} dispose          the device goes, and all that was made with it
 */

import { MatteError } from '../../shared/errors.js';
import { requestGpu } from './device.js';
import { createGpuCompositor } from './gpu-compositor.js';
import { openGpuSegmenter } from './gpu-segmenter.js';
import { createGpuWay } from './gpu-way.js';
import { openProved } from './proved.js';

/**
 * @param {{allowSoftware?: boolean}} [options]  take an adapter that computes on the processor too
 * @returns {Promise<Gpu>}
 * @throws {MatteError} 'gpu-unavailable', with the reason's code as its detail
 */
export async function openGpu(options) {
  const { answer, device } = await requestGpu(navigator.gpu, options);
  if (!device) {
    throw new MatteError('gpu-unavailable', 'WebGPU cannot be used here', `${answer.reason}`);
  }
  /** @type {MatteError | null} */
  let failure = null;
  const failed = failureOf(device);
  failed.then((error) => {
    failure = error;
  });
  const requireDevice = () => {
    if (failure) throw failure;
  };
  return {
    answer,
    failed,
    createCompositor: (given) => createGpuCompositor(device, given, failed),
    async openWay(given) {
      const open = (/** @type {SegmenterOptions} */ options) => {
        requireDevice();
        return openGpuSegmenter(device, options);
      };
      return createGpuWay(await openProved(open, given));
    },
    dispose() {
      device.destroy();
    },
  };
}

/**
 * The device is lost (unplugged, reset, or destroyed), or it was told something that it refuses:
 * what it draws cannot be trusted from then on.
 * @param {GPUDevice} device
 * @returns {Promise<MatteError>}
 */
function failureOf(device) {
  return new Promise((resolve) => {
    device.lost.then(({ reason, message }) => {
      resolve(new MatteError('gpu-lost', 'the GPU was lost', `${reason} ${message}`.trim()));
    });
    device.addEventListener('uncapturederror', ({ error }) => {
      resolve(new MatteError('gpu-lost', 'the GPU refuses its work', error.message));
    });
  });
}
