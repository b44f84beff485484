import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { checkLooks, DEFAULT_LOOKS } from '../../../web_template/shared/looks.js';
import { openCpuWay } from '../../../web_template/worker/ways/cpu-way.js';
import { FakeFrame } from '../fakes.js';

/** @typedef {import('../../../web_template/worker/region-of-interest.js').Rect} Rect */

const model = {
  name: 'm',
  variant: 'fp32',
  url: '',
  sha256: '',
  bytes: 1,
  width: 16,
  height: 16,
  threshold: 0.5,
  ramp: null,
};

/** A way whose model finds a person in the middle of whatever it sees, and what it was shown. */
async function openWay() {
  /** @type {Rect[]} */
  const seen = [];
  const alpha = Float32Array.from({ length: 256 }, (_, i) => {
    const [x, y] = [i % 16, i >> 4];
    return x >= 6 && x < 10 && y >= 6 && y < 10 ? 1 : 0;
  });
  const way = await openCpuWay(/** @type {any} */ ({ model }), {
    createSegmenter: async (options) => ({
      model: options.model,
      threads: 1,
      isRecurrent: false,
      input: new Float32Array(3 * 256),
      run: async () => alpha,
      reset() {},
      async dispose() {},
    }),
    createFrameSampler: () => ({
      way: 'fake',
      times: {},
      dispose() {},
      async sample(_frame, _out, rect) {
        if (rect) seen.push(rect);
      },
    }),
  });
  const look = async (/** @type {number} */ timestamp) => {
    const frame = new FakeFrame({ width: 640, height: 640, timestamp });
    const turn = { prepare: async () => {}, isCurrent: () => true };
    const matted = await way.matte(frame.asVideoFrame, turn);
    frame.close();
    assert.ok(matted);
    return { area: matted.matte.area, seen: seen.splice(0).map(({ width }) => width) };
  };
  return { way, look };
}

afterEach(() => assert.equal(FakeFrame.open.size, 0));

test('without the region of interest each frame is looked at whole, once', async () => {
  const { way, look } = await openWay();
  const first = await look(0);
  assert.equal(first.seen.length, 2); // whole, then closer
  assert.ok(first.seen[1] < 640);
  way.setLooks(checkLooks({ region: false }));
  for (const timestamp of [33_000, 66_000]) {
    const { seen, area } = await look(timestamp);
    assert.deepEqual([seen, area], [[640], [0, 0, 1, 1]]);
  }
  way.setLooks(DEFAULT_LOOKS);
  assert.deepEqual((await look(99_000)).seen, first.seen); // the person is looked for anew
});

test('a frame that is being matted keeps the region that it was begun with', async () => {
  const { way } = await openWay();
  const frame = new FakeFrame({ width: 640, height: 640 });
  const prepare = async () => way.setLooks(checkLooks({ region: false }));
  const matted = await way.matte(frame.asVideoFrame, { prepare, isCurrent: () => true });
  frame.close();
  assert.ok(matted?.matte.area && matted.matte.area[0] > 0);
});

test('the blend that follows the picture gets it of what the matte covers', async () => {
  const { way, look } = await openWay();
  const times = Array.from({ length: 30 }, (_, i) => 33_000 * i);
  const lookAll = async () => {
    way.reset();
    const all = [];
    for (const timestamp of times) all.push((await look(timestamp)).seen);
    return all;
  };
  const plain = await lookAll();
  const around = plain.slice(1).filter(([width]) => width === 640).length;
  assert.ok(around >= 2);
  assert.ok(plain.slice(1).every((seen) => seen.length === 1));
  way.setLooks(checkLooks({ flow: true }));
  // A look at the region is the picture already; beside one at the whole frame the region is read.
  const more = (await lookAll()).slice(1).filter((seen) => seen.length === 2);
  assert.equal(more.length, around);
  assert.ok(more.every(([whole, region]) => whole === 640 && region < 640));
});
