import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LOOKS } from '../../../web_template/shared/looks.js';
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

test('islands go when that is wanted, and from then on', () => {
  const size = { ...model, width: 64, height: 8 };
  // A body, another one, and something unsure.
  const alpha = Float32Array.from({ length: 64 * 8 }, (_, i) =>
    i % 64 < 12 || (i % 64 >= 24 && i % 64 < 32) ? 1 : 0,
  );
  alpha[60] = 0.9;
  const filter = createMaskFilter(size, { ...DEFAULT_LOOKS, islands: true });
  const shown = () => {
    const found = filter.apply(alpha).alpha;
    return [found[3], found[28], found[60]];
  };
  assert.deepEqual(shown(), [1, 1, 0]);
  filter.setLooks({ ...DEFAULT_LOOKS, islands: 'largest' });
  assert.deepEqual(shown(), [1, 0, 0]);
  filter.setLooks(DEFAULT_LOOKS);
  assert.deepEqual(shown(), [1, 1, Math.fround(0.9)]);
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

test('without steadiness each alpha stands for itself, with half of it half the blend is left', () => {
  const whole = rect(0, 0, 40, 20);
  const place = { ...frame, timeS: 0, rect: whole, matteRect: whole };
  const second = (/** @type {number} */ steadiness) => {
    const filter = createMaskFilter(model, { ...DEFAULT_LOOKS, steadiness });
    filter.apply(new Float32Array(4).fill(0.5), place);
    return filter.apply(new Float32Array(4).fill(0.5625), place).alpha[0];
  };
  assert.equal(second(0), 0.5625);
  assert.equal(second(1), 0.515625); // a quarter of the way
  assert.equal(second(0.5), 0.5390625); // 5/8 of it
});

test('pictures are needed where the blend follows them', () => {
  const filter = createMaskFilter(model);
  assert.equal(filter.needsPicture, false);
  filter.setLooks({ ...DEFAULT_LOOKS, flow: true });
  assert.equal(filter.needsPicture, true);
  filter.setLooks({ ...DEFAULT_LOOKS, flow: true, steadiness: 0 });
  assert.equal(filter.needsPicture, false);
});

test('the blend follows the picture of what the matte covers', () => {
  const size = { ...model, width: 64, height: 64 };
  const whole = rect(0, 0, 64, 64);
  const place = { width: 64, height: 64, rect: whole, matteRect: whole };
  const pixels = (/** @type {(x: number, y: number) => number} */ valueAt, count = 1) =>
    Float32Array.from({ length: count * 4096 }, (_, i) => valueAt(i % 64, (i >> 6) % 64));
  const edge = (/** @type {number} */ moved) =>
    pixels((x) => Math.min(1, Math.max(0, (32 + moved - x) / 16)));
  const scene = (/** @type {number} */ moved) =>
    pixels((x, y) => 0.4 + 0.1 * (Math.sin((x - moved) / 4) + Math.cos(y / 3)), 3);
  const rowOf = (/** @type {Float32Array} */ alpha) =>
    alpha.subarray(2048, 2112).reduce((sum, value) => sum + value, 0);
  /** How far the edge stays behind where it is after 2 pixels. */
  const behind = (/** @type {boolean} */ isSeen) => {
    const filter = createMaskFilter(size, { ...DEFAULT_LOOKS, flow: true });
    filter.apply(edge(0), { ...place, timeS: 0, picture: isSeen ? scene(0) : undefined });
    const picture = isSeen ? scene(2) : undefined;
    const { alpha } = filter.apply(edge(2), { ...place, timeS: 0.03, picture });
    return rowOf(edge(2)) - rowOf(alpha);
  };
  assert.ok(behind(false) > 1);
  assert.ok(Math.abs(behind(true)) < 0.3);
});

test('what the removal of islands does is not blended into the next frame', () => {
  const whole = rect(0, 0, 40, 20);
  const place = { ...frame, timeS: 0, rect: whole, matteRect: whole };
  const filter = createMaskFilter(model, { ...DEFAULT_LOOKS, islands: true });
  const half = () => new Float32Array(4).fill(0.5);
  assert.equal(filter.apply(half(), place).alpha[0], 0); // no sure person is near
  filter.setLooks(DEFAULT_LOOKS);
  assert.equal(filter.apply(half(), place).alpha[0], 0.5);
});
