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

/** @type {(x: number, y: number, width: number, height: number) => {x: number, y: number, width: number, height: number}} */
const rect = (x, y, width, height) => ({ x, y, width, height });
const frame = { width: 40, height: 20 };

test('a matte says what of the picture it covers and what it was made of', () => {
  const seen = rect(0, 0, 40, 20);
  const matteRect = rect(10, 0, 20, 20);
  const alpha = Float32Array.of(0, 1, 0, 1);
  const matte = createMaskFilter(model).apply(alpha, { ...frame, timeS: 0, rect: seen, matteRect });
  assert.deepEqual(matte.area, [0.25, 0, 0.75, 1]);
  assert.deepEqual(matte.seen, { alpha, rect: seen, matteRect });
  assert.deepEqual([...matte.alpha], [0.25, 0.75, 0.25, 0.75]); // read at the region's pixels
});

test('mattes are blended over time, until a reset, and not across sizes', () => {
  const whole = rect(0, 0, 40, 20);
  const place = { ...frame, timeS: 0, rect: whole, matteRect: whole };
  const filter = createMaskFilter(model);
  const shown = (/** @type {number} */ value, more = {}) =>
    filter.apply(new Float32Array(4).fill(value), { ...place, ...more }).alpha[0];
  shown(0.5);
  assert.ok(Math.abs(shown(0.54) - 0.51) < 1e-6);
  filter.reset();
  assert.ok(Math.abs(shown(0.54) - 0.54) < 1e-6);
  assert.ok(Math.abs(shown(0.5, { width: 80 }) - 0.5) < 1e-6);
});

test('without the blend each alpha stands for itself', () => {
  const whole = rect(0, 0, 40, 20);
  const filter = createMaskFilter(model, [], { isSmooth: false });
  for (const value of [0.5, 0.5625]) {
    const place = { ...frame, timeS: 0, rect: whole, matteRect: whole };
    assert.equal(filter.apply(new Float32Array(4).fill(value), place).alpha[0], value);
  }
});

test('what the stages do is not blended into the next frame', () => {
  const whole = rect(0, 0, 40, 20);
  const place = { ...frame, timeS: 0, rect: whole, matteRect: whole };
  const filter = createMaskFilter(model, [(alpha) => alpha.fill(0.45)]);
  filter.apply(new Float32Array(4).fill(0.5), place);
  const { alpha } = createMaskFilter(model).apply(new Float32Array(4).fill(0.5), place);
  assert.equal(alpha[0], 0.5);
});
