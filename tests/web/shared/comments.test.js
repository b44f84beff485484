/** Comments as they are checked. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkComments,
  DEFAULT_COMMENTS,
  MAX_LENGTH,
  MAX_LINES,
  readLine,
} from '../../../web_template/shared/comments.js';

test('what is left out is the default, and the answer is frozen', () => {
  const comments = checkComments({ lines: ['hi'] });
  assert.deepEqual(comments, { ...DEFAULT_COMMENTS, lines: ['hi'] });
  assert.ok(Object.isFrozen(comments) && Object.isFrozen(comments.lines));
});

test('lines are tidied: no empty ones, no endless ones, not too many', () => {
  const lines = ['  a \n b ', '', ' ', '🙂'.repeat(500), ...Array(MAX_LINES + 5).fill('x')];
  const checked = checkComments({ lines }).lines;
  assert.equal(checked[0], 'a b');
  assert.equal(Array.from(checked[1]).length, MAX_LENGTH);
  assert.equal(checked.length, MAX_LINES);
});

test('what is none is refused with what would be right', () => {
  const wrong = /** @type {any[]} */ ([
    { speed: 2 },
    { size: '1' },
    { density: Number.NaN },
    { colors: 'red' },
    { lines: 'text' },
    { lines: [1] },
  ]);
  for (const wanted of wrong) assert.throws(() => checkComments(wanted), TypeError);
});

test('a line may name its colour', () => {
  assert.deepEqual(readLine('#FF6699 hello', 3, 'white'), { text: 'hello', color: '#ff6699' });
  assert.deepEqual(readLine('#hello', 3, 'white'), { text: '#hello', color: '#ffffff' });
  const colors = new Set([...Array(7).keys()].map((i) => readLine('x', i, 'mixed').color));
  assert.ok(colors.size > 3);
});
