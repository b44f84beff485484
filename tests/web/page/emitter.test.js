import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../../../web_template/page/emitter.js';

test('listeners of a name get its values until they stop', () => {
  /** @type {Emitter<{tick: number}>} */
  const emitter = new Emitter();
  const got = /** @type {number[]} */ ([]);
  const stop = emitter.on('tick', (value) => got.push(value));
  emitter.emit('tick', 1);
  stop();
  emitter.emit('tick', 2);
  assert.deepEqual(got, [1]);
});

test('a listener that throws is reported and does not stop the others', (context) => {
  /** @type {Emitter<{tick: number}>} */
  const emitter = new Emitter();
  const reported = /** @type {unknown[]} */ ([]);
  const report = (/** @type {unknown} */ error) => reported.push(error);
  Object.assign(globalThis, { reportError: report });
  context.after(() => {
    Reflect.deleteProperty(globalThis, 'reportError');
  });
  let heard = 0;
  const fault = new Error('listener');
  emitter.on('tick', () => {
    throw fault;
  });
  emitter.on('tick', () => heard++);
  emitter.emit('tick', 1);
  assert.deepEqual([heard, reported], [1, [fault]]);
});

test('a listener may stop itself while it is told', () => {
  /** @type {Emitter<{tick: number}>} */
  const emitter = new Emitter();
  let calls = 0;
  const stop = emitter.on('tick', () => {
    calls++;
    stop();
  });
  emitter.on('tick', () => calls++);
  emitter.emit('tick', 1);
  emitter.emit('tick', 1);
  assert.equal(calls, 3);
});

test('clear forgets everybody', () => {
  /** @type {Emitter<{tick: number}>} */
  const emitter = new Emitter();
  emitter.on('tick', () => assert.fail('cleared'));
  emitter.clear();
  emitter.emit('tick', 1);
});
