import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacer } from '../../../web_template/worker/pacer.js';

/**
 * How many of the frames that come in a second, at 25 a second, are let through.
 * @param {Pacer} pacer
 * @param {{nowMs: number}} clock
 */
function takenInASecond(pacer, clock) {
  let taken = 0;
  for (let i = 0; i < 25; i++) {
    if (pacer.takes()) taken++;
    clock.nowMs += 40;
  }
  return taken;
}

test('without a limit every frame is let through', () => {
  const clock = { nowMs: 5000 };
  const pacer = new Pacer(
    () => false,
    () => clock.nowMs,
  );
  assert.equal(takenInASecond(pacer, clock), 25);
  pacer.limit(2);
  pacer.limit(null);
  assert.equal(takenInASecond(pacer, clock), 25);
});

test('so many a second, the first one at once', () => {
  const clock = { nowMs: 5000 };
  const pacer = new Pacer(
    () => false,
    () => clock.nowMs,
  );
  pacer.limit(5);
  assert.equal(pacer.takes(), true);
  clock.nowMs += 40;
  assert.equal(takenInASecond(pacer, clock), 5);
  assert.equal(pacer.takes(), false);
  pacer.reset();
  assert.equal(pacer.takes(), true);
});

test('while somebody uses every frame there is no limit', () => {
  const clock = { nowMs: 5000 };
  let isFree = true;
  const pacer = new Pacer(
    () => isFree,
    () => clock.nowMs,
  );
  pacer.limit(2);
  assert.equal(takenInASecond(pacer, clock), 25);
  isFree = false;
  assert.ok(takenInASecond(pacer, clock) <= 2);
});
