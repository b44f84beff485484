/**
 * onnxruntime-web on the GPU: the model's input and its alpha are buffers of the engine's own
 * device, so nothing is read back. A recurrent model's states stay there too.
 *
 * @typedef {import('../../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../runtime.js').Runtime} Runtime
 * @typedef {import('onnxruntime-web/wasm').InferenceSession} InferenceSession
 * @typedef {import('onnxruntime-web/wasm').Tensor} Tensor
 *
 * @typedef {object} GpuSession
 * @property {GPUBuffer} input   [3, height, width] float32, RGB 0..1; filled before `run`
 * @property {GPUBuffer} alpha   [height, width] float32
 * @property {boolean} isRecurrent
 * @property {boolean} isRecorded  the model's commands are recorded by the first run, then replayed
 * @property {() => Promise<void>} run  resolved when the work is with the GPU, not when it is done
 * @property {() => void} reset    the next frame has nothing to do with the last one
 * @property {() => Promise<void>} dispose
 *
 * @typedef {{from: GPUBuffer, to: GPUBuffer}} State  what a run leaves, and where the next reads it
 */

import { MatteError } from '../../shared/errors.js';
import { INPUT, OUTPUT, STATE_INPUT } from '../runtime.js';
import { createFloats, submit } from './steps.js';

/**
 * @param {GPUDevice} device
 * @param {Runtime} ort
 * @param {ModelSpec} model
 * @param {Uint8Array} bytes
 * @param {boolean} isRecorded  refused for models of which a part stays on the processor
 * @returns {Promise<GpuSession>}
 * @throws {MatteError} 'model-unavailable'
 */
export async function createGpuSession(device, ort, model, bytes, isRecorded) {
  const session = await openSession(device, ort, model, bytes, isRecorded);
  const { width, height } = model;
  const input = createFloats(device, INPUT, 3 * width * height);
  const alpha = createFloats(device, OUTPUT, width * height);
  /** @param {GPUBuffer} buffer @param {readonly number[]} dims */
  const tensor = (buffer, dims) =>
    ort.Tensor.fromGpuBuffer(/** @type {any} */ (buffer), { dataType: 'float32', dims });
  /** @type {Record<string, Tensor>} */
  const feeds = { [INPUT]: tensor(input, [1, 3, height, width]) };
  /** @type {Record<string, Tensor>} */
  const answer = { [OUTPUT]: tensor(alpha, [1, 1, height, width]) };
  const states = statesOf(session).map(({ name, shape }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const state = { from: createFloats(device, name, size), to: createFloats(device, name, size) };
    feeds[name] = tensor(state.to, shape);
    answer[name.replace('_in', '_out')] = tensor(state.from, shape);
    return state;
  });

  let epoch = 0;
  return {
    input,
    alpha,
    isRecurrent: states.length > 0,
    isRecorded,
    async run() {
      const before = epoch;
      await session.run(feeds, answer);
      // A reset while the model ran is not undone by what that run has left.
      if (before === epoch && states.length > 0)
        submit(device, (encoder) => carry(encoder, states));
    },
    reset() {
      epoch++;
      if (states.length === 0) return;
      submit(device, (encoder) => {
        for (const { to } of states) encoder.clearBuffer(to);
      });
    },
    async dispose() {
      await session.release();
      for (const buffer of [input, alpha]) buffer.destroy();
      for (const { from, to } of states) {
        from.destroy();
        to.destroy();
      }
    },
  };
}

/**
 * @param {GPUDevice} device
 * @param {Runtime} ort
 * @param {ModelSpec} model
 * @param {Uint8Array} bytes
 * @param {boolean} enableGraphCapture
 */
function openSession(device, ort, model, bytes, enableGraphCapture) {
  return ort.InferenceSession.create(bytes, {
    executionProviders: [/** @type {any} */ ({ name: 'webgpu', device })],
    graphOptimizationLevel: 'all',
    preferredOutputLocation: 'gpu-buffer',
    enableGraphCapture,
  }).catch((error) => {
    const message = `the model ${model.name} does not load on the GPU`;
    throw new MatteError('model-unavailable', message, `${error}`);
  });
}

/** @param {InferenceSession} session */
function statesOf(session) {
  return session.inputMetadata
    .filter(({ name }) => STATE_INPUT.test(name))
    .map((state) => ({
      name: state.name,
      // The builder has fixed every shape.
      shape: state.isTensor ? state.shape.map(Number) : [],
    }));
}

/**
 * By copies and not in turns, since recorded commands know their buffers.
 * @param {GPUCommandEncoder} encoder
 * @param {readonly State[]} states
 */
function carry(encoder, states) {
  for (const { from, to } of states) encoder.copyBufferToBuffer(from, 0, to, 0, from.size);
}
