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
 * @property {boolean} isRecurrent
 * @property {boolean} isRecorded  the model's commands are recorded by the first run, then replayed
 * @property {() => Promise<GPUBuffer>} run  the alpha, [height, width] float32, until the next run;
 *   resolved when the work is with the GPU, not when it is done
 * @property {() => void} reset    the next frame has nothing to do with the last one
 * @property {() => Promise<void>} dispose
 *
 * @typedef {{name: string, shape: number[], buffer: GPUBuffer}} State  where a run reads it
 */

import { MatteError } from '../../shared/errors.js';
import { INPUT, OUTPUT, STATE_INPUT } from '../runtime.js';
import { createFloats, submit } from './steps.js';

/** How much the runtime writes to the console. */
const ERROR = 3;
const FATAL = 4;

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
  const states = statesOf(session).map((state) => ({ ...state, buffer: bufferOf(device, state) }));
  const feeds = Object.fromEntries(
    [{ name: INPUT, shape: [1, 3, height, width], buffer: input }, ...states].map(
      ({ name, shape, buffer }) => [name, tensorOf(ort, buffer, shape)],
    ),
  );
  const answers = isRecorded ? null : ownAnswers(device, ort, model, states);

  let epoch = 0;
  return {
    input,
    isRecurrent: states.length > 0,
    isRecorded,
    async run() {
      const before = epoch;
      const answer = answers ? await session.run(feeds, answers) : await session.run(feeds);
      // A reset while the model ran is not undone by what that run has left.
      if (before === epoch && states.length > 0) {
        submit(device, (encoder) => carry(encoder, states, answer));
      }
      const alpha = /** @type {GPUBuffer} */ (answer[OUTPUT].gpuBuffer);
      // A recorded session goes on writing to buffers of its own; this lets go of their handles.
      if (!answers) for (const tensor of Object.values(answer)) tensor.dispose();
      return alpha;
    },
    reset() {
      epoch++;
      if (states.length === 0) return;
      submit(device, (encoder) => {
        for (const { buffer } of states) encoder.clearBuffer(buffer);
      });
    },
    async dispose() {
      await session.release();
      const own = answers ? Object.values(answers).map(({ gpuBuffer }) => gpuBuffer) : [];
      for (const buffer of [input, ...states.map((state) => state.buffer), ...own]) {
        /** @type {GPUBuffer} */ (buffer).destroy();
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
    logSeverityLevel: enableGraphCapture ? FATAL : ERROR, // a refusal to record is no error
  }).catch((error) => {
    const message = `the model ${model.name} does not load on the GPU`;
    throw new MatteError('model-unavailable', message, `${error}`);
  });
}

/**
 * @param {InferenceSession} session
 * @returns {{name: string, shape: number[]}[]}
 */
function statesOf(session) {
  return session.inputMetadata
    .filter(({ name }) => STATE_INPUT.test(name))
    .map((state) => ({
      name: state.name,
      // The builder has fixed every shape.
      shape: state.isTensor ? state.shape.map(Number) : [],
    }));
}

/** @param {State} state */
function answerName({ name }) {
  return name.replace('_in', '_out');
}

/**
 * The answers of a session that is not recorded, in buffers that stay.
 * @param {GPUDevice} device
 * @param {Runtime} ort
 * @param {ModelSpec} model
 * @param {readonly State[]} states
 * @returns {Record<string, Tensor>}
 */
function ownAnswers(device, ort, { width, height }, states) {
  const wanted = [
    { name: OUTPUT, shape: [1, 1, height, width] },
    ...states.map((state) => ({ name: answerName(state), shape: state.shape })),
  ];
  return Object.fromEntries(
    wanted.map((each) => [each.name, tensorOf(ort, bufferOf(device, each), each.shape)]),
  );
}

/**
 * @param {GPUDevice} device
 * @param {{name: string, shape: readonly number[]}} tensor
 */
function bufferOf(device, { name, shape }) {
  const size = shape.reduce((product, n) => product * n, 1);
  return createFloats(device, name, size);
}

/**
 * @param {Runtime} ort
 * @param {GPUBuffer} buffer
 * @param {readonly number[]} dims
 */
function tensorOf(ort, buffer, dims) {
  return ort.Tensor.fromGpuBuffer(/** @type {any} */ (buffer), { dataType: 'float32', dims });
}

/**
 * By copies and not in turns, since recorded commands know their buffers.
 * @param {GPUCommandEncoder} encoder
 * @param {readonly State[]} states
 * @param {Readonly<Record<string, any>>} answer  tensors
 */
function carry(encoder, states, answer) {
  for (const state of states) {
    const { gpuBuffer } = answer[answerName(state)];
    encoder.copyBufferToBuffer(gpuBuffer, 0, state.buffer, 0, state.buffer.size);
  }
}
