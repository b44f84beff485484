import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFrameSampler } from '../../../web_template/worker/frame-sampler.js';
import { FakeFrame } from '../fakes.js';

const frame = () => new FakeFrame().asVideoFrame;

/** @param {{can?: boolean, error?: Error}} [options] */
function fakeWay({ can = true, error } = {}) {
  const way = {
    calls: 0,
    supports: () => can,
    async sample() {
      way.calls++;
      if (error) throw error;
    },
  };
  return way;
}

test('the first way that supports the frame is taken', async () => {
  const [no, yes, later] = [fakeWay({ can: false }), fakeWay(), fakeWay()];
  const sampler = createFrameSampler(4, 4, [
    ['no', no],
    ['yes', yes],
    ['later', later],
  ]);
  await sampler.sample(frame(), new Float32Array(48));
  assert.equal(sampler.way, 'yes');
  assert.deepEqual([no.calls, later.calls], [0, 0]);
});

test('a way that throws gives its place to the next', async () => {
  const broken = fakeWay({ error: new Error('not supported') });
  const sound = fakeWay();
  const sampler = createFrameSampler(4, 4, [
    ['broken', broken],
    ['sound', sound],
  ]);
  await sampler.sample(frame(), new Float32Array(48));
  await sampler.sample(frame(), new Float32Array(48));
  assert.deepEqual([broken.calls, sound.calls, sampler.way], [1, 2, 'sound']);
});

test('the last way is kept, and its error told', async () => {
  const broken = fakeWay({ error: new Error('closed') });
  const sampler = createFrameSampler(4, 4, [['broken', broken]]);
  await assert.rejects(sampler.sample(frame(), new Float32Array(48)), /closed/);
  await assert.rejects(sampler.sample(frame(), new Float32Array(48)), /closed/);
  assert.equal(broken.calls, 2);
});

test('a frame that no way supports is an error that names its format', async () => {
  const sampler = createFrameSampler(4, 4, [['no', fakeWay({ can: false })]]);
  await assert.rejects(sampler.sample(frame(), new Float32Array(48)), /RGBA/);
});

test('the rectangle that is looked at reaches the way', async () => {
  const rects = /** @type {unknown[]} */ ([]);
  const way = {
    supports: () => true,
    /** @type {import('../../../web_template/worker/frame-sampler.js').FrameSampler['sample']} */
    async sample(_frame, _out, rect) {
      rects.push(rect);
    },
  };
  const sampler = createFrameSampler(4, 4, [['way', way]]);
  const rect = { x: 1, y: 2, width: 3, height: 2 };
  await sampler.sample(frame(), new Float32Array(48), rect);
  await sampler.sample(frame(), new Float32Array(48));
  assert.deepEqual(rects, [rect, undefined]);
});

/**
 * A clock, and ways that take their time on it and answer a gradient.
 * @param {Record<string, number>} ms
 * @param {Record<string, (out: Float32Array) => void>} [answers]  other than the gradient
 */
function timedWays(ms, answers = {}) {
  let nowMs = 0;
  const disposed = /** @type {string[]} */ ([]);
  const asked = /** @type {string[]} */ ([]);
  const ways = Object.entries(ms).map(([name, tookMs]) => {
    const way = {
      supports: () => true,
      /** @param {VideoFrame} _frame @param {Float32Array} out */
      async sample(_frame, out) {
        asked.push(name);
        nowMs += tookMs;
        for (let i = 0; i < out.length; i++) out[i] = i / out.length;
        answers[name]?.(out);
      },
      dispose: () => disposed.push(name),
    };
    return /** @type {[string, typeof way]} */ ([name, way]);
  });
  return { ways, now: () => nowMs, disposed, asked };
}

/**
 * @param {import('../../../web_template/worker/frame-sampler.js').FrameSampler} sampler
 * @param {number} count
 * @param {() => VideoFrame} [make]
 */
async function sampleFrames(sampler, count, make = frame) {
  const out = new Float32Array(48);
  for (let i = 0; i < count; i++) {
    out.fill(Number.NaN);
    await sampler.sample(make(), out);
    assert.equal(out[24], 0.5); // whoever is tried, the answer is the leader's
  }
}

test('the fastest way is found beside the work, and the losers let go', async () => {
  const { ways, now, disposed } = timedWays({ planes: 3, gpu: 1, canvas: 40 });
  const sampler = createFrameSampler(4, 4, ways, now);
  await sampleFrames(sampler, 20);
  assert.equal(sampler.way, 'planes');
  await sampleFrames(sampler, 20);
  assert.equal(sampler.way, 'gpu');
  assert.deepEqual(sampler.times, { planes: 3, gpu: 1, canvas: 40 });
  assert.deepEqual(disposed, ['planes', 'canvas']);
});

test('a faster way that answers something else is never used', async () => {
  for (const wrong of [
    (/** @type {Float32Array} */ out) => out.fill(0),
    (/** @type {Float32Array} */ out) => out.fill(Number.NaN),
    (/** @type {Float32Array} */ out) => out.reverse(),
  ]) {
    const { ways, now, asked } = timedWays({ planes: 3, gpu: 1 }, { gpu: wrong });
    const sampler = createFrameSampler(4, 4, ways, now);
    await sampleFrames(sampler, 40);
    assert.equal(sampler.way, 'planes');
    assert.equal(asked.filter((name) => name === 'gpu').length, 1);
  }
});

test('a picture of one colour proves nothing', async () => {
  const flat = (/** @type {Float32Array} */ out) => out.fill(0.5);
  const { ways, now, asked } = timedWays({ planes: 3, gpu: 1 }, { planes: flat, gpu: flat });
  await sampleFrames(createFrameSampler(4, 4, ways, now), 40);
  assert.ok(!asked.includes('gpu'));
});

test('a trial that throws costs nothing but the way', async () => {
  const lost = () => {
    throw new Error('the graphics context was lost');
  };
  const { ways, now, disposed } = timedWays({ planes: 3, gpu: 1, canvas: 2 }, { gpu: lost });
  const sampler = createFrameSampler(4, 4, ways, now);
  await sampleFrames(sampler, 60);
  assert.equal(sampler.way, 'canvas');
  assert.ok(disposed.includes('gpu'));
});

test('frames of another format, size class or colour space are another race', async () => {
  const { ways, now } = timedWays({ planes: 3, gpu: 1 });
  const sampler = createFrameSampler(4, 4, ways, now);
  const wide = { format: 'NV12', matrix: 'bt709', width: 16, height: 16 };
  const kinds = [
    {},
    { matrix: 'bt709' },
    { format: 'NV12', matrix: 'bt709' },
    wide,
    { ...wide, rotation: /** @type {const} */ (90) },
  ];
  for (const options of kinds) {
    const make = () => new FakeFrame(options).asVideoFrame;
    await sampleFrames(sampler, 1, make);
    assert.equal(sampler.way, 'planes');
    assert.deepEqual(sampler.times, {});
    await sampleFrames(sampler, 40, make);
    assert.equal(sampler.way, 'gpu');
  }
});

test('a frame that is a little larger is the same race', async () => {
  const { ways, now } = timedWays({ planes: 3, gpu: 1 });
  const sampler = createFrameSampler(4, 4, ways, now);
  await sampleFrames(sampler, 40, () => new FakeFrame({ width: 20, height: 10 }).asVideoFrame);
  await sampleFrames(sampler, 1, () => new FakeFrame({ width: 20, height: 11 }).asVideoFrame);
  assert.equal(sampler.way, 'gpu');
});

test('all is let go in the end', () => {
  const { ways, now, disposed } = timedWays({ planes: 3, gpu: 1 });
  createFrameSampler(4, 4, ways, now).dispose();
  assert.deepEqual(disposed, ['planes', 'gpu']);
});
