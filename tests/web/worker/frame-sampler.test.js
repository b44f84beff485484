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

test('a way that throws gives its place to the next, for good', async () => {
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
