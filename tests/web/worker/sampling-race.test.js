import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SamplingRace } from '../../../web_template/worker/sampling/sampling-race.js';

/**
 * @param {SamplingRace} race
 * @param {Record<string, number>} ms  what each way takes
 * @param {number} frames
 * @returns {(string | null)[]} who was tried on each frame
 */
function run(race, ms, frames) {
  return Array.from({ length: frames }, () => {
    const name = race.next();
    if (name) race.tried(ms[name], ms[race.leader]);
    return name;
  });
}

test('each way is tried four times, the first time to warm up, on every fourth frame', () => {
  const race = new SamplingRace(['a', 'b', 'c']);
  const tried = run(race, { a: 3, b: 4, c: 2 }, 40);
  assert.deepEqual(
    tried.flatMap((name, i) => (name ? [`${name}${i + 1}`] : [])),
    ['b4', 'b8', 'b12', 'b16', 'c20', 'c24', 'c28', 'c32'],
  );
  assert.equal(race.isOver, true);
});

test('the first one leads until all were tried, then the fastest', () => {
  const race = new SamplingRace(['a', 'b', 'c']);
  run(race, { a: 3, b: 1, c: 2 }, 31);
  assert.equal(race.leader, 'a');
  run(race, { a: 3, b: 1, c: 2 }, 1);
  assert.equal(race.leader, 'b');
  assert.deepEqual(race.times, { a: 3, b: 1, c: 2 });
});

test('one slow frame does not decide, nor does the warm-up', () => {
  const race = new SamplingRace(['a', 'b']);
  for (const [ms, leaderMs] of [
    [900, 3],
    [2, 3],
    [6, 3],
    [2, 3],
  ]) {
    while (race.next() === null);
    race.tried(ms, leaderMs);
  }
  assert.equal(race.leader, 'b');
});

test('one that is far slower is tried once', () => {
  const race = new SamplingRace(['a', 'b', 'c']);
  const tried = run(race, { a: 3, b: 30, c: 4 }, 40);
  assert.deepEqual(
    tried.filter((name) => name),
    ['b', 'b', 'c', 'c', 'c', 'c'],
  );
  assert.deepEqual(race.times, { a: 3, b: 30, c: 4 });
});

test('far slower by less than a frame can tell is no reason', () => {
  const race = new SamplingRace(['a', 'b']);
  const tried = run(race, { a: 0.1, b: 1 }, 40);
  assert.equal(tried.filter((name) => name).length, 4);
});

test('one that fails in its trial is out, and the next has its turn', () => {
  const race = new SamplingRace(['a', 'b', 'c']);
  run(race, { a: 3, b: 1, c: 2 }, 10);
  race.failed('b');
  assert.equal(race.leader, 'a');
  run(race, { a: 3, c: 2 }, 30);
  assert.equal(race.leader, 'c');
  assert.deepEqual(race.times, { a: 3, c: 2 });
});

test('a leader that fails gives way to the next, which is not tried against itself', () => {
  const race = new SamplingRace(['a', 'b', 'c']);
  race.failed('a');
  assert.equal(race.leader, 'b');
  const tried = run(race, { b: 2, c: 3 }, 40);
  assert.deepEqual(
    tried.filter((name) => name),
    ['c', 'c', 'c', 'c'],
  );
  assert.equal(race.leader, 'b');
});

test('a winner that fails later gives way to the fastest of the others', () => {
  const race = new SamplingRace(['a', 'b', 'c']);
  run(race, { a: 3, b: 1, c: 2 }, 40);
  race.failed('b');
  assert.equal(race.leader, 'c');
  race.failed('c');
  race.failed('a');
  assert.equal(race.leader, '');
});

test('one way alone runs no race', () => {
  const race = new SamplingRace(['a']);
  assert.deepEqual(run(race, {}, 10), Array(10).fill(null));
  assert.equal(race.isOver, true);
  assert.deepEqual(race.times, {});
});
