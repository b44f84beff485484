import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Continuity } from '../../../web_template/worker/continuity.js';

/** Frames 640 wide unless told, at their own times and by the clock on the wall, in seconds. */
function frames() {
  let wallS = 1000;
  const continuity = new Continuity(() => 1000 * wallS);
  const breaksAt = (/** @type {number} */ timeS, /** @type {number} */ atS, width = 640) => {
    wallS = 1000 + atS;
    return continuity.breaksAt({ width, height: 360, timeS });
  };
  return { continuity, breaksAt };
}

test('frames that follow each other: at a camera’s rate, at two a second, on a slow machine', () => {
  for (const [step, wallStep] of [
    [1 / 30, 1 / 30],
    [0.5, 0.5],
    [1 / 30, 6],
  ]) {
    const { breaksAt } = frames();
    for (let i = 0; i < 20; i++) assert.equal(breaksAt(step * i, wallStep * i), false);
  }
});

test('a sleep of minutes, whether the camera’s own time goes on meanwhile or not', () => {
  for (const sleptS of [0, 300]) {
    const { breaksAt } = frames();
    breaksAt(5, 5);
    assert.equal(breaksAt(5.03 + sleptS, 305.03), true);
    assert.equal(breaksAt(5.06 + sleptS, 305.06), false);
  }
});

test('a jump in a video, back or ahead; another size', () => {
  const { breaksAt } = frames();
  breaksAt(5, 5);
  assert.equal(breaksAt(4.9, 5.1), true);
  assert.equal(breaksAt(60, 5.2), true);
  assert.equal(breaksAt(60.1, 5.3, 360), true);
  assert.equal(breaksAt(60.2, 5.4, 360), false);
});

test('a paused video that is looked at again goes on; another source is a beginning', () => {
  const { continuity, breaksAt } = frames();
  breaksAt(5, 5);
  assert.equal(breaksAt(5, 600), false);
  assert.equal(breaksAt(5.03, 600.03), false);
  continuity.reset();
  assert.equal(breaksAt(0, 900, 320), false);
});
