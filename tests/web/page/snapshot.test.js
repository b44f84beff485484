import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileName } from '../../../web_template/page/snapshot.js';

test('a snapshot’s name sorts by time and is valid everywhere', () => {
  const name = fileName(new Date(2031, 0, 2, 3, 4, 5));
  assert.equal(name, 'livematte-2031-01-02-030405.png');
  assert.equal(fileName(new Date(2031, 0, 2, 3, 4, 5), 'webm'), 'livematte-2031-01-02-030405.webm');
  assert.doesNotMatch(name, /[\\/:*?"<>|\s]/);
});
