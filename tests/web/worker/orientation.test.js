import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  orientationOf,
  storedRect,
  turnPixels,
  uprightSize,
} from '../../../web_template/worker/orientation.js';
import { FakeFrame } from '../fakes.js';

/** What Chromium 156 draws of a frame `RG/BW`, 16 × 8 pixels, turned clockwise and then mirrored. */
const DRAWN = /** @type {const} */ ([
  [0, false, 'RG/BW'],
  [90, false, 'BR/WG'],
  [180, false, 'WB/GR'],
  [0, true, 'GR/WB'],
  [90, true, 'RB/GW'],
  [270, true, 'WG/BR'],
]);

for (const [rotation, flip, drawn] of DRAWN) {
  test(`${rotation}°${flip ? ', mirrored' : ''}: as a browser draws it`, () => {
    const stored = Int32Array.from('RGBW', (letter) => letter.charCodeAt(0));
    const upright = new Int32Array(4);
    turnPixels(stored, { width: 2, height: 2 }, { rotation, flip }, upright);
    const shown = String.fromCharCode(...upright);
    assert.equal(`${shown.slice(0, 2)}/${shown.slice(2)}`, drawn);
  });
}

for (const rotation of /** @type {const} */ ([0, 90, 180, 270])) {
  for (const flip of [false, true]) {
    test(`${rotation}°${flip ? ', mirrored' : ''}: a rectangle is where its pixels are`, () => {
      const orientation = { rotation, flip };
      const frame = new FakeFrame({ width: 5, height: 3, rotation, flip }).asVideoFrame;
      const size = uprightSize(frame);
      assert.deepEqual([size.width, size.height], [frame.displayWidth, frame.displayHeight]);
      const stored = Int32Array.from({ length: 15 }, (_, i) => i);
      const upright = new Int32Array(15);
      turnPixels(stored, { width: 5, height: 3 }, orientation, upright);
      const rect = { x: 1, y: 0, width: 2, height: 3 };
      const seen = pixelsIn(upright, size.width, rect);
      const there = pixelsIn(stored, 5, storedRect(rect, size, orientation));
      assert.deepEqual(
        [...seen].sort((a, b) => a - b),
        [...there].sort((a, b) => a - b),
      );
      frame.close();
    });
  }
}

test('browsers that know no rotation have upright frames', () => {
  const frame = /** @type {any} */ ({ displayWidth: 4, displayHeight: 2, visibleRect: null });
  assert.deepEqual(orientationOf(frame), { rotation: 0, flip: false });
  assert.deepEqual(uprightSize(frame), { width: 4, height: 2 });
});

/**
 * @param {Int32Array} pixels
 * @param {number} stride
 * @param {{x: number, y: number, width: number, height: number}} rect
 */
function pixelsIn(pixels, stride, { x, y, width, height }) {
  return pixels.filter((_, i) => {
    const [column, row] = [i % stride, Math.floor(i / stride)];
    return column >= x && column < x + width && row >= y && row < y + height;
  });
}
