import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { checkGolden, fetchGolden, fillWithGolden } from '../../../web_template/worker/golden.js';

/** Two pixels: red, green, blue plane by plane, then their alpha. */
const BYTES = Uint8Array.of(0, 255, 51, 102, 0, 0, 255, 0);
let frames = 0;

/** @param {{bytes?: Uint8Array, golden?: any}} [options] */
function modelWith({ bytes = BYTES, golden } = {}) {
  return /** @type {any} */ ({
    name: 'some',
    width: 2,
    height: 1,
    golden: golden ?? {
      url: `https://site.example/golden-${++frames}.bin`,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    },
  });
}

test('the picture as a model is fed with it, and the alpha', async (context) => {
  const fetch = context.mock.method(globalThis, 'fetch', async () => new Response(BYTES));
  const model = modelWith();
  const golden = await fetchGolden(model);
  assert.ok(golden);
  const input = new Float32Array(6);
  fillWithGolden(golden, input);
  assert.deepEqual([...input], [0, 1, 51 / 255, 102 / 255, 0, 0].map(Math.fround));
  assert.deepEqual([...golden.alpha], [255, 0]);
  assert.equal(await fetchGolden(model), golden);
  assert.equal(fetch.mock.callCount(), 1, 'fetched once');
});

test('a build without one has nothing to prove', async () => {
  assert.equal(await fetchGolden({ ...modelWith(), golden: null }), null);
});

test('other bytes are refused', async (context) => {
  context.mock.method(
    globalThis,
    'fetch',
    async () => new Response(Uint8Array.from(BYTES).fill(9)),
  );
  await assert.rejects(fetchGolden(modelWith()), { code: 'model-unavailable', message: /golden/ });
});

const golden = { picture: BYTES.subarray(0, 6), alpha: Uint8Array.of(255, 0) };

test('a mean difference of a hundredth is borne, more is not', () => {
  checkGolden(golden, Float32Array.of(0.985, 0.003)); // mean 0.009
  assert.throws(() => checkGolden(golden, Float32Array.of(0.98, 0.003)), {
    code: 'golden-failed',
    detail: /0\.0115/,
  });
});

test('no numbers, and too few of them, are no answer', () => {
  for (const alpha of [[Number.NaN, 0], [Number.POSITIVE_INFINITY, 0], [1]]) {
    assert.throws(() => checkGolden(golden, Float32Array.from(alpha)), { code: 'golden-failed' });
  }
});
