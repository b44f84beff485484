import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameRect, viewAlpha } from '../../../web_template/worker/alpha-view.js';

/** @type {(x: number, y: number, width: number, height: number) => {x: number, y: number, width: number, height: number}} */
const rect = (x, y, width, height) => ({ x, y, width, height });

test('from its own rectangle an alpha is itself', () => {
  const alpha = Float32Array.of(0.1, 0.2, 0.3, 0.4);
  const out = new Float32Array(4);
  viewAlpha(alpha, 2, 2, rect(3, 4, 50, 60), rect(3, 4, 50, 60), out);
  assert.deepEqual(out, alpha);
});

test('a part is read bilinearly, edges clamped', () => {
  const alpha = Float32Array.of(0, 1, 0, 1);
  const out = new Float32Array(4);
  viewAlpha(alpha, 4, 1, rect(0, 0, 8, 1), rect(0, 0, 4, 1), out);
  assert.deepEqual([...out], [0, 0.25, 0.75, 0.75]);
  viewAlpha(alpha, 1, 4, rect(0, 0, 1, 8), rect(0, 4, 1, 4), out);
  assert.deepEqual([...out], [0.25, 0.25, 0.75, 1]);
});

test('outside of what was seen is nobody', () => {
  const out = new Float32Array(16).fill(9);
  viewAlpha(new Float32Array(16).fill(1), 4, 4, rect(10, 10, 10, 10), rect(0, 0, 40, 40), out);
  assert.deepEqual(
    [...out].map((value, i) => (value ? i : -1)).filter((i) => i >= 0),
    [5],
  );
  assert.equal(out[5], 1);
});

test('rectangles are compared by their numbers', () => {
  assert.ok(isSameRect(rect(1, 2, 3, 4), rect(1, 2, 3, 4)));
  for (const other of [
    rect(0, 2, 3, 4),
    rect(1, 0, 3, 4),
    rect(1, 2, 0, 4),
    rect(1, 2, 3, 0),
    null,
  ]) {
    assert.ok(!isSameRect(rect(1, 2, 3, 4), other));
  }
});
