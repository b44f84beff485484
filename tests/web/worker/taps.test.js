import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisTaps, foldTaps } from '../../../web_template/worker/sampling/taps.js';

/**
 * @param {import('../../../web_template/worker/sampling/taps.js').Taps} taps
 * @param {number} output
 */
function weightsOf(taps, output) {
  const start = output * taps.stride;
  const weights = taps.weights.slice(start, start + taps.count[output]);
  return Array.from(weights, (weight) => weight / taps.total);
}

test('a shrink by 2.5 is an exact area average', () => {
  const taps = axisTaps(5, 2);
  assert.deepEqual([...taps.first], [0, 2]);
  assert.deepEqual(weightsOf(taps, 0), [0.4, 0.4, 0.2]);
  assert.deepEqual(weightsOf(taps, 1), [0.2, 0.4, 0.4]);
});

test('a shrink by exactly 2 is bilinear, which is the mean of both', () => {
  const taps = axisTaps(4, 2);
  assert.deepEqual(weightsOf(taps, 0), [0.5, 0.5]);
  assert.deepEqual([...taps.first], [0, 2]);
});

test('bilinear reads at half-pixel centres and clamps at the edges', () => {
  const taps = axisTaps(2, 4); // centres at −0.25, 0.25, 0.75, 1.25
  assert.deepEqual([...taps.first], [0, 0, 0, 1]);
  assert.deepEqual(weightsOf(taps, 0), [1]);
  assert.deepEqual(weightsOf(taps, 1), [0.75, 0.25]);
  assert.deepEqual(weightsOf(taps, 2), [0.25, 0.75]);
  assert.deepEqual(weightsOf(taps, 3), [1]);
});

test('weights sum to the total and stay inside, whatever the sizes', () => {
  for (const [sizeIn, sizeOut] of [
    [720, 144],
    [720, 256],
    [1281, 256],
    [100, 256],
    [1, 7],
    [7, 1],
    [3, 2],
  ]) {
    const taps = axisTaps(sizeIn, sizeOut);
    for (let i = 0; i < sizeOut; i++) {
      const sum = weightsOf(taps, i).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-12, `${sizeIn} → ${sizeOut}, output ${i}: ${sum}`);
      assert.ok(taps.first[i] >= 0 && taps.first[i] + taps.count[i] <= sizeIn);
    }
  }
});

test('the origin moves what is read', () => {
  assert.deepEqual([...axisTaps(5, 2, 3).first], [3, 5]);
});

test('folded taps read half as many samples with the same weight', () => {
  const folded = foldTaps(axisTaps(5, 1), 1); // pixels 0..4 lie on samples 0, 0, 1, 1, 2
  assert.equal(folded.first[0], 0);
  assert.deepEqual(weightsOf(folded, 0), [0.4, 0.4, 0.2]);
});

test('folding minds where the pixels begin', () => {
  const folded = foldTaps(axisTaps(3, 1, 1), 1); // pixels 1, 2, 3 lie on samples 0, 1, 1
  assert.equal(folded.first[0], 0);
  assert.deepEqual(
    weightsOf(folded, 0).map((weight) => Math.round(weight * 3)),
    [1, 2],
  );
});
