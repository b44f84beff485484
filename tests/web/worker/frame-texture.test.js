import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UploadRace } from '../../../web_template/worker/compositor/frame-texture.js';

/**
 * @param {UploadRace} race
 * @param {Record<string, number>} ms  what each way takes
 * @param {number} frames
 */
function run(race, ms, frames) {
  return Array.from({ length: frames }, () => {
    const { way } = race;
    race.finished(way, ms[way]);
    return way;
  });
}

test('each way gets three frames, then the faster one is kept', () => {
  const trials = ['copied', 'copied', 'copied', 'direct', 'direct', 'direct'];
  assert.deepEqual(run(new UploadRace(), { copied: 1, direct: 9 }, 8), [
    ...trials,
    'copied',
    'copied',
  ]);
  assert.deepEqual(run(new UploadRace(), { copied: 9, direct: 1 }, 8), [
    ...trials,
    'direct',
    'direct',
  ]);
});

test('one slow frame does not decide', () => {
  const race = new UploadRace();
  race.finished('copied', 500);
  race.finished('copied', 1);
  race.finished('copied', 1);
  for (let i = 0; i < 3; i++) race.finished('direct', 5);
  assert.equal(race.way, 'copied');
});

test('where copies are not converted, frames go directly', () => {
  const race = new UploadRace();
  race.copyFailed();
  assert.deepEqual(run(race, { direct: 100 }, 5), Array(5).fill('direct'));
});
