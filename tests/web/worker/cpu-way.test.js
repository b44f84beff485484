import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { checkLooks, DEFAULT_LOOKS } from '../../../web_template/shared/looks.js';
import { FakeFrame } from '../fakes.js';
import { matteOf, openMadeUpWay } from '../made-up-way.js';

/** @typedef {import('../../../web_template/worker/region-of-interest.js').Rect} Rect */

/** A way whose model finds a person in the middle of whatever it sees, and what it was shown. */
async function openWay() {
  /** @type {Rect[]} */
  const seen = [];
  const alpha = Float32Array.from({ length: 256 }, (_, i) => {
    const [x, y] = [i % 16, i >> 4];
    return x >= 6 && x < 10 && y >= 6 && y < 10 ? 1 : 0;
  });
  const way = await openMadeUpWay({
    size: { width: 16, height: 16 },
    run: async () => alpha,
    async sample(_frame, _out, rect) {
      if (rect) seen.push(rect);
    },
  });
  const look = async (/** @type {number} */ timestamp) => {
    const { area } = await matteOf(way, { timestamp });
    return { area, seen: seen.splice(0).map(({ width }) => width) };
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
  const prepare = async () => way.setLooks(checkLooks({ region: false }));
  const { area } = await matteOf(way, {}, prepare);
  assert.ok(area && area[0] > 0);
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

test('after a sleep nothing is left: the model’s states, the blend, the person’s place', async (context) => {
  context.mock.timers.enable({ apis: ['Date'] });
  let resets = 0;
  let level = 0.5;
  const way = await openMadeUpWay({
    size: { width: 16, height: 16 },
    run: async () => new Float32Array(256).fill(level),
    sample: async () => {},
    reset: () => resets++,
  });
  const alpha = async (/** @type {number} */ timestamp) =>
    (await matteOf(way, { timestamp })).alpha[0];
  await alpha(0);
  level = 0.55;
  const blended = await alpha(33_000);
  assert.ok(blended > 0.5 && blended < 0.54, `${blended}`);
  assert.equal(resets, 0);
  context.mock.timers.tick(300_000); // the camera's own time has stood still
  assert.equal(await alpha(66_000), Math.fround(0.55));
  assert.equal(resets, 1);
  level = 0.5;
  assert.ok((await alpha(99_000)) > 0.51);
  assert.equal(await alpha(300_000_000), 0.5); // it has gone on
  assert.equal(resets, 2);
});
