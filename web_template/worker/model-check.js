/**
 * A worker of its own, in which a visitor's model is tried before the engine gets it: whatever it
 * does to the runtime, and however long it takes, the picture goes on. It answers one message.
 *
 * @typedef {import('../shared/manifest.js').RuntimeSpec} RuntimeSpec
 * @typedef {{runtime: RuntimeSpec, file: Blob}} CheckRequest
 * @typedef {{width: number, height: number, inferMs: number}} Checked
 * @typedef {Checked | {refusal: import('../shared/own-model.js').Refusal, message: string}} CheckAnswer
 */

import { checkAlpha, readContract } from '../shared/own-model.js';
import { INPUT, loadRuntime, OUTPUT, STATE_INPUT } from './runtime.js';

const scope = /** @type {{postMessage: (message: CheckAnswer | {failure: string}) => void,
  addEventListener: (type: 'message', listener: (event: MessageEvent) => void) => void}} */ (
  /** @type {unknown} */ (globalThis)
);

scope.addEventListener('message', async ({ data }) => {
  try {
    scope.postMessage(await check(data));
  } catch (error) {
    scope.postMessage({ failure: String(error) });
  }
});

/**
 * @param {CheckRequest} request
 * @returns {Promise<CheckAnswer>}
 */
async function check({ runtime, file }) {
  const ort = await loadRuntime(runtime, 1);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const options = { executionProviders: ['wasm'] };
  const session = await ort.InferenceSession.create(bytes, options).catch((error) => error);
  if (!('inputMetadata' in session)) return { refusal: 'no-model', message: String(session) };
  const size = readContract(session.inputMetadata, session.outputMetadata);
  return 'refusal' in size ? size : rehearse(ort, session, size);
}

/**
 * Two frames, black and noise: what is no probability shows on one of them.
 * @param {import('./runtime.js').Runtime} ort
 * @param {import('onnxruntime-web/wasm').InferenceSession} session
 * @param {{width: number, height: number}} size
 * @returns {Promise<CheckAnswer>}
 */
async function rehearse(ort, session, { width, height }) {
  const data = new Float32Array(3 * width * height);
  const zeros = session.inputMetadata.flatMap((port) => {
    if (!port.isTensor || !STATE_INPUT.test(port.name)) return [];
    const shape = port.shape.map(Number);
    const values = new Float32Array(shape.reduce((count, side) => count * side, 1));
    return [[port.name, new ort.Tensor('float32', values, shape)]];
  });
  let inferMs = 0;
  for (const fill of [() => 0, noise()]) {
    for (let i = 0; i < data.length; i++) data[i] = fill();
    const frame = new ort.Tensor('float32', data, [1, 3, height, width]);
    const startMs = performance.now();
    const answer = await session
      .run({ ...Object.fromEntries(zeros), [INPUT]: frame })
      .catch((error) => String(error));
    if (typeof answer === 'string') return { refusal: 'no-model', message: answer };
    inferMs = performance.now() - startMs;
    const fault = checkAlpha(/** @type {Float32Array} */ (answer[OUTPUT].data), { width, height });
    if (fault) return fault;
  }
  return { width, height, inferMs };
}

/** The same numbers each time, 0..1. */
function noise() {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
