import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { DEFAULT_EFFECT } from '../../../web_template/shared/effects.js';
import { MatteError } from '../../../web_template/shared/errors.js';
import { FrameStats } from '../../../web_template/shared/stats.js';
import { createMockCompositor } from '../../../web_template/worker/compositor/mock.js';
import { FrameLoop } from '../../../web_template/worker/frame-loop.js';
import { createMaskFilter } from '../../../web_template/worker/mask-filter.js';
import { createCpuWay } from '../../../web_template/worker/ways/cpu-way.js';
import { FakeFrame, until } from '../fakes.js';

/** @typedef {import('../../../web_template/worker/ways/cpu-way.js').CpuParts} CpuParts */

/**
 * A model whose answer is the frame's timestamp, so that a mix-up of frames shows.
 * @param {{run?: () => Promise<void>}} [options]  what inference waits for, or throws
 */
function fakeParts({ run = async () => {} } = {}) {
  const model = { name: 'fake', variant: 'fp32', url: '', sha256: '', bytes: 0, threshold: 0.5 };
  const spec = { ...model, width: 2, height: 1, ramp: null };
  const input = new Float32Array(6);
  /** @type {CpuParts} */
  const parts = {
    sampler: {
      way: 'fake',
      times: {},
      dispose() {},
      async sample(frame, out) {
        out[0] = frame.timestamp / 100;
      },
    },
    segmenter: {
      model: spec,
      threads: 1,
      input,
      isRecurrent: false,
      async run() {
        const answer = input[0];
        await run();
        return Float32Array.of(answer, answer);
      },
      reset() {},
      async dispose() {},
    },
    // Without the blend, so that each frame's own answer shows.
    filter: createMaskFilter(spec, { steadiness: 0, islands: false, flow: false }),
  };
  return parts;
}

function createLoop() {
  const compositor = createMockCompositor({ effect: DEFAULT_EFFECT });
  const stats = new FrameStats();
  /** @type {MatteError[]} */
  const failures = [];
  const told = { taken: 0, composited: 0, sizes: /** @type {number[][]} */ ([]), failures };
  const loop = new FrameLoop({
    compositor,
    stats,
    onTaken: () => told.taken++,
    onComposited: () => told.composited++,
    onSize: (...size) => told.sizes.push(size),
    onFailure: (error) => failures.push(error),
  });
  return { loop, compositor, stats, told };
}

/** @param {number} timestamp @param {object} [size] */
const frameAt = (timestamp, size = {}) => new FakeFrame({ timestamp, ...size }).asVideoFrame;

/** A promise that is kept from outside. */
function gate() {
  let open = () => {};
  /** @type {Promise<void>} */
  const passed = new Promise((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

afterEach(() => {
  const left = FakeFrame.open.size;
  FakeFrame.open.clear();
  assert.equal(left, 0, 'frames that nobody closed');
});

test('a frame is sampled, segmented and composited with its own alpha', async () => {
  const { loop, compositor, stats, told } = createLoop();
  await loop.setWay(createCpuWay(fakeParts()));
  for (const timestamp of [10, 20, 30]) {
    const frame = frameAt(timestamp);
    loop.offer(frame);
    await until(() => compositor.drawn.at(-1)?.frame === frame);
    assert.ok(Math.abs((compositor.drawn.at(-1)?.matte?.alpha[0] ?? 0) - timestamp / 100) < 1e-6);
  }
  assert.deepEqual([told.composited, told.taken, stats.frames], [3, 3, 3]);
  assert.deepEqual(told.sizes, [[4, 4]]);
  loop.dispose();
});

test('only the last composited frame stays open', async () => {
  const { loop, told } = createLoop();
  await loop.setWay(createCpuWay(fakeParts()));
  for (const timestamp of [1, 2, 3]) {
    loop.offer(frameAt(timestamp));
    await until(() => told.composited === timestamp);
  }
  assert.equal(FakeFrame.open.size, 1);
  assert.equal(loop.shown?.frame.timestamp, 3);
  loop.dispose();
});

test('the newest frame wins, the others are counted and closed', async () => {
  const { loop, compositor, stats, told } = createLoop();
  const { passed, open } = gate();
  await loop.setWay(createCpuWay(fakeParts({ run: () => passed })));
  for (const timestamp of [1, 2, 3, 4]) loop.offer(frameAt(timestamp));
  open();
  await until(() => told.composited === 2);
  const timestamps = compositor.drawn.map(({ frame }) => frame?.timestamp);
  assert.deepEqual(timestamps, [1, 4]);
  assert.deepEqual([stats.droppedFrames, told.taken], [2, 4]);
  loop.dispose();
});

test('a frame waits until there is a model', async () => {
  const { loop, compositor, told } = createLoop();
  loop.offer(frameAt(7));
  assert.equal(compositor.drawn.length, 0);
  await loop.setWay(createCpuWay(fakeParts()));
  await until(() => told.composited === 1);
  loop.dispose();
});

test('a failing model: the background alone is drawn, the error is told once', async () => {
  const { loop, compositor, told } = createLoop();
  let isBroken = true;
  const run = async () => {
    if (isBroken) throw new Error('boom');
  };
  await loop.setWay(createCpuWay(fakeParts({ run })));
  for (const count of [1, 2]) {
    loop.offer(frameAt(count));
    await until(() => compositor.drawn.length === count);
  }
  assert.ok(compositor.drawn.every(({ frame, matte }) => frame === null && matte === null));
  assert.deepEqual(
    told.failures.map(({ code, detail }) => [code, detail]),
    [['inference-failed', 'Error: boom']],
  );

  isBroken = false;
  loop.offer(frameAt(3));
  await until(() => told.composited === 1);
  isBroken = true;
  loop.offer(frameAt(4));
  await until(() => told.failures.length === 2);
  assert.equal(compositor.drawn.at(-1)?.frame, null);
  assert.equal(loop.shown, null);
  loop.dispose();
});

test('an alpha that is no number never reaches the compositor', async () => {
  const { loop, compositor, told } = createLoop();
  await loop.setWay(createCpuWay(fakeParts()));
  loop.offer(frameAt(Number.NaN));
  await until(() => told.failures.length === 1);
  assert.deepEqual(compositor.drawn, [{ frame: null, matte: null }]);
  loop.dispose();
});

test('a compositor that fails is told with its own code', async () => {
  const { loop, compositor, told } = createLoop();
  await loop.setWay(createCpuWay(fakeParts()));
  compositor.failure = new MatteError('webgl-unavailable', 'lost');
  loop.offer(frameAt(1));
  await until(() => told.failures.length === 1);
  assert.equal(told.failures[0].code, 'webgl-unavailable');
  compositor.failure = null;
  loop.offer(frameAt(2));
  await until(() => told.composited === 1);
  loop.dispose();
});

test('clearing while a frame is being matted: it is neither shown nor kept', async () => {
  const { loop, compositor, told } = createLoop();
  const { passed, open } = gate();
  await loop.setWay(createCpuWay(fakeParts({ run: () => passed })));
  loop.offer(frameAt(1));
  await until(() => told.taken === 1);
  loop.clear();
  open();
  await until(() => FakeFrame.open.size === 0);
  assert.deepEqual(compositor.drawn, [{ frame: null, matte: null }]);
  assert.equal(told.failures.length, 0);
});

test('an error of a frame whose source is gone is not told', async () => {
  const { loop, told } = createLoop();
  const { passed, open } = gate();
  const run = () => passed.then(() => Promise.reject(new Error('late')));
  await loop.setWay(createCpuWay(fakeParts({ run })));
  loop.offer(frameAt(1));
  await until(() => told.taken === 1);
  loop.clear();
  open();
  await until(() => FakeFrame.open.size === 0);
  assert.deepEqual(told.failures, []);
});

test('redraw draws the shown frame again, or the background alone', async () => {
  const { loop, compositor, told } = createLoop();
  loop.redraw();
  assert.deepEqual(compositor.drawn.at(-1), { frame: null, matte: null });
  await loop.setWay(createCpuWay(fakeParts()));
  loop.offer(frameAt(9));
  await until(() => told.composited === 1);
  const shown = compositor.drawn.at(-1);
  loop.redraw();
  assert.equal(compositor.drawn.length, 3);
  assert.equal(compositor.drawn.at(-1)?.frame, shown?.frame);
  loop.dispose();
});

test('another model looks at the shown frame again; the old one is free by then', async () => {
  const { loop, compositor, told } = createLoop();
  const { passed, open } = gate();
  await loop.setWay(createCpuWay(fakeParts({ run: () => passed })));
  loop.offer(frameAt(50));
  await until(() => told.taken === 1);
  let isFree = false;
  const swapped = loop.setWay(createCpuWay(fakeParts())).then(() => {
    isFree = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(isFree, false);
  open();
  await swapped;
  await until(() => told.composited === 2);
  assert.deepEqual(
    compositor.drawn.map(({ frame }) => frame?.timestamp),
    [50, 50],
  );
  loop.dispose();
});

test('the canvas follows a frame that changes its size', async () => {
  const { loop, compositor, told } = createLoop();
  await loop.setWay(createCpuWay(fakeParts()));
  loop.offer(frameAt(1));
  await until(() => told.composited === 1);
  loop.offer(frameAt(2, { width: 8, height: 6 }));
  await until(() => told.composited === 2);
  assert.deepEqual(told.sizes, [
    [4, 4],
    [8, 6],
  ]);
  assert.deepEqual(compositor.size, { width: 8, height: 6 });
  loop.dispose();
});

test('the stages are measured', async () => {
  const { loop, stats, told } = createLoop();
  const run = () => new Promise((resolve) => setTimeout(resolve, 20)).then(() => {});
  await loop.setWay(createCpuWay(fakeParts({ run })));
  loop.offer(frameAt(1));
  await until(() => told.composited === 1);
  const { stages } = stats.summary(performance.now());
  assert.ok(stages.inferMs.p50 >= 15 && stages.inferMs.p50 < 2000);
  assert.ok(stages.totalMs.p50 >= stages.inferMs.p50);
  assert.ok(stages.sampleMs.p50 < stages.inferMs.p50);
  loop.dispose();
});

/**
 * A model that sees a person of 0.4 of the frame's width in its middle, in whatever it looks at;
 * `looks` says where that was.
 */
function personParts() {
  const { segmenter } = fakeParts();
  const spec = { ...segmenter.model, width: 20, height: 10 };
  /** @type {number[][]} */
  const looks = [];
  /** @type {CpuParts} */
  const parts = {
    sampler: {
      way: 'fake',
      times: {},
      dispose() {},
      async sample(frame, _out, rect) {
        assert.ok(rect);
        looks.push([frame.timestamp, rect.x, rect.y, rect.width, rect.height]);
      },
    },
    segmenter: {
      ...segmenter,
      model: spec,
      async run() {
        const [, x, , width] = /** @type {number[]} */ (looks.at(-1));
        return Float32Array.from({ length: 200 }, (_, i) => {
          const at = x + (((i % 20) + 0.5) * width) / 20;
          return at > 600 && at < 1000 ? 1 : 0;
        });
      },
    },
    filter: createMaskFilter(spec),
  };
  return { parts, looks };
}

test('the first frame is looked at twice, the next at the region alone', async () => {
  const { loop, compositor, told } = createLoop();
  const { parts, looks } = personParts();
  await loop.setWay(createCpuWay(parts));
  for (const [i, timestamp] of [0, 33_000, 66_000].entries()) {
    loop.offer(frameAt(timestamp, { width: 1600, height: 800, bytes: new Uint8Array(0) }));
    await until(() => told.composited === i + 1);
    const { seen } = compositor.drawn[i].matte ?? {};
    assert.equal(seen?.rect.width, 800, 'what the matte was made of, from the first frame on');
  }
  const region = [400, 0, 800, 800]; // as wide as half the model's aspect asks for
  assert.deepEqual(looks, [
    [0, 0, 0, 1600, 800],
    [0, ...region],
    [33_000, ...region],
    [66_000, ...region],
  ]);
  const matte = compositor.drawn.at(-1)?.matte;
  assert.deepEqual(matte?.area, [0.25, 0, 0.75, 1]);
  assert.deepEqual(Object.values(matte?.seen?.rect ?? {}), region);
  loop.dispose();
});

test('a look around keeps the matte on the region', async () => {
  const { loop, compositor, told } = createLoop();
  const { parts, looks } = personParts();
  await loop.setWay(createCpuWay(parts));
  for (const [i, timestamp] of [0, 200_000, 400_000].entries()) {
    loop.offer(frameAt(timestamp, { width: 1600, height: 800, bytes: new Uint8Array(0) }));
    await until(() => told.composited === i + 1);
  }
  assert.deepEqual(looks.at(-1), [400_000, 0, 0, 1600, 800]);
  assert.deepEqual(compositor.drawn.at(-1)?.matte?.area, [0.25, 0, 0.75, 1]);
  loop.dispose();
});

test('after another source the person is looked for anew', async () => {
  const { loop, told } = createLoop();
  const { parts, looks } = personParts();
  await loop.setWay(createCpuWay(parts));
  for (const [i, timestamp] of [0, 33_000].entries()) {
    loop.offer(frameAt(timestamp, { width: 1600, height: 800, bytes: new Uint8Array(0) }));
    await until(() => told.composited === i + 1);
    loop.clear();
  }
  assert.deepEqual(
    looks.map(([, , , width]) => width),
    [1600, 800, 1600, 800],
  );
  loop.dispose();
});

test('a recurrent model sees whole frames and forgets with the source', async () => {
  /** @type {({x: number, width: number} | undefined)[]} */
  const rects = [];
  let resets = 0;
  const { sampler, segmenter, filter } = fakeParts();
  const { loop, told } = createLoop();
  await loop.setWay(
    createCpuWay({
      sampler: { ...sampler, sample: async (_frame, _out, rect) => void rects.push(rect) },
      segmenter: {
        ...segmenter,
        isRecurrent: true,
        // A person in a corner: a region of interest would close in on it.
        run: async () => Float32Array.of(1, 0),
        reset: () => void resets++,
      },
      filter,
    }),
  );
  for (let count = 1; count <= 3; count++) {
    loop.offer(frameAt(count * 33_000, { width: 640, height: 360 }));
    await until(() => told.composited === count);
  }
  const [first] = rects;
  assert.equal(rects.length, 3);
  assert.ok(rects.every((rect) => rect?.x === 0 && rect.width === first?.width));
  loop.clear();
  assert.equal(resets, 1);
});
