import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { personBox, RegionOfInterest } from '../../../web_template/worker/region-of-interest.js';

/**
 * @typedef {import('../../../web_template/worker/region-of-interest.js').Rect} Rect
 * @typedef {{timeS: number, persons: number[][], looks: number[][], matte: number[]}} Step
 * @typedef {{name: string, size: [number, number], model: [number, number], frames: Step[]}} Sequence
 */

/** Written by the Python reference (tests/builder/region_sequences.py). @type {Sequence[]} */
const sequences = JSON.parse(
  readFileSync(new URL('../../shared/region-sequences.json', import.meta.url), 'utf8'),
);

/**
 * A pixel is person where its centre is inside.
 * @param {number[][]} persons  left, top, right, bottom, 0..1 of the frame
 * @param {Rect} rect
 * @param {number[]} size
 * @param {number[]} model
 */
function draw(persons, rect, size, [width, height]) {
  const alpha = new Float32Array(width * height);
  for (let i = 0; i < alpha.length; i++) {
    const x = (rect.x + (((i % width) + 0.5) * rect.width) / width) / size[0];
    const y = (rect.y + ((Math.floor(i / width) + 0.5) * rect.height) / height) / size[1];
    const isPerson = persons.some(
      ([left, top, right, bottom]) => x >= left && x < right && y >= top && y < bottom,
    );
    if (isPerson) alpha[i] = 0.9;
  }
  return alpha;
}

/** @param {Rect} rect */
const numbers = ({ x, y, width, height }) => [x, y, width, height];

for (const { name, size, model, frames } of sequences) {
  test(`${name}: the same rectangles as the Python reference`, () => {
    const region = new RegionOfInterest(...model);
    for (const [i, { timeS, persons, looks, matte }] of frames.entries()) {
      let look = region.look(...size, timeS);
      const seen = [numbers(look.rect)];
      let again = region.learn(draw(persons, look.rect, size, model), look);
      if (again) {
        look = again;
        seen.push(numbers(look.rect));
        again = region.learn(draw(persons, look.rect, size, model), look);
      }
      assert.equal(again, null);
      assert.deepEqual(
        { seen, matte: numbers(region.matteRect(look)) },
        { seen: looks, matte },
        `${i}`,
      );
    }
  });
}

test('there is something to compare', () => {
  assert.ok(sequences.length >= 10);
  assert.ok(sequences.some(({ frames }) => frames.some(({ looks }) => looks.length === 2)));
});

test('after a reset the person is looked for again', () => {
  const region = new RegionOfInterest(8, 8);
  const alpha = new Float32Array(64);
  alpha.fill(1, 18, 20);
  region.learn(alpha, region.look(80, 80, 0));
  assert.equal(region.look(80, 80, 0.1).isWhole, false);
  region.reset();
  const look = region.look(80, 80, 0.1);
  assert.deepEqual(numbers(look.rect), [0, 0, 80, 80]);
  assert.ok(region.learn(alpha, look), 'a second look, as at first');
});

test('a box is in pixels of the frame', () => {
  const alpha = new Float32Array(32);
  alpha[10] = alpha[21] = 0.6;
  alpha[0] = 0.5;
  const box = personBox(alpha, 8, 4, { x: 100, y: 50, width: 80, height: 20 });
  assert.deepEqual(box, { x: [120, 160], y: [55, 65] });
  assert.equal(
    personBox(new Float32Array(32).fill(0.5), 8, 4, { x: 0, y: 0, width: 8, height: 4 }),
    null,
  );
});
