import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MotionEstimator } from '../../../web_template/worker/motion.js';

const WIDTH = 128;
const HEIGHT = 72;
const SIZE = WIDTH * HEIGHT;

/** Smooth, and different everywhere. @param {number} x @param {number} y */
const texture = (x, y) =>
  0.5 + 0.2 * Math.sin(x / 5 + Math.sin(y / 7)) + 0.2 * Math.cos(y / 4 + Math.sin(x / 9));

/**
 * A picture that has moved to the right and down.
 * @param {number} dx
 * @param {number} dy
 * @param {(i: number) => number} [noise]
 */
function picture(dx, dy, noise = () => 0) {
  const out = new Float32Array(3 * SIZE);
  for (let i = 0; i < SIZE; i++) {
    const value = texture((i % WIDTH) - dx, Math.floor(i / WIDTH) - dy);
    for (let channel = 0; channel < 3; channel++) out[channel * SIZE + i] = value + noise(i);
  }
  return out;
}

/** A soft disc. @param {number} dx @param {number} dy */
function disc(dx, dy) {
  return Float32Array.from({ length: SIZE }, (_, i) => {
    const distance = Math.hypot((i % WIDTH) - 60 - dx, Math.floor(i / WIDTH) - 36 - dy);
    return Math.min(1, Math.max(0, (22 - distance) / 4));
  });
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
const meanDifference = (a, b) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / SIZE;

for (const [dx, dy] of [
  [2, 0],
  [-4, 2],
  [3, -1],
  [5, 3],
]) {
  test(`an alpha goes along with a picture that moves by ${dx}, ${dy}`, () => {
    const estimator = new MotionEstimator(WIDTH, HEIGHT);
    estimator.remember(picture(0, 0));
    const { isCut } = estimator.estimate(picture(dx, dy));
    assert.equal(isCut, false);
    const moved = new Float32Array(SIZE);
    estimator.move(disc(0, 0), moved);
    const left = meanDifference(disc(0, 0), disc(dx, dy));
    // What half-size luma tells is a quarter of a pixel at best.
    assert.ok(meanDifference(moved, disc(dx, dy)) < 0.25 * left);
  });
}

test('what stands still stays to the last bit, camera noise or not', () => {
  const estimator = new MotionEstimator(WIDTH, HEIGHT);
  const noise = (/** @type {number} */ i) => 0.01 * Math.sin(12.9898 * i * i);
  estimator.remember(picture(0, 0));
  const { dx, dy } = estimator.estimate(picture(0, 0, noise));
  assert.ok([...dx, ...dy].every((each) => each === 0));
  const moved = new Float32Array(SIZE);
  estimator.move(disc(0, 0), moved);
  assert.deepEqual(moved, disc(0, 0));
});

test('another scene is told', () => {
  const estimator = new MotionEstimator(WIDTH, HEIGHT);
  estimator.remember(picture(0, 0));
  const other = picture(0, 0).map((value, i) =>
    Math.floor((i % WIDTH) / 16) % 2 ? value : 1 - value,
  );
  assert.equal(estimator.estimate(other.map((value) => 1 - value)).isCut, true);
});

test('an alpha that reaches the border reaches it after it has moved', () => {
  const estimator = new MotionEstimator(WIDTH, HEIGHT);
  estimator.remember(picture(0, 0));
  estimator.estimate(picture(0, -6)); // upwards
  const body = Float32Array.from({ length: SIZE }, (_, i) => (i % WIDTH < 64 ? 1 : 0));
  const moved = new Float32Array(SIZE);
  estimator.move(body, moved);
  assert.deepEqual(moved.subarray(SIZE - WIDTH, SIZE - WIDTH + 40), new Float32Array(40).fill(1));
});
