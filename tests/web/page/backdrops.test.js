import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backdropSize } from '../../../web_template/page/backdrops.js';

test('a large picture shrinks until it just covers a camera’s frame', () => {
  assert.deepEqual(backdropSize(3840, 2160), { width: 1280, height: 720 });
  assert.deepEqual(backdropSize(4000, 2000), { width: 1440, height: 720 });
  assert.deepEqual(backdropSize(2000, 4000), { width: 1280, height: 2560 });
});

test('a small picture keeps its size', () => {
  assert.deepEqual(backdropSize(960, 540), { width: 960, height: 540 });
  assert.deepEqual(backdropSize(1, 1), { width: 1, height: 1 });
});

test('a very long picture stays within what a canvas can hold, and keeps at least a pixel', () => {
  assert.deepEqual(backdropSize(100_000, 1), { width: 2560, height: 1 });
});
