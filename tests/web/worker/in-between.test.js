import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { checkLooks } from '../../../web_template/shared/looks.js';
import { FakeFrame } from '../fakes.js';
import { matteOf, openMadeUpWay } from '../made-up-way.js';

const WIDTH = 64;
const HEIGHT = 64;
const SIZE = WIDTH * HEIGHT;

/** How far the picture has moved to the right, by the frame's time: a pixel of the model in each. */
const movedAt = (/** @type {number} */ timestamp) => Math.round(timestamp / 33_333);

/** @param {{cutAt?: number}} [source]  a frame from which on the picture is another one */
async function openWay({ cutAt = Number.POSITIVE_INFINITY } = {}) {
  const input = new Float32Array(3 * SIZE);
  const told = { runs: 0 };
  /** What the input shows. */
  let shown = 0;
  const way = await openMadeUpWay({
    size: { width: WIDTH, height: HEIGHT },
    input,
    async run() {
      told.runs++;
      return Float32Array.from({ length: SIZE }, (_, i) => ((i % WIDTH) - shown < 32 ? 1 : 0));
    },
    async sample(frame, out) {
      const moved = movedAt(frame.timestamp);
      if (out === input) shown = moved;
      const sign = moved >= cutAt ? -1 : 1;
      for (let i = 0; i < SIZE; i++) {
        const [x, y] = [(i % WIDTH) - moved, Math.floor(i / WIDTH)];
        const value = 0.5 + sign * 0.3 * Math.sin(x / 4 + Math.sin(y / 5));
        for (let channel = 0; channel < 3; channel++) out[channel * SIZE + i] = value;
      }
    },
  });
  way.setLooks(checkLooks({ region: false, steadiness: 0 }));
  const look = async (/** @type {number} */ number, size = {}) => {
    const before = told.runs;
    const { alpha } = await matteOf(way, { timestamp: Math.round(number * 33_333), ...size });
    // Where the person ends, on a row in the middle.
    const row = alpha.subarray(32 * WIDTH, 33 * WIDTH);
    const edge = row.findIndex((value) => value < 0.5);
    return { wasSeen: told.runs > before, edge };
  };
  return { way, look };
}

afterEach(() => assert.equal(FakeFrame.open.size, 0));

test('the model looks at one of so many frames; the matte goes along in the others', async () => {
  const { way, look } = await openWay();
  way.setStride?.(3);
  /** @type {boolean[]} */
  const wasSeen = [];
  for (let number = 0; number < 7; number++) {
    const looked = await look(number);
    wasSeen.push(looked.wasSeen);
    assert.ok(Math.abs(looked.edge - (32 + number)) <= 1, `frame ${number}: ${looked.edge}`);
  }
  assert.deepEqual(wasSeen, [true, false, false, true, false, false, true]);
});

test('each frame is looked at without a stride, and again once there is none', async () => {
  const { way, look } = await openWay();
  for (const number of [0, 1]) assert.ok((await look(number)).wasSeen);
  way.setStride?.(2);
  assert.ok((await look(2)).wasSeen); // what was seen before it had a stride is not remembered
  assert.ok(!(await look(3)).wasSeen);
  way.setStride?.(1);
  for (const number of [4, 5]) assert.ok((await look(number)).wasSeen);
});

test('a frame of another scene is looked at', async () => {
  const { way, look } = await openWay({ cutAt: 1 });
  way.setStride?.(3);
  assert.ok((await look(0)).wasSeen);
  assert.ok((await look(1)).wasSeen);
});

for (const [what, number, size] of /** @type {const} */ ([
  ['the same frame again', 5, {}],
  ['an earlier one', 3, {}],
  ['one after a gap', 25, {}],
  ['one of another size', 6, { width: 320, height: 320 }],
])) {
  test(`${what} is looked at`, async () => {
    const { way, look } = await openWay();
    way.setStride?.(3);
    assert.ok((await look(5)).wasSeen);
    assert.ok((await look(number, size)).wasSeen);
  });
}

test('nothing is remembered of another source', async () => {
  const { way, look } = await openWay();
  way.setStride?.(3);
  await look(0);
  way.reset();
  assert.ok((await look(1)).wasSeen);
});
