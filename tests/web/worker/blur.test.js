import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gaussianKernel } from '../../../web_template/worker/compositor/blur.js';
import { blurGrid, spillGrid } from '../../../web_template/worker/compositor/blur-grid.js';

test('the grid keeps the shape of the frame', () => {
  const wide = blurGrid(1280, 720, 0.1);
  assert.deepEqual([wide.width, wide.height], [320, 180]);
  const upright = blurGrid(720, 1280, 0.1);
  assert.deepEqual([upright.width, upright.height], [180, 320]);
});

test('sigma is the same part of the frame on every grid', () => {
  for (const strength of [0, 0.2, 0.5, 0.7, 1]) {
    const { width, sigma } = blurGrid(1920, 1080, strength);
    assert.ok(Math.abs(sigma / width - strength * 0.025) < 1e-12);
  }
});

test('a strong blur takes a coarser grid, its kernel fits', () => {
  assert.equal(blurGrid(1280, 720, 0.5).width, 160);
  assert.equal(blurGrid(1280, 720, 1).width, 80);
  for (let strength = 0; strength <= 1; strength += 0.01) {
    assert.ok(3 * blurGrid(1280, 720, strength).sigma <= 16);
  }
});

test('a frame smaller than the grid is not enlarged', () => {
  assert.deepEqual(blurGrid(100, 60, 0), { width: 100, height: 60, sigma: 0, taps: 1 });
});

test('the sides of an edge have a coarser grid, in a small frame half of it, and denser reads', () => {
  assert.deepEqual(spillGrid(1280, 720), { width: 128, height: 72, sigma: 0, taps: 3 });
  assert.deepEqual(spillGrid(720, 1280), { width: 72, height: 128, sigma: 0, taps: 3 });
  assert.deepEqual(spillGrid(100, 60), { width: 50, height: 30, sigma: 0, taps: 1 });
  assert.equal(blurGrid(1280, 720, 1).taps, 2);
});

test('the kernel is a Gaussian of that sigma, in merged taps', () => {
  for (const sigma of [1, 2, 3.9]) {
    const { pairs, centre, offsets, weights } = gaussianKernel(sigma);
    let sum = centre;
    let variance = 0;
    for (let i = 0; i < pairs; i++) {
      sum += 2 * weights[i];
      // A merged tap stands for the two pixels that it lies between.
      const low = Math.floor(offsets[i]);
      const far = offsets[i] - low;
      variance += 2 * weights[i] * ((1 - far) * low ** 2 + far * (low + 1) ** 2);
    }
    assert.ok(Math.abs(sum - 1) < 1e-6);
    // Cut off at 3 sigma, a Gaussian keeps 97 % of its variance.
    assert.ok(Math.abs(Math.sqrt(variance) / sigma - 1) < 0.03, `${sigma}: ${Math.sqrt(variance)}`);
  }
});

test('no blur is the identity', () => {
  const { pairs, centre } = gaussianKernel(0);
  assert.deepEqual([pairs, centre], [0, 1]);
});
