import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noticeCode } from '../../../web_template/page/notices.js';
import { ERROR_CODES, MatteError } from '../../../web_template/shared/errors.js';

test('every code of the engine is told as it is', () => {
  for (const code of ERROR_CODES) assert.equal(noticeCode(new MatteError(code, 'x')), code);
});

test('anything else that is thrown is told as unknown', () => {
  for (const error of [new Error('x'), new DOMException('x', 'AbortError'), 'x', null, undefined]) {
    assert.equal(noticeCode(error), 'unknown');
  }
});
