/** Comments in their lanes: none touches another, long ones are faster, all of them come. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkComments } from '../../../web_template/shared/comments.js';
import { CommentFlow } from '../../../web_template/worker/comments/flow.js';

const SIZE = { width: 1280, height: 720 };

/** A generator with a seed (mulberry32). @param {number} seed */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const LINES = ['短', 'a rather longer line of words', '中等长度的一句话', 'x'.repeat(60), 'hello'];

/** @param {string} text @param {number} lineHeight */
const measure = (text, lineHeight) => text.length * lineHeight * 0.5;

/** @param {object} wanted */
function flowOf(wanted) {
  const comments = checkComments({ lines: LINES, ...wanted });
  return new CommentFlow(comments, SIZE, measure, seeded(1));
}

for (const density of [0, 0.5, 1]) {
  for (const speed of [0, 1]) {
    test(`none touches another (density ${density}, speed ${speed})`, () => {
      const flow = flowOf({ density, speed });
      let most = 0;
      for (let t = 100; t < 160; t += 0.1) {
        const placed = flow.at(t);
        most = Math.max(most, placed.length);
        for (const [i, one] of placed.entries()) {
          for (const other of placed.slice(i + 1)) {
            if (one.y !== other.y) continue;
            const [left, right] = one.x < other.x ? [one, other] : [other, one];
            const end = left.x + measure(left.text, flow.lineHeight);
            assert.ok(end <= right.x + 1e-6, `${left.text} | ${right.text} at ${t}`);
          }
          assert.ok(one.y >= 0 && one.y + flow.lineHeight <= SIZE.height);
        }
      }
      assert.ok(most >= 1 && (density < 1 || most >= flow.lanes / 2), `${most} at most`);
    });
  }
}

test('the screen is full from the first moment', () => {
  const xs = flowOf({ density: 1 })
    .at(50)
    .map(({ x }) => x);
  assert.ok(xs.some((x) => x < SIZE.width / 3) && xs.some((x) => x > SIZE.width / 2));
});

test('all lines come, and go from right to left', () => {
  const flow = flowOf({ density: 1, speed: 1 });
  /** @type {Map<string, number[]>} */
  const seen = new Map();
  for (let t = 0; t < 30; t += 0.05) {
    for (const { text, x } of flow.at(t)) seen.set(text, [...(seen.get(text) ?? []), x]);
  }
  assert.deepEqual([...seen.keys()].sort(), [...LINES].sort());
});

test('a line that has just been written comes at once, and nothing else jumps', () => {
  const flow = flowOf({ density: 0.5 });
  const before = flow.at(10);
  flow.update(checkComments({ lines: [...LINES, 'NEW'], density: 0.5 }));
  const after = flow.at(10.01);
  const fresh = after.filter(({ text }) => text === 'NEW');
  assert.equal(fresh.length, 1);
  assert.ok(fresh[0].x > SIZE.width - 20);
  for (const { text, x, y } of before.filter((each) => each.x > 0)) {
    assert.ok(
      after.some((each) => each.text === text && each.y === y && Math.abs(each.x - x) < 20),
    );
  }
});

test('after a long pause not everything comes at once', () => {
  const flow = flowOf({ density: 1 });
  const before = flow.at(10).length;
  assert.ok(flow.at(10_000).length <= before * 3);
});

test('calm ones stand inside the picture, and come and go softly', () => {
  const flow = flowOf({ calm: true, density: 1 });
  const first = flow.at(20);
  const next = flow.at(20.1);
  assert.ok(first.length > 0);
  for (const { text, x, y } of first) {
    const again = next.find((each) => each.text === text && each.y === y);
    if (again) assert.equal(again.x, x);
    assert.ok(x >= 0);
  }
  assert.ok(first.every(({ opacity }) => opacity >= 0 && opacity <= 1));
});
