import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { MatteError } from '../../../web_template/shared/errors.js';
import { checkLooks, DEFAULT_LOOKS } from '../../../web_template/shared/looks.js';
import { createMockCompositor } from '../../../web_template/worker/compositor/mock.js';
import { Engine } from '../../../web_template/worker/engine.js';
import { openCpuWay } from '../../../web_template/worker/ways/cpu-way.js';
import { FakeFrame, until } from '../fakes.js';

/** @typedef {import('../../../web_template/worker/segmenter.js').SegmenterOptions} SegmenterOptions */

const RUNTIME = { module: 'm', glue: 'g', wasm: 'w', wasmBytes: 10, wasmSha256: 'ab' };

/** @param {string} name */
const modelNamed = (name) => ({
  name,
  variant: 'fp16',
  url: '',
  sha256: '',
  bytes: 1,
  width: 2,
  height: 1,
  threshold: 0.5,
  ramp: null,
});

/**
 * A GPU whose compositor is a mock and whose way is another one's.
 * @param {(options: SegmenterOptions) => Promise<import('../../../web_template/worker/ways/frame-way.js').FrameWay>} openWay
 */
function fakeGpu(openWay) {
  /** @type {(error: MatteError) => void} */
  let fail = () => {};
  /** @type {any[]} */
  const drawn = [];
  const failed = new Promise((resolve) => {
    fail = resolve;
  });
  return /** @type {any} */ ({
    answer: { reason: null, isSoftware: false, hasF16: false, name: '' },
    failed,
    fail: () => fail(new MatteError('gpu-lost', 'made to fail')),
    drawn,
    createCompositor: (/** @type {any} */ options) => {
      const compositor = createMockCompositor(options);
      compositor.drawn = drawn;
      return Object.assign(compositor, { kind: 'webgpu' });
    },
    openWay: async (/** @type {SegmenterOptions} */ options) => ({
      ...(await openWay(options)),
      backend: 'webgpu',
    }),
  });
}

/** An engine whose model answers with the frame's timestamp. */
function createEngine() {
  /** @type {any[]} */
  const posted = [];
  /** @type {ReturnType<typeof createMockCompositor>[]} */
  const compositors = [];
  /** @type {{model: string, disposed: boolean}[]} */
  const segmenters = [];
  const faults = {
    createSegmenter: /** @type {Error | null} */ (null),
    run: /** @type {Error | null} */ (null),
    createCompositor: /** @type {Error | null} */ (null),
    openGpu: /** @type {Error | null} */ (null),
  };
  /** @type {import('../../../web_template/worker/ways/cpu-way.js').CpuMakers} */
  const makers = {
    async createSegmenter({ model, threads, onProgress }) {
      if (faults.createSegmenter) throw faults.createSegmenter;
      const record = { model: model.name, disposed: false };
      segmenters.push(record);
      onProgress({ loaded: 11, total: 11 });
      const input = new Float32Array(6);
      return {
        model,
        threads,
        input,
        isRecurrent: false,
        async run() {
          if (faults.run) throw faults.run;
          return Float32Array.of(input[0], input[0]);
        },
        reset() {},
        async dispose() {
          record.disposed = true;
        },
      };
    },
    createFrameSampler: () => ({
      way: 'fake',
      times: {},
      dispose() {},
      async sample(frame, out) {
        out[0] = frame.timestamp / 100;
      },
    }),
  };
  const gpu = fakeGpu((options) => openCpuWay(options, makers));
  const engine = new Engine({
    post: (message) => posted.push(message),
    askGpu: async () => ({ reason: 'no-adapter', isSoftware: false, hasF16: false, name: '' }),
    async openGpu() {
      if (faults.openGpu) throw faults.openGpu;
      return gpu;
    },
    createCompositor(options) {
      if (faults.createCompositor) throw faults.createCompositor;
      const compositor = createMockCompositor(options);
      compositors.push(compositor);
      return compositor;
    },
    openWay: (options) => openCpuWay(options, makers),
  });
  let nextId = 1;
  const harness = {
    engine,
    posted,
    segmenters,
    faults,
    gpu,
    compositor: () => compositors[0],
    /** @param {string} type @param {object} [payload] */
    async request(type, payload = {}) {
      const id = nextId++;
      await engine.handle(/** @type {any} */ ({ type, id, payload }));
      const answer = posted.find((message) => message.type === 'reply' && message.id === id);
      if (!answer.ok) throw MatteError.fromWire(answer.error);
      return answer.value;
    },
    /** @param {object} [changes] */
    init: (changes = {}) =>
      harness.request('init', {
        ...changes,
        canvas: {},
        runtime: RUNTIME,
        threads: 2,
        effect: { kind: 'cutout' },
      }),
    /** @param {number} sourceId @param {string} [source] */
    attachFrames: (sourceId, source = 'stream') =>
      harness.request('attach', { sourceId, input: { kind: 'frames', source } }),
    /** @param {number} sourceId @param {number} timestamp */
    push(sourceId, timestamp) {
      const frame = new FakeFrame({ timestamp });
      engine.handle({ type: 'frame', sourceId, frame: frame.asVideoFrame });
      return frame;
    },
    /** @param {string} name */
    events: (name) => posted.filter((message) => message.name === name).map(({ value }) => value),
  };
  return harness;
}

/** @type {ReturnType<typeof createEngine>[]} */
const running = [];

async function started() {
  const harness = createEngine();
  running.push(harness);
  await harness.init();
  await harness.request('load-model', { model: modelNamed('first') });
  return harness;
}

afterEach(async () => {
  for (const harness of running.splice(0)) await harness.request('detach');
  assert.equal(FakeFrame.open.size, 0, 'frames that nobody closed');
});

test('init draws the background alone and tells what the worker can', async () => {
  const harness = createEngine();
  const caps = await harness.init();
  assert.equal(caps.wasm, true);
  assert.deepEqual(harness.compositor().drawn, [{ frame: null, matte: null }]);
});

test('without WebGL the page is told so', async () => {
  const harness = createEngine();
  harness.faults.createCompositor = new MatteError('webgl-unavailable', 'none');
  await assert.rejects(harness.init(), { code: 'webgl-unavailable' });
});

test('nothing works before init', async () => {
  await assert.rejects(createEngine().request('capture'), { code: 'unknown' });
});

test('frames of the attached source are matted; the states follow', async () => {
  const harness = await started();
  await harness.attachFrames(1);
  harness.push(1, 10);
  await until(() => harness.events('first-matte').length === 1);
  assert.deepEqual(harness.events('state'), ['loading', 'running']);
  assert.deepEqual(harness.events('size'), [{ width: 4, height: 4 }]);
  assert.deepEqual(harness.events('frame-taken'), [{ sourceId: 1 }]);
  assert.ok(harness.events('first-matte')[0].startupMs >= 0);
  const stats = harness.events('stats').at(-1);
  assert.deepEqual(
    [stats.model, stats.variant, stats.backend, stats.threads, stats.sampler, stats.source],
    ['first', 'fp16', 'wasm', 2, 'fake', 'stream'],
  );
  assert.deepEqual([stats.frames, stats.width, stats.height], [1, 4, 4]);
});

test('first-matte is told once for each source', async () => {
  const harness = await started();
  for (const sourceId of [1, 2]) {
    await harness.attachFrames(sourceId);
    for (const timestamp of [1, 2]) {
      harness.push(sourceId, timestamp);
      await until(() => harness.compositor().drawn.at(-1)?.frame?.timestamp === timestamp);
    }
  }
  assert.equal(harness.events('first-matte').length, 2);
});

test('a frame of a source that is gone is closed unseen', async () => {
  const harness = await started();
  await harness.attachFrames(2);
  const late = harness.push(1, 99);
  assert.equal(late.isClosed, true);
  assert.ok(harness.compositor().drawn.every(({ frame }) => frame === null));
});

test('another source: the picture of the old one goes at once', async () => {
  const harness = await started();
  await harness.attachFrames(1);
  harness.push(1, 10);
  await until(() => harness.events('first-matte').length === 1);
  await harness.attachFrames(2);
  assert.equal(harness.compositor().drawn.at(-1)?.frame, null);
  assert.equal(FakeFrame.open.size, 0);
  await assert.rejects(harness.request('capture'), { code: 'unknown' });
});

test('detach: idle, nothing shown, nothing kept', async () => {
  const harness = await started();
  await harness.attachFrames(1);
  harness.push(1, 10);
  await until(() => harness.events('first-matte').length === 1);
  await harness.request('detach');
  assert.equal(harness.events('state').at(-1), 'idle');
  assert.equal(harness.compositor().drawn.at(-1)?.frame, null);
  assert.deepEqual(
    [harness.events('stats').at(-1).source, harness.events('stats').at(-1).frames],
    [null, 0],
  );
});

test('a frame that fails: failed and an error, then running again', async () => {
  const harness = await started();
  await harness.attachFrames(1);
  harness.faults.run = new Error('boom');
  harness.push(1, 10);
  await until(() => harness.events('error').length === 1);
  assert.equal(harness.events('error')[0].code, 'inference-failed');
  assert.equal(harness.events('state').at(-1), 'failed');
  harness.faults.run = null;
  harness.push(1, 20);
  await until(() => harness.events('state').at(-1) === 'running');
});

test('a frame that comes before the model waits for it', async () => {
  const harness = createEngine();
  running.push(harness);
  await harness.init();
  await harness.attachFrames(1);
  harness.push(1, 10);
  assert.equal(harness.events('state').at(-1), 'loading');
  await harness.request('load-model', { model: modelNamed('first') });
  await until(() => harness.events('first-matte').length === 1);
});

test('a model that fails to load leaves a source failed, and the next model saves it', async () => {
  const harness = createEngine();
  running.push(harness);
  await harness.init();
  await harness.attachFrames(1);
  harness.faults.createSegmenter = new MatteError('model-unavailable', 'gone');
  const failing = harness.request('load-model', { model: modelNamed('first') });
  await assert.rejects(failing, { code: 'model-unavailable' });
  assert.equal(harness.events('state').at(-1), 'failed');
  harness.faults.createSegmenter = null;
  await harness.request('load-model', { model: modelNamed('second') });
  harness.push(1, 10);
  await until(() => harness.events('state').at(-1) === 'running');
});

test('another model takes over; the old one is disposed of, also when its heir fails', async () => {
  const harness = await started();
  await harness.request('load-model', { model: modelNamed('second') });
  assert.deepEqual(harness.segmenters, [
    { model: 'first', disposed: true },
    { model: 'second', disposed: false },
  ]);
  assert.equal(harness.events('stats').at(-1).model, 'second');
  harness.faults.createSegmenter = new MatteError('model-unavailable', 'gone');
  await assert.rejects(harness.request('load-model', { model: modelNamed('third') }));
  assert.equal(harness.segmenters[1].disposed, false);
});

test('an effect is drawn at once, with the frame that is shown', async () => {
  const harness = await started();
  await harness.attachFrames(1);
  harness.push(1, 10);
  await until(() => harness.events('first-matte').length === 1);
  const before = harness.compositor().drawn.length;
  await harness.request('set-effect', { effect: { kind: 'mask' } });
  const { effect, drawn } = harness.compositor();
  assert.deepEqual([effect, drawn.length], [{ kind: 'mask' }, before + 1]);
  assert.equal(drawn.at(-1)?.frame?.timestamp, 10);
});

test('looks reach the compositor and are drawn at once', async () => {
  const harness = await started();
  assert.equal(harness.compositor().looks, DEFAULT_LOOKS);
  await harness.attachFrames(1);
  harness.push(1, 50);
  await until(() => harness.events('first-matte').length === 1);
  const before = harness.compositor().drawn.length;
  const looks = checkLooks({ shrink: 0.5 });
  await harness.request('set-looks', { looks });
  const { drawn, ...compositor } = harness.compositor();
  assert.deepEqual([compositor.looks, drawn.length], [looks, before + 1]);
});

test('the frame that is shown is matted anew where the looks change its matte', async () => {
  const harness = await started();
  await harness.attachFrames(1);
  harness.push(1, 50);
  await until(() => harness.events('first-matte').length === 1);
  const alpha = () => harness.compositor().drawn.at(-1)?.matte?.alpha[0];
  assert.equal(alpha(), 0.5);
  await harness.request('set-looks', { looks: checkLooks({ islands: true }) });
  await until(() => alpha() === 0); // no sure person is near
  // The next model has them from its first frame on.
  const shown = harness.compositor().drawn.length;
  await harness.request('load-model', { model: modelNamed('second') });
  await until(() => harness.compositor().drawn.length > shown);
  assert.equal(alpha(), 0);
  await harness.request('set-looks', { looks: DEFAULT_LOOKS });
  await until(() => alpha() === 0.5);
});

test('capture: the frame that was composited last, with its alpha', async () => {
  const harness = await started();
  await harness.attachFrames(1);
  harness.push(1, 25);
  await until(() => harness.events('first-matte').length === 1);
  const capture = await harness.request('capture');
  assert.deepEqual([capture.timestamp, ...capture.alpha], [25, 0.25, 0.25]);
  assert.deepEqual([capture.width, capture.rgba.length], [4, 64]);
});

test('snapshot draws first: a canvas can be read only in the task that drew it', async () => {
  const harness = await started();
  const before = harness.compositor().drawn.length;
  const blob = await harness.request('snapshot', { type: 'image/webp' });
  assert.equal(blob.type, 'image/webp');
  assert.equal(harness.compositor().drawn.length, before + 1);
});

/** A stream of frames that the test gives. */
function frameStream() {
  /** @type {ReadableStreamDefaultController<FakeFrame>} */
  let controller;
  const readable = new ReadableStream({
    start(given) {
      controller = given;
    },
  });
  return {
    readable,
    give: (/** @type {number} */ timestamp) => controller.enqueue(new FakeFrame({ timestamp })),
    end: () => controller.close(),
  };
}

test('nothing of a stream that ended stays on the canvas', async () => {
  const harness = await started();
  const stream = frameStream();
  const input = { kind: 'readable', readable: stream.readable };
  await harness.request('attach', { sourceId: 4, input });
  stream.give(25);
  await until(() => harness.events('first-matte').length === 1);
  stream.end();
  await until(() => harness.events('ended').length === 1);
  assert.equal(harness.compositor().drawn.at(-1)?.frame, null);
  assert.equal(harness.events('state').at(-1), 'idle');
  await assert.rejects(harness.request('capture'), { code: 'unknown' });
});

test('a stream keeps to a pace, a video does not', async () => {
  const harness = await started();
  const taken = () => harness.events('frame-taken').length;
  await harness.request('set-pace', { maxFps: 0.001 });
  await harness.attachFrames(1);
  const pushAll = async (/** @type {number} */ sourceId) => {
    const before = taken();
    for (const timestamp of [1, 2, 3]) {
      harness.push(sourceId, timestamp);
      await until(() => taken() === before + timestamp);
      await until(() => FakeFrame.open.size <= 1); // the one that is shown
    }
  };
  const shown = () => harness.compositor().drawn.filter(({ frame }) => frame).length;
  await pushAll(1);
  await until(() => shown() === 1); // the source's first frame
  await harness.request('set-pace', { maxFps: null });
  await pushAll(1);
  await until(() => shown() === 4);
  await harness.request('set-pace', { maxFps: 0.001 });
  await harness.attachFrames(2, 'video');
  await pushAll(2);
  await until(() => shown() === 7);
});

test('a stream that ends, and one that breaks, is told', async () => {
  const harness = await started();
  const attach = (/** @type {number} */ sourceId, /** @type {ReadableStream} */ readable) =>
    harness.request('attach', { sourceId, input: { kind: 'readable', readable } });
  const ending = new ReadableStream({ start: (controller) => controller.close() });
  await attach(4, ending);
  await until(() => harness.events('ended').length === 1);
  assert.deepEqual(harness.events('ended'), [{ sourceId: 4 }]);
  const breaking = new ReadableStream({ start: (controller) => controller.error(new Error('x')) });
  await attach(5, breaking);
  await until(() => harness.events('error').length === 1);
  assert.equal(harness.events('error')[0].code, 'camera-lost');
});

test('figures go on being told, until they stand still', async () => {
  const harness = await started();
  await harness.attachFrames(1);
  for (const timestamp of [1, 2, 3]) {
    harness.push(1, timestamp);
    await until(() => harness.compositor().drawn.at(-1)?.frame?.timestamp === timestamp);
  }
  const told = harness.events('stats').length;
  await until(() => harness.events('stats').length > told);
  assert.equal(harness.events('stats').at(-1).frames, 3);
});

test('what is no message of the protocol is left alone', async () => {
  const { engine, posted } = createEngine();
  for (const message of [null, undefined, 7, {}, { type: 'init' }, { type: 'nonsense', id: 1 }]) {
    await engine.handle(/** @type {any} */ (message));
  }
  assert.deepEqual(posted, []);
});

test('with WebGPU the GPU gives compositor and way, and the figures say so', async () => {
  const harness = createEngine();
  running.push(harness);
  await harness.init({ backend: 'webgpu' });
  assert.equal(harness.compositor(), undefined);
  await harness.request('load-model', { model: modelNamed('first') });
  await harness.attachFrames(1);
  const frame = harness.push(1, 50);
  await until(() => harness.events('state').includes('running'));
  assert.equal(harness.gpu.drawn.at(-1).frame, frame.asVideoFrame);
  const stats = harness.events('stats').at(-1);
  assert.deepEqual([stats.backend, stats.compositor], ['webgpu', 'webgpu']);
});

test('a GPU that is lost: the stand-in, and word that only a new worker helps', async () => {
  const harness = createEngine();
  running.push(harness);
  await harness.init({ backend: 'webgpu' });
  await harness.request('load-model', { model: modelNamed('first') });
  await harness.attachFrames(1);
  harness.push(1, 50);
  await until(() => harness.events('state').includes('running'));
  harness.gpu.fail();
  await until(() => harness.events('broken').length > 0);
  assert.deepEqual(harness.gpu.drawn.at(-1), { frame: null, matte: null });
  assert.deepEqual(
    harness.events('broken').map(({ code }) => code),
    ['gpu-lost'],
  );
  assert.deepEqual(
    harness.events('error').map(({ code }) => code),
    ['gpu-lost'],
  );
  assert.equal(harness.events('state').at(-1), 'failed');
  assert.equal(harness.segmenters.length, 1, 'no new session is tried on a lost GPU');
});

test('a GPU that cannot be used refuses init with the reason', async () => {
  const harness = createEngine();
  harness.faults.openGpu = new MatteError('gpu-unavailable', 'none', 'no-adapter');
  await assert.rejects(harness.init({ backend: 'webgpu' }), {
    code: 'gpu-unavailable',
    detail: 'no-adapter',
  });
});
