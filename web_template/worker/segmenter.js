/**
 * Model input → alpha, with onnxruntime-web on the processor.
 *
 * @typedef {import('./golden.js').GoldenFrame} GoldenFrame
 * @typedef {import('./runtime.js').Runtime} Runtime
 * @typedef {import('../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../shared/manifest.js').RuntimeSpec} RuntimeSpec
 *
 * @typedef {object} Segmenter  one model that is ready to run
 * @property {ModelSpec} model
 * @property {number} threads         that the runtime uses
 * @property {Float32Array} input     [3, height, width] RGB 0..1; filled before `run`
 * @property {() => Promise<Float32Array>} run  the alpha of the input, [height, width] 0..1
 * @property {boolean} isRecurrent    it carries states from frame to frame
 * @property {() => void} reset       the next frame has nothing to do with the last one
 * @property {() => Promise<void>} dispose
 *
 * @typedef {object} SegmenterOptions
 * @property {RuntimeSpec} runtime
 * @property {ModelSpec} model
 * @property {number} threads
 * @property {(progress: import('../shared/messages.js').Progress) => void} onProgress
 */

import { capabilities } from '../shared/capabilities.js';
import { MatteError } from '../shared/errors.js';
import { checkGolden, fetchGolden, fillWithGolden } from './golden.js';
import { fetchModel } from './model-fetch.js';
import {
  checkRuntime,
  hasArrived,
  INPUT,
  loadRuntime,
  OUTPUT,
  STATE_INPUT,
  withinLimit,
} from './runtime.js';
import { isTrap, trustedRuntimeFor, withSpare } from './spare-runtime.js';

/** Some browsers hang when threads start (Safari on iOS): then one thread has to do. */
const START_LIMIT_MS = 20_000;

/** What worked: threads that failed once are not tried again. */
let threadLimit = Number.POSITIVE_INFINITY;

/**
 * @param {SegmenterOptions} options
 * @returns {Promise<Segmenter>}
 * @throws {MatteError} 'wasm-blocked' | 'model-unavailable' | 'inference-failed' | 'golden-failed'
 *   | 'start-timeout'
 */
export async function createSegmenter({ runtime, model, threads, onProgress }) {
  if (!capabilities().wasm) {
    throw new MatteError('wasm-blocked', 'WebAssembly is switched off or forbidden by a policy');
  }
  const files = trustedRuntimeFor(runtime, model);
  const total = model.bytes + files.wasmBytes;
  const wanted = () => Math.min(threads, threadLimit);
  const [bytes, golden] = await Promise.all([
    fetchModel(model, (loaded) => onProgress({ loaded, total })),
    fetchGolden(model),
    // All ways to the server at once; a failure shows again, and is handled, below.
    loadRuntime(files, wanted()).catch(() => {}),
  ]);
  const input = new Float32Array(3 * model.height * model.width);
  /** @param {RuntimeSpec} runtime */
  const open = async (runtime) => {
    const start = (/** @type {number} */ count) =>
      withinLimit(
        startSession({ runtime, model, bytes, golden, input }, count),
        START_LIMIT_MS,
        () => hasArrived(runtime.wasm),
      );
    const count = wanted();
    return start(count).catch((error) => {
      if (count === 1 || (runtime.isReduced && isTrap(error))) throw error;
      threadLimit = 1;
      return start(1);
    });
  };
  const segmenter = files.isReduced
    ? await withSpare(
        () => open(files),
        () => open(trustedRuntimeFor(runtime, model)),
      )
    : await open(files);
  onProgress({ loaded: total, total });
  return segmenter;
}

/**
 * @param {{runtime: RuntimeSpec, model: ModelSpec, bytes: Uint8Array, golden: GoldenFrame | null,
 *   input: Float32Array}} parts
 * @param {number} threads
 * @returns {Promise<Segmenter>}
 */
async function startSession({ runtime, model, bytes, golden, input }, threads) {
  const ort = await loadRuntime(runtime, threads);
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: model.isOptimized ? 'disabled' : 'all',
  }).catch(async (error) => {
    await checkRuntime(runtime);
    throw MatteError.from(error, 'model-unavailable', `the model ${model.name} does not load`);
  });
  const frame = new ort.Tensor('float32', input, [1, 3, model.height, model.width]);
  const states = firstStates(ort, session);
  const first = { [INPUT]: frame, ...states };
  let feeds = first;
  const segmenter = {
    model,
    threads,
    input,
    isRecurrent: Object.keys(states).length > 0,
    async run() {
      const fed = feeds;
      const answer = await session.run(fed);
      // A reset while the model ran is not undone by what that run has left.
      if (feeds === fed) feeds = { ...first, ...nextStates(answer) };
      return /** @type {Float32Array} */ (answer[OUTPUT].data);
    },
    reset() {
      feeds = { ...first };
    },
    async dispose() {
      await session.release();
    },
  };
  await rehearse(segmenter, golden).catch(async (error) => {
    await segmenter.dispose();
    throw error;
  });
  return segmenter;
}

/**
 * What a recurrent model reads with its first frame: zeros.
 * @param {Runtime} ort
 * @param {import('onnxruntime-web/wasm').InferenceSession} session
 * @returns {Record<string, import('onnxruntime-web/wasm').Tensor>}
 */
function firstStates(ort, session) {
  const states = session.inputMetadata.filter(({ name }) => STATE_INPUT.test(name));
  return Object.fromEntries(
    states.map((state) => {
      // The builder has fixed every shape.
      const shape = state.isTensor ? state.shape.map(Number) : [];
      const zeros = new Float32Array(shape.reduce((size, n) => size * n, 1));
      return [state.name, new ort.Tensor('float32', zeros, shape)];
    }),
  );
}

/**
 * What it reads with the next one: each `stateN_out` as `stateN_in`.
 * @param {import('onnxruntime-web/wasm').InferenceSession.OnnxValueMapType} answer
 */
function nextStates(answer) {
  const outputs = Object.entries(answer).filter(([name]) => name !== OUTPUT);
  return Object.fromEntries(
    outputs.map(([name, tensor]) => [
      name.replace('_out', '_in'),
      /** @type {import('onnxruntime-web/wasm').Tensor} */ (tensor),
    ]),
  );
}

/**
 * A first run, on the golden frame: it warms the runtime up, and a model that breaks the contract,
 * or a backend that computes something else, is found before it gets a camera's picture.
 * @param {Segmenter} segmenter
 * @param {GoldenFrame | null} golden  none: on a black frame, which proves less
 */
async function rehearse(segmenter, golden) {
  const { name, width, height } = segmenter.model;
  try {
    if (golden) fillWithGolden(golden, segmenter.input);
    const alpha = await segmenter.run();
    if (alpha.length !== width * height) {
      throw new Error(`${alpha.length} values of alpha instead of ${width} × ${height}`);
    }
    if (golden) checkGolden(golden, alpha);
  } catch (error) {
    throw MatteError.from(error, 'inference-failed', `the model ${name} does not run`);
  } finally {
    segmenter.reset();
  }
}
