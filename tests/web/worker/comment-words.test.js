/** Sprites over and under rows of pixels, against the formulas in numbers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { over, under } from '../../../web_template/worker/compositor/cpu/comment-words.js';

/** @param {number[]} rgba */
const word = ([r, g, b, a]) => r | (g << 8) | (b << 16) | (a << 24);
/** @param {number} value */
const channels = (value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

test('over: the colour comes in by its alpha, its strength, and where nobody is', () => {
  for (const [alpha, strength, person] of [
    [255, 256, 0],
    [128, 256, 0],
    [255, 128, 0],
    [200, 200, 100],
    [255, 256, 256],
    [0, 256, 0],
  ]) {
    const out = Int32Array.of(word([10, 200, 60, 255]));
    over(out, 0, Int32Array.of(word([250, 20, 90, alpha])), 0, 1, strength, Uint16Array.of(person));
    const weight = (alpha / 255) * (strength / 256) * (1 - person / 256);
    const want = [10 + 240 * weight, 200 - 180 * weight, 60 + 30 * weight, 255];
    for (const [i, value] of channels(out[0]).entries()) {
      assert.ok(Math.abs(value - want[i]) <= 3, `${value} for ${want[i]}`); // three roundings of 1/256
    }
  }
});

test('under: it shows as far as the picture is transparent', () => {
  for (const [has, alpha] of [
    [0, 255],
    [0, 100],
    [128, 255],
    [255, 255],
  ]) {
    const out = Int32Array.of(word([40, 80, 120, has]));
    under(out, 0, Int32Array.of(word([240, 30, 10, alpha])), 0, 1, 256);
    const shown = (alpha / 255) * (1 - has / 255);
    const total = has / 255 + shown;
    const mix = (/** @type {number} */ f, /** @type {number} */ b) =>
      (f * (has / 255) + b * shown) / total;
    const want = [mix(40, 240), mix(80, 30), mix(120, 10), total * 255];
    for (const [i, value] of channels(out[0]).entries()) {
      assert.ok(Math.abs(value - want[i]) <= 2, `${value} for ${want[i]}`);
    }
  }
});
