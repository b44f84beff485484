import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAlpha, ownSpec, readContract } from '../../../web_template/shared/own-model.js';

/**
 * @param {string} name
 * @param {(number | string)[]} shape
 * @param {string} [type]
 */
const port = (name, shape, type = 'float32') => ({ name, isTensor: true, type, shape });
const FRAME = port('frame', [1, 3, 144, 256]);
const ALPHA = port('alpha', [1, 1, 144, 256]);

test('a model that keeps the contract, with states or an output whose size is open', () => {
  const size = { width: 256, height: 144 };
  assert.deepEqual(readContract([FRAME], [ALPHA]), size);
  assert.deepEqual(readContract([FRAME], [port('alpha', [1, 1, 'H', 'W'])]), size);
  const states = [port('state0_in', [1, 4, 9, 9]), port('state0_out', [1, 4, 9, 9])];
  assert.deepEqual(readContract([FRAME, states[0]], [ALPHA, states[1]]), size);
});

for (const [refusal, inputs, outputs] of /** @type {[string, any[], any[]][]} */ ([
  ['input', [port('x', [1, 3, 144, 256])], [ALPHA]],
  ['input', [FRAME, port('r1i', [1, 1, 1, 1])], [ALPHA]],
  ['input', [port('frame', [1, 144, 256, 3])], [ALPHA]],
  ['input', [port('frame', [1, 3, 144, 256], 'uint8')], [ALPHA]],
  ['input', [], []],
  ['output', [FRAME], [port('mask', [1, 1, 144, 256])]],
  ['output', [FRAME], [port('alpha', [1, 2, 144, 256])]],
  ['output', [FRAME], [port('alpha', [1, 1, 72, 128])]],
  ['output', [FRAME], [port('alpha', [1, 1, 144, 256], 'float16')]],
  ['output', [FRAME], [ALPHA, port('features', [1, 8])]],
  ['size', [port('frame', [1, 3, 'H', 'W'])], [ALPHA]],
  ['size', [port('frame', [1, 3, 8, 256])], [ALPHA]],
  ['size', [port('frame', [1, 3, 4096, 4096])], [ALPHA]],
])) {
  const what = [...inputs, ...outputs].map(({ name, shape }) => `${name} ${shape}`).join(' → ');
  test(`refused for its ${refusal}: ${what}`, () => {
    const answer = /** @type {any} */ (readContract(inputs, outputs));
    assert.equal(answer.refusal, refusal);
    assert.ok(answer.message.length > 10 && !answer.message.includes('\n'));
  });
}

test('an answer is an alpha or it is not', () => {
  const size = { width: 2, height: 2 };
  assert.equal(checkAlpha(Float32Array.of(0, 0.5, 1, 1.0001), size), null);
  assert.equal(checkAlpha(Float32Array.of(0, 0.5, 1), size)?.refusal, 'output');
  for (const wrong of [1.5, -3, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(checkAlpha(Float32Array.of(0, 0, wrong, 0), size)?.refusal, 'range', `${wrong}`);
  }
});

test('what the worker is told to run', () => {
  const file = new Blob(['onnx']);
  const spec = ownSpec({ name: 'mine.onnx', file, width: 64, height: 32, inferMs: 3 });
  assert.deepEqual(
    [spec.name, spec.width, spec.height, spec.bytes, spec.file, spec.golden],
    ['mine.onnx', 64, 32, 4, file, null],
  );
});
