import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createSegmenter } from '../../../web_template/worker/segmenter.js';

const BYTES = Uint8Array.of(1, 2, 3);
const MODEL = {
  name: 'some',
  variant: 'fp32',
  url: 'https://site.example/some.onnx',
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  bytes: BYTES.length,
  width: 2,
  height: 1,
  threshold: 0.5,
  ramp: null,
};

let runtimes = 0;

/**
 * A runtime as an ES module of its own; what it is told is kept on `globalThis[key]`.
 * @param {string} create  the body of InferenceSession.create(bytes, options)
 */
function runtimeModule(create) {
  const key = `fakeRuntime${++runtimes}`;
  const log = {
    threads: /** @type {number[]} */ ([]),
    disposed: 0,
    feeds: /** @type {any} */ ({}),
  };
  Object.assign(globalThis, { [key]: log });
  const source = `
    const log = globalThis.${key};
    export const env = { wasm: {} };
    export class Tensor {
      constructor(type, data, dims) { Object.assign(this, { type, data, dims }); }
    }
    const session = (alpha) => ({
      inputMetadata: [{ name: 'frame', isTensor: true, shape: [1, 3, 1, 2] }],
      async run(feeds) { log.feeds = feeds; return { alpha: { data: Float32Array.from(alpha) } }; },
      async release() { log.disposed++; },
    });
    export const InferenceSession = { async create(bytes, options) {
      log.threads.push(env.wasm.numThreads);
      log.paths = env.wasm.wasmPaths;
      log.options = options;
      ${create}
    } };`;
  const module = `data:text/javascript,${encodeURIComponent(source)}`;
  return { log, runtime: { module, glue: 'glue.mjs', wasm: 'some.wasm', wasmBytes: 97 } };
}

/**
 * @param {import('node:test').TestContext} context
 * @param {string} create
 * @param {number} [threads]
 */
function start(context, create, threads = 1) {
  context.mock.method(globalThis, 'fetch', async () => new Response(BYTES));
  const { log, runtime } = runtimeModule(create);
  /** @type {{loaded: number, total: number}[]} */
  const progress = [];
  const segmenter = createSegmenter({
    runtime,
    model: MODEL,
    threads,
    onProgress: (each) => progress.push(each),
  });
  return { log, progress, segmenter };
}

test('one input tensor of the contract, filled from outside, again and again', async (context) => {
  const { log, segmenter } = start(context, 'return session([0.25, 0.5]);');
  const { input, run, threads, isRecurrent, dispose } = await segmenter;
  assert.equal(isRecurrent, false);
  assert.deepEqual([...(await run())], [0.25, 0.5]);
  assert.equal(log.feeds.frame.data, input);
  assert.deepEqual(log.feeds.frame.dims, [1, 3, 1, 2]);
  assert.equal(threads, 1);
  await dispose();
  assert.equal(log.disposed, 1);
});

test('the runtime gets its files from the manifest', async (context) => {
  const { log, segmenter } = start(context, 'return session([0, 0]);');
  await segmenter;
  assert.deepEqual(/** @type {any} */ (log).paths, { mjs: 'glue.mjs', wasm: 'some.wasm' });
});

test('progress counts the model and the runtime and ends complete', async (context) => {
  const { progress, segmenter } = start(context, 'return session([0, 0]);');
  await segmenter;
  assert.deepEqual(progress, [
    { loaded: 3, total: 100 },
    { loaded: 100, total: 100 },
  ]);
});

test('a model that does not load is told apart from one that does not run', async (context) => {
  const damaged = start(context, 'throw new Error("protobuf");').segmenter;
  await assert.rejects(damaged, (/** @type {any} */ { code, detail }) => {
    return code === 'model-unavailable' && /protobuf/.test(detail);
  });
  const broken = start(context, 'return { ...session([]), run: () => Promise.reject("op") };');
  await assert.rejects(broken.segmenter, { code: 'inference-failed' });
  assert.equal(broken.log.disposed, 1);
});

test('an answer of another size is refused before a picture is seen', async (context) => {
  const { log, segmenter } = start(context, 'return session([0, 0, 0]);');
  await assert.rejects(segmenter, (/** @type {any} */ { code, detail }) => {
    return code === 'inference-failed' && /3 values/.test(detail);
  });
  assert.equal(log.disposed, 1);
});

test('a runtime that is not there', async (context) => {
  context.mock.method(globalThis, 'fetch', async () => new Response(BYTES));
  const runtime = { module: 'file:///nowhere.mjs', glue: '', wasm: '', wasmBytes: 0 };
  await assert.rejects(
    createSegmenter({ runtime, model: MODEL, threads: 1, onProgress: () => {} }),
    { code: 'model-unavailable' },
  );
});

// Last: it limits the threads of all that come after it.
test('threads that do not start: one thread has to do, from then on', async (context) => {
  const create =
    'if (env.wasm.numThreads > 1) throw new Error("no threads"); return session([0, 0]);';
  const first = start(context, create, 4);
  assert.equal((await first.segmenter).threads, 1);
  assert.deepEqual(first.log.threads, [4, 1]);
  const second = start(context, 'return session([0, 0]);', 4);
  assert.equal((await second.segmenter).threads, 1);
});

/** Answers its state as alpha, and the state plus one as the next one. */
const COUNTER = `return {
  inputMetadata: [
    { name: 'frame', isTensor: true, shape: [1, 3, 1, 2] },
    { name: 'state0_in', isTensor: true, shape: [1, 2] },
  ],
  async run({ state0_in }) {
    await log.gate;
    const next = state0_in.data.map((value) => value + 1);
    return { alpha: { data: state0_in.data }, state0_out: new Tensor('float32', next, [1, 2]) };
  },
  async release() {},
};`;

test('a recurrent model reads what it wrote with the frame before', async (context) => {
  const { segmenter } = start(context, COUNTER);
  const { run, reset, isRecurrent } = await segmenter;
  assert.ok(isRecurrent);
  assert.deepEqual([...(await run())], [0, 0], 'the rehearsal leaves nothing behind');
  assert.deepEqual([...(await run())], [1, 1]);
  assert.deepEqual([...(await run())], [2, 2]);
  reset();
  assert.deepEqual([...(await run())], [0, 0]);
});

test('a reset holds although a frame is being run', async (context) => {
  const { segmenter, log } = start(context, COUNTER);
  const { run, reset } = await segmenter;
  await run();
  let open = () => {};
  Object.assign(log, { gate: new Promise((resolve) => (open = () => resolve(undefined))) });
  const running = run();
  reset();
  open();
  assert.deepEqual([...(await running)], [1, 1]);
  assert.deepEqual([...(await run())], [0, 0]);
});
