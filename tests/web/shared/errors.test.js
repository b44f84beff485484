import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES, MatteError } from '../../../web_template/shared/errors.js';
import { isRequest, request } from '../../../web_template/shared/messages.js';

test('an error survives a message', () => {
  const error = new MatteError('camera-busy', 'in use', 'NotReadableError');
  const copy = MatteError.fromWire(structuredClone(error.toWire()));
  assert.ok(copy instanceof MatteError);
  assert.deepEqual(copy.toWire(), error.toWire());
});

test('any value becomes a MatteError; one that is keeps its code', () => {
  const error = MatteError.from(new RangeError('too far'), 'inference-failed', 'no frame');
  assert.deepEqual(error.toWire(), {
    code: 'inference-failed',
    message: 'no frame',
    detail: 'RangeError: too far',
  });
  assert.equal(MatteError.from(error, 'unknown', 'other'), error);
  assert.equal(MatteError.from(undefined, 'unknown', 'other').detail, 'undefined');
});

test('missing memory is told as that, in the words of each browser', () => {
  for (const said of [
    new RangeError('WebAssembly.Memory(): could not allocate memory'),
    new RangeError('Array buffer allocation failed'),
    new Error('no available backend found. ERR: [wasm] RangeError: Out of memory'),
    new Error('failed to call OrtRun(). ERROR_MESSAGE: std::bad_alloc'),
  ]) {
    assert.equal(MatteError.from(said, 'model-unavailable', 'x').code, 'out-of-memory', `${said}`);
  }
  const other = new RangeError('Maximum call stack size exceeded');
  assert.equal(MatteError.from(other, 'unknown', 'x').code, 'unknown');
});

test('no code twice', () => {
  assert.equal(new Set(ERROR_CODES).size, ERROR_CODES.length);
});

test('a request is known by its type and id', () => {
  assert.ok(isRequest(request('detach', 3, {})));
  for (const other of [null, 'detach', { type: 'detach' }, { type: 'frame', id: 1 }]) {
    assert.equal(isRequest(other), false);
  }
});
