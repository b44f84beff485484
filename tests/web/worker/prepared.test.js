import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Prepared } from '../../../web_template/worker/prepared.js';

/** @param {string} name @returns {any} */
const options = (name, threads = 2) => ({
  runtime: { module: 'ort.mjs' },
  model: { name, url: `${name}.onnx`, sha256: 'ab' },
  threads,
  onProgress() {},
});

/** @returns {any} */
const fakeWay = () => ({
  isDisposed: false,
  async dispose() {
    this.isDisposed = true;
  },
});

test('what was prepared is found by who asks for the same, once', async () => {
  const prepared = new Prepared();
  const way = fakeWay();
  prepared.begin(options('small'), async () => way);
  assert.equal(await prepared.take(options('small')), way);
  assert.equal(prepared.take(options('small')), null);
  assert.equal(way.isDisposed, false);
});

for (const [what, other] of Object.entries({
  model: options('large'),
  number: options('small', 1),
  runtime: { ...options('small'), runtime: { module: 'webgpu.mjs' } },
})) {
  test(`of another ${what} it is disposed of`, async () => {
    const prepared = new Prepared();
    const way = fakeWay();
    prepared.begin(options('small'), async () => way);
    assert.equal(prepared.take(other), null);
    await turn();
    assert.equal(way.isDisposed, true);
    assert.equal(prepared.take(options('small')), null);
  });
}

test('a failure is told to who takes it, and to nobody else', async () => {
  const prepared = new Prepared();
  prepared.begin(options('small'), async () => {
    throw new Error('no such file');
  });
  await turn(); // an unhandled rejection would end this test
  await assert.rejects(/** @type {any} */ (prepared.take(options('small'))), /no such file/);
  prepared.begin(options('small'), async () => {
    throw new Error('no such file');
  });
  assert.equal(prepared.take(options('large')), null);
  await turn();
});
