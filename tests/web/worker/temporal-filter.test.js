import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { blend, TemporalFilter } from '../../../web_template/worker/temporal-filter.js';

/**
 * @typedef {import('../../../web_template/worker/region-of-interest.js').Rect} Rect
 * @typedef {{rect: Rect, timeS: number, isCoarse: boolean, alpha: number[], blended: number[]}} Step
 * @typedef {{rect: Rect, timeS: number, isCoarse: boolean, red: string, alpha: string, blended: number[]}} Flow
 */

/** Written by the Python reference (tests/builder/blend_sequences.py). @type {Step[]} */
const steps = JSON.parse(
  readFileSync(new URL('../../shared/blend-sequence.json', import.meta.url), 'utf8'),
);

/** The same (tests/builder/flow_sequences.py), with pictures. @type {Flow[]} */
const flows = JSON.parse(
  readFileSync(new URL('../../shared/flow-sequence.json', import.meta.url), 'utf8'),
);
const FLOW_SIZE = /** @type {const} */ ([41, 29]);

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

/** @param {string} hex  bytes @returns {Float32Array} 0..1 */
const unit = (hex) => Float32Array.from(Buffer.from(hex, 'hex'), (value) => value / 255);

/** Its green is as its red, its blue is that upside down. @param {string} hex */
function pictureOf(hex) {
  const red = unit(hex);
  const [width, height] = FLOW_SIZE;
  const blue = red.map((_, i) => red[(height - 1 - Math.floor(i / width)) * width + (i % width)]);
  return Float32Array.of(...red, ...red, ...blue);
}

/**
 * What becomes of each step's alpha.
 * @param {{flow?: boolean, blind?: number}} [how]  the step that comes without its picture
 */
function flowed({ flow = true, blind = -1 } = {}) {
  const filter = new TemporalFilter(...FLOW_SIZE);
  filter.flow = flow;
  return flows.map(({ rect, timeS, isCoarse, red, alpha }, i) => {
    const found = unit(alpha);
    const picture = i === blind ? undefined : pictureOf(red);
    filter.apply(found, { rect, timeS, isCoarse, picture });
    return found;
  });
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
const isSame = (a, b) => a.every((value, i) => Math.abs(value - b[i]) <= ROUNDING);

test('the same as the Python reference where what was before moves as the picture has', () => {
  const found = flowed();
  for (const [i, { blended }] of flows.entries()) assertClose(found[i], blended, `step ${i}`);
});

test('pictures of one part of one scene move what was before, others do not', () => {
  const [plain, flowing] = [flowed({ flow: false }), flowed()];
  assert.ok(isSame(flowing[0], plain[0]));
  assert.ok(!isSame(flowing[1], plain[1]));
  // One picture less: neither from it nor to it, then again.
  const blind = flowed({ blind: 1 });
  assert.ok(isSame(blind[1], plain[1]) && isSame(blind[2], plain[2]));
  assert.ok(isSame(blind[3], plain[3]), 'another rectangle');
  assert.ok(!isSame(blind[4], plain[4]));
});

test('after the switch is on the first picture is only remembered', () => {
  const filter = new TemporalFilter(...FLOW_SIZE);
  const plain = flowed({ flow: false });
  for (const [i, { rect, timeS, isCoarse, red, alpha }] of flows.slice(0, 3).entries()) {
    if (i > 0) filter.flow = true; // again for the last one: that changes nothing
    const found = unit(alpha);
    filter.apply(found, { rect, timeS, isCoarse, picture: pictureOf(red) });
    assert.equal(isSame(found, plain[i]), i < 2);
  }
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
