import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMaskFilter } from '../../../web_template/worker/mask-filter.js';

/** @type {{width: number, height: number, threshold: number, ramp: [number, number]}} */
const model = { width: 2, height: 2, threshold: 0.5, ramp: [0.2, 0.8] };

test('the alpha is copied, with what the compositor needs to shape it', () => {
  const alpha = Float32Array.of(0, 0.25, 0.5, 1);
  const matte = createMaskFilter(model).apply(alpha);
  assert.deepEqual([...matte.alpha], [0, 0.25, 0.5, 1]);
  assert.notEqual(matte.alpha, alpha);
  assert.deepEqual(
    [matte.width, matte.height, matte.threshold, matte.ramp],
    [2, 2, 0.5, [0.2, 0.8]],
  );
});

test('values outside 0..1 are clamped', () => {
  const matte = createMaskFilter(model).apply(Float32Array.of(-0.1, 1.1, Infinity, -Infinity));
  assert.deepEqual([...matte.alpha], [0, 1, 1, 0]);
});

test('an alpha that is no number fails', () => {
  assert.throws(() => createMaskFilter(model).apply(Float32Array.of(0, NaN, 0, 0)), RangeError);
});

test('an alpha of another size fails', () => {
  assert.throws(() => createMaskFilter(model).apply(new Float32Array(5)), /5 values/);
});

test('stages work in place, one after the other', () => {
  const filter = createMaskFilter(model, [
    (alpha) => alpha.fill(0.5),
    (alpha, width, height) => {
      alpha[0] = alpha[0] + width * height;
    },
  ]);
  assert.deepEqual([...filter.apply(new Float32Array(4)).alpha], [4.5, 0.5, 0.5, 0.5]);
});
