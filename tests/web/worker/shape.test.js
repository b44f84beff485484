import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cleanShape, keepLargest } from '../../../web_template/worker/shape.js';

/**
 * @typedef {{name: string, width: number, height: number, rectangles: number[][], clean: string[],
 *   largest: string[]}} Mask  rectangles: left, top, right, bottom, alpha in 255ths
 */

/** Written by the Python reference (tests/builder/shape_masks.py). @type {Mask[]} */
const masks = JSON.parse(
  readFileSync(new URL('../../shared/shape-masks.json', import.meta.url), 'utf8'),
);

/** @param {Mask} mask */
function draw({ width, height, rectangles }) {
  const alpha = new Float32Array(width * height);
  for (const [left, top, right, bottom, level] of rectangles) {
    for (let y = top; y < bottom; y++) alpha.fill(level / 255, y * width + left, y * width + right);
  }
  return alpha;
}

for (const mask of masks) {
  for (const [what, stage, rows] of /** @type {const} */ ([
    ['cleaned', cleanShape, mask.clean],
    ['the largest component', keepLargest, mask.largest],
  ])) {
    test(`${mask.name}, ${what}: as in the Python reference`, () => {
      const alpha = draw(mask);
      stage(alpha, mask.width, mask.height);
      const before = draw(mask);
      const kept = rows.join('');
      alpha.forEach((value, i) => {
        assert.equal(value, kept[i] === 'x' ? before[i] : 0, `${i}`);
      });
    });
  }
}

test('there is something to compare', () => {
  assert.ok(masks.some(({ clean }) => clean.some((row) => row.includes('x'))));
  assert.ok(masks.some(({ largest, clean }) => largest.join() !== clean.join()));
});
