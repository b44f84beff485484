/**
 * A model on the GPU with all that belongs to it, proved on the golden frame: a first run on a black
 * frame, which records the model's commands, then one that replays them.
 *
 * @typedef {import('../../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../golden.js').GoldenFrame} GoldenFrame
 * @typedef {import('../runtime.js').Runtime} Runtime
 * @typedef {import('./gpu-session.js').GpuSession} GpuSession
 */

import { MatteError } from '../../shared/errors.js';
import { checkGolden, fetchGolden, fillWithGolden } from '../golden.js';
import { fetchModel } from '../model-fetch.js';
import { hasArrived, loadRuntime, withinLimit } from '../runtime.js';
import { GpuFilter } from './gpu-filter.js';
import { createGpuSampler } from './gpu-sampler.js';
import { createGpuSession } from './gpu-session.js';
import { readBuffer } from './steps.js';

/** A session's shaders are compiled when it runs first; who has another way to go waits for less. */
const START_LIMIT_MS = 60_000;

/**
 * @param {GPUDevice} device
 * @param {import('../segmenter.js').SegmenterOptions} options  `runtime` is the build with WebGPU
 * @returns {Promise<import('./gpu-way.js').GpuParts>}
 * @throws {MatteError} 'model-unavailable' | 'inference-failed' | 'golden-failed'
 *   | 'start-timeout'
 */
export async function openGpuSegmenter(device, { runtime, model, onProgress }) {
  const total = model.bytes + runtime.wasmBytes;
  const [bytes, golden, ort] = await Promise.all([
    fetchModel(model, (loaded) => onProgress({ loaded, total })),
    fetchGolden(model),
    loadRuntime(runtime, 1),
  ]);
  const start = async () => {
    const recorded = await startSession(device, ort, model, bytes, golden, true).catch(() => null);
    return recorded ?? startSession(device, ort, model, bytes, golden, false);
  };
  const session = await withinLimit(start(), START_LIMIT_MS, () => hasArrived(runtime.wasm));
  onProgress({ loaded: total, total });
  return {
    model,
    session,
    sampler: createGpuSampler(device, session.input, model),
    filter: new GpuFilter(device, model),
  };
}

/**
 * @param {GPUDevice} device
 * @param {Runtime} ort
 * @param {ModelSpec} model
 * @param {Uint8Array} bytes
 * @param {GoldenFrame | null} golden
 * @param {boolean} isRecorded  refused for models of which a part stays on the processor
 * @returns {Promise<GpuSession>}
 */
async function startSession(device, ort, model, bytes, golden, isRecorded) {
  const session = await createGpuSession(device, ort, model, bytes, isRecorded);
  try {
    await rehearse(device, model, session, golden);
    return session;
  } catch (error) {
    await session.dispose();
    throw MatteError.from(error, 'inference-failed', `the model ${model.name} does not run`);
  }
}

/**
 * @param {GPUDevice} device
 * @param {ModelSpec} model
 * @param {GpuSession} session
 * @param {GoldenFrame | null} golden  none: on a black frame alone, which proves less
 */
async function rehearse(device, { width, height }, session, golden) {
  let answered = await session.run();
  if (golden) {
    session.reset();
    const input = new Float32Array(session.input.size / 4);
    fillWithGolden(golden, input);
    device.queue.writeBuffer(session.input, 0, input);
    answered = await session.run();
  }
  const alpha = new Float32Array(await readBuffer(device, answered, 4 * width * height));
  if (golden) checkGolden(golden, alpha);
  else if (alpha.some(Number.isNaN)) throw new Error('the alpha is not a number');
  session.reset();
}
