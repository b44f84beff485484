import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fetchModel } from '../../../web_template/worker/model-fetch.js';

const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
const MODEL = {
  name: 'some',
  variant: 'fp32',
  url: 'https://site.example/models/some.onnx',
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  bytes: BYTES.length,
  width: 4,
  height: 4,
  threshold: 0.5,
  ramp: null,
};

/**
 * @param {import('node:test').TestContext} context
 * @param {(options: RequestInit | undefined) => Response} answer
 */
function serve(context, answer) {
  /** @type {(RequestCache | undefined)[]} */
  const caches = [];
  const fake = async (/** @type {unknown} */ _url, /** @type {RequestInit} */ options) => {
    caches.push(options?.cache);
    return answer(options);
  };
  context.mock.method(globalThis, 'fetch', fake);
  return caches;
}

/** In pieces, as a network gives them. */
function pieces(bytes = BYTES, size = 300) {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) {
        controller.enqueue(bytes.subarray(at, at + size));
      }
      controller.close();
    },
  });
}

test('the bytes come whole, and their progress is told', async (context) => {
  serve(context, () => new Response(pieces()));
  /** @type {number[]} */
  const progress = [];
  const bytes = await fetchModel(MODEL, (loaded) => progress.push(loaded));
  assert.deepEqual(bytes, BYTES);
  assert.deepEqual(progress, [300, 600, 900, 1000]);
});

for (const [what, bytes] of /** @type {[string, Uint8Array<ArrayBuffer>][]} */ ([
  ['cut off', BYTES.subarray(0, 999)],
  ['too long', Uint8Array.of(...BYTES, 1)],
  ['damaged', BYTES.map((value, i) => (i === 500 ? value ^ 1 : value))],
])) {
  test(`a model that is ${what} is refused, after a look past the cache`, async (context) => {
    const caches = serve(context, () => new Response(pieces(bytes)));
    await assert.rejects(
      fetchModel(MODEL, () => {}),
      (/** @type {any} */ error) =>
        error.code === 'model-unavailable' && /some/.test(error.message),
    );
    assert.deepEqual(caches, ['default', 'reload']);
  });
}

test('a damaged copy in the cache is replaced', async (context) => {
  serve(context, (options) => {
    return new Response(options?.cache === 'reload' ? pieces() : pieces(BYTES.map(() => 0)));
  });
  assert.deepEqual(await fetchModel(MODEL, () => {}), BYTES);
});

test('a missing model says its status', async (context) => {
  serve(context, () => new Response('no', { status: 404 }));
  await assert.rejects(
    fetchModel(MODEL, () => {}),
    (/** @type {any} */ error) => error.code === 'model-unavailable' && /404/.test(error.detail),
  );
});

test('where there are no digests, on an insecure origin, the size still counts', async (context) => {
  serve(context, () => new Response(pieces(BYTES.subarray(0, 999))));
  context.mock.getter(globalThis, 'crypto', () => ({}));
  await assert.rejects(
    fetchModel(MODEL, () => {}),
    (/** @type {any} */ error) => /999 bytes instead of 1000/.test(error.detail),
  );
});
