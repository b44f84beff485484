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

/** Red, green, blue of two pixels, and their alpha. */
const GOLDEN = Uint8Array.of(255, 0, 51, 0, 0, 0, 255, 0);
const WITH_GOLDEN = {
  golden: {
    url: 'https://site.example/some.golden.bin',
    sha256: createHash('sha256').update(GOLDEN).digest('hex'),
    bytes: GOLDEN.length,
  },
};

const EMPTY_WASM = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const EMPTY_SHA256 = createHash('sha256').update(EMPTY_WASM).digest('hex');
const WASM_TYPE = { headers: { 'Content-Type': 'application/wasm' } };

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
  return {
    log,
    runtime: {
      module,
      glue: 'glue.mjs',
      wasm: 'some.wasm',
      wasmBytes: 97,
      wasmSha256: EMPTY_SHA256,
    },
  };
}

/**
 * @param {import('node:test').TestContext} context
 * @param {string} create
 * @param {number} [threads]
 * @param {Partial<typeof MODEL & {golden: any, isOptimized: boolean, isReduced: boolean}>} [model]
 * @param {typeof createSegmenter} [createSegmenterHere]
 */
function start(context, create, threads = 1, model = {}, createSegmenterHere = createSegmenter) {
  context.mock.method(globalThis, 'fetch', async (/** @type {string} */ url) => {
    if (url.endsWith('.wasm')) return new Response(EMPTY_WASM, WASM_TYPE);
    return new Response(url.endsWith('.bin') ? GOLDEN : BYTES);
  });
  const { log, runtime } = runtimeModule(create);
  /** @type {{loaded: number, total: number}[]} */
  const progress = [];
  const segmenter = createSegmenterHere({
    runtime,
    model: { ...MODEL, ...model },
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

test('a graph that was optimised is run as it is written', async (context) => {
  for (const [isOptimized, level] of /** @type {[boolean, string][]} */ ([
    [true, 'disabled'],
    [false, 'all'],
  ])) {
    const { log, segmenter } = start(context, 'return session([0, 0]);', 1, { isOptimized });
    await segmenter;
    assert.equal(/** @type {any} */ (log).options.graphOptimizationLevel, level);
    context.mock.restoreAll();
  }
});

test('the runtime gets its files from the manifest', async (context) => {
  const { log, segmenter } = start(context, 'return session([0, 0]);');
  await segmenter;
  const { mjs, wasm } = /** @type {any} */ (log).paths;
  assert.equal(wasm, 'some.wasm');
  assert.match(mjs, /\/worker\/runtime-glue\.js#glue\.mjs$/);
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

test('a runtime whose WebAssembly is damaged is no fault of the model', async (context) => {
  const { runtime } = runtimeModule('throw new Error("no backend");');
  context.mock.method(globalThis, 'fetch', async () => new Response(BYTES));
  const segmenter = createSegmenter({
    runtime: { ...runtime, wasm: 'damaged.wasm', wasmBytes: BYTES.length, wasmSha256: '00' },
    model: MODEL,
    threads: 1,
    onProgress: () => {},
  });
  await assert.rejects(segmenter, (/** @type {any} */ { code, message, detail }) => {
    return code === 'model-unavailable' && /runtime/.test(message) && /instead of 00/.test(detail);
  });
});

test('an answer of another size is refused before a picture is seen', async (context) => {
  const { log, segmenter } = start(context, 'return session([0, 0, 0]);');
  await assert.rejects(segmenter, (/** @type {any} */ { code, detail }) => {
    return code === 'inference-failed' && /3 values/.test(detail);
  });
  assert.equal(log.disposed, 1);
});

test('a model is trusted once it has answered the golden frame', async (context) => {
  const { log, segmenter } = start(context, 'return session([1, 0]);', 1, WITH_GOLDEN);
  await segmenter;
  assert.deepEqual([...log.feeds.frame.data], [1, 0, 51 / 255, 0, 0, 0].map(Math.fround));
});

test('one that answers it wrongly is not', async (context) => {
  const { log, segmenter } = start(context, 'return session([0, 1]);', 1, WITH_GOLDEN);
  await assert.rejects(segmenter, { code: 'golden-failed', detail: /1\.0000/ });
  assert.equal(log.disposed, 1);
});

test('a runtime that is not there', async (context) => {
  context.mock.method(globalThis, 'fetch', async () => new Response(BYTES));
  const runtime = {
    module: 'file:///nowhere.mjs',
    glue: '',
    wasm: '',
    wasmBytes: 0,
    wasmSha256: '',
  };
  await assert.rejects(
    createSegmenter({ runtime, model: MODEL, threads: 1, onProgress: () => {} }),
    { code: 'model-unavailable' },
  );
});

/** As `until`, while the clock stands still. @param {() => boolean} condition */
async function turns(condition) {
  for (let i = 0; i < 10_000 && !condition(); i++) await new Promise(setImmediate);
  assert.ok(condition(), `never: ${condition}`);
}

/**
 * Lets time pass as a clock does: what a timer starts is through before the next.
 * @param {import('node:test').TestContext} context
 * @param {number} ms
 */
async function pass(context, ms) {
  for (let passed = 0; passed < ms; passed += 250) {
    context.mock.timers.tick(250);
    await new Promise(setImmediate);
  }
}

/** The limit outlives a test: each of these has an instance of its own. @param {string} name */
const another = async (name) =>
  /** @type {typeof import('../../../web_template/worker/segmenter.js')} */ (
    await import(`../../../web_template/worker/segmenter.js?${name}`)
  );

test('threads that answer the golden frame wrongly: one thread has to do', async (context) => {
  const wrong = 'return session(env.wasm.numThreads > 1 ? [0, 1] : [1, 0]);';
  const { createSegmenter } = await another('golden');
  const { log, segmenter } = start(context, wrong, 2, WITH_GOLDEN, createSegmenter);
  assert.equal((await segmenter).threads, 1);
  assert.deepEqual(log.threads, [2, 1]);
  assert.equal(log.disposed, 1);
});

test('threads that never start: one thread has to do, after the limit', async (context) => {
  const hangs = 'return env.wasm.numThreads > 1 ? new Promise(() => {}) : session([0, 0]);';
  const { createSegmenter } = await another('hangs');
  const arrived = context.mock.method(performance, 'getEntriesByName', () => [{}]);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { log, segmenter } = start(context, hangs, 4, {}, createSegmenter);
  await turns(() => log.threads.length === 1);
  await pass(context, 19_000);
  assert.deepEqual(log.threads, [4], 'not before it');
  await pass(context, 1000);
  assert.equal((await segmenter).threads, 1);
  assert.deepEqual(log.threads, [4, 1]);
  assert.equal(arrived.mock.calls[0].arguments[0], 'some.wasm');
});

test('one thread that never starts is told', async (context) => {
  context.mock.method(performance, 'getEntriesByName', () => [{}]);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { log, segmenter } = start(context, 'return new Promise(() => {});');
  await turns(() => log.threads.length === 1);
  const told = assert.rejects(segmenter, { code: 'start-timeout', message: /not start/ });
  await pass(context, 20_000);
  await told;
});

test('a runtime that still comes over a slow line is waited for', async (context) => {
  const slow = 'return new Promise((resolve) => { log.arrive = () => resolve(session([0, 0])); });';
  const arrived = context.mock.method(performance, 'getEntriesByName', () => []);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { log, segmenter } = start(context, slow);
  await turns(() => log.threads.length === 1);
  await pass(context, 60_000);
  assert.ok(arrived.mock.callCount() > 0);
  /** @type {any} */ (log).arrive();
  assert.equal((await segmenter).threads, 1);
});

test('a reduced runtime that lacks something: the whole one, with as many threads', async (context) => {
  const lacks = `if (env.wasm.wasmPaths.wasm !== 'some.wasm') {
      throw new WebAssembly.RuntimeError('unreachable');
    }
    return session([0, 0]);`;
  const { createSegmenter } = await another('reduced');
  const warn = context.mock.method(console, 'warn', () => {});
  const reduced = { wasm: 'some.reduced.wasm', wasmBytes: 47, wasmSha256: EMPTY_SHA256 };
  /** @type {typeof createSegmenter} */
  const createReduced = ({ runtime, ...options }) =>
    createSegmenter({ ...options, runtime: { ...runtime, reduced } });
  const { log, progress, segmenter } = start(context, lacks, 2, { isReduced: true }, createReduced);
  assert.equal((await segmenter).threads, 2);
  assert.deepEqual(log.threads, [2, 2]);
  assert.equal(warn.mock.callCount(), 1);
  assert.deepEqual(progress.at(-1), { loaded: 50, total: 50 });
  const { log: other } = start(context, 'return session([0, 0]);', 1, {}, createReduced);
  await turns(() => other.threads.length === 1);
  const { wasm } = /** @type {any} */ (other).paths;
  assert.equal(wasm, 'some.wasm', 'a model that it has not been reduced to');
});

// Last of those that start threads: it limits those of all that come after it.
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
