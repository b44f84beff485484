import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { blend, TemporalFilter } from '../../../web_template/worker/temporal-filter.js';

/**
 * @typedef {import('../../../web_template/worker/region-of-interest.js').Rect} Rect
 * @typedef {{rect: Rect, timeS: number, isCoarse: boolean, alpha: number[], blended: number[]}} Step
 */

/** Written by the Python reference (tests/builder/blend_sequences.py). @type {Step[]} */
const steps = JSON.parse(
  readFileSync(new URL('../../shared/blend-sequence.json', import.meta.url), 'utf8'),
);

/** The reference works in float32, this in float64. */
const ROUNDING = 1e-6;

/**
 * @param {Float32Array} found
 * @param {number[]} expected
 * @param {string} [message]
 */
function assertClose(found, expected, message = '') {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => {
    assert.ok(
      Math.abs(value - expected[i]) <= ROUNDING,
      `${message} ${i}: ${value}, not ${expected[i]}`,
    );
  });
}

test('the same as the Python reference, over moves, cuts and gaps', () => {
  const filter = new TemporalFilter(7, 5);
  let changed = 0;
  for (const [i, { alpha, blended, ...place }] of steps.entries()) {
    const found = Float32Array.from(alpha);
    filter.apply(found, place);
    assertClose(found, blended, `step ${i}`);
    if (alpha.some((value, k) => Math.abs(value - blended[k]) > 0.01)) changed++;
  }
  assert.ok(changed >= 5, 'there is something to compare');
});

test('little disagreement is averaged, much is taken as it is', () => {
  const current = Float32Array.of(0.5, 0.55, 0.2, 1, 0);
  blend(Float32Array.of(0.5, 0.45, 0.6, 0, 1), current);
  assertClose(current, [0.5, 0.475, 0.2, 1, 0]);
});

test('the first alpha, and the first after a reset, stay as they are', () => {
  const filter = new TemporalFilter(2, 1);
  const rect = { x: 0, y: 0, width: 20, height: 10 };
  for (const values of [
    [0.1, 0.2],
    [0.15, 0.25],
  ]) {
    filter.reset();
    const alpha = Float32Array.from(values);
    filter.apply(alpha, { rect, timeS: 0, isCoarse: false });
    assertClose(alpha, values);
  }
});
