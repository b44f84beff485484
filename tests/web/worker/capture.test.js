import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureFrame } from '../../../web_template/worker/capture.js';
import { FakeFrame } from '../fakes.js';

const matte = () => ({
  alpha: Float32Array.of(0.25, 0.75),
  width: 2,
  height: 1,
  threshold: 0.5,
  ramp: null,
});

test('the pixels of the frame, the alpha as it was, nothing left open', async () => {
  const bytes = Uint8Array.from({ length: 48 }, (_, i) => i);
  const frame = new FakeFrame({ width: 4, height: 3, bytes, timestamp: 42 });
  const shown = { frame: frame.asVideoFrame, matte: matte() };
  const capturing = captureFrame(shown);
  shown.matte.alpha.fill(0); // the loop goes on
  const capture = await capturing;
  assert.deepEqual([...capture.rgba], [...bytes]);
  assert.deepEqual([...capture.alpha], [0.25, 0.75]);
  assert.deepEqual(
    [capture.width, capture.height, capture.alphaWidth, capture.alphaHeight, capture.timestamp],
    [4, 3, 2, 1, 42],
  );
  assert.deepEqual(capture.alphaRect, { x: 0, y: 0, width: 4, height: 3 });
  assert.deepEqual([...FakeFrame.open], [frame]);
  frame.close();
});

test('what the model saw and answered is told beside what was made of it', async () => {
  const frame = new FakeFrame({ width: 4, height: 3 });
  const rect = { x: 0, y: 0, width: 4, height: 3 };
  const matteRect = { x: 1, y: 1, width: 2, height: 2 };
  const seen = { alpha: Float32Array.of(0.1, 0.9), rect, matteRect };
  const capturing = captureFrame({ frame: frame.asVideoFrame, matte: { ...matte(), seen } });
  seen.alpha.fill(0);
  const capture = await capturing;
  assert.deepEqual(capture.modelAlpha, Float32Array.of(0.1, 0.9));
  assert.deepEqual([capture.alphaRect, capture.modelRect], [matteRect, rect]);
  frame.close();
});

test('a browser that cannot convert reads a canvas', async (context) => {
  const frame = new FakeFrame({ format: 'I420', bytes: new Uint8Array(24) });
  /** @type {any} */ (globalThis).OffscreenCanvas = class {
    getContext() {
      const data = new Uint8ClampedArray(64).fill(9);
      return { drawImage: () => {}, getImageData: () => ({ data }) };
    }
  };
  context.after(() => {
    Reflect.deleteProperty(globalThis, 'OffscreenCanvas');
  });
  const { rgba } = await captureFrame({ frame: frame.asVideoFrame, matte: matte() });
  assert.deepEqual([rgba.length, rgba[0]], [64, 9]);
  frame.close();
});

test('without a frame it is refused', async () => {
  await assert.rejects(captureFrame(null), { code: 'unknown' });
});

test('a turned frame is captured upright', async () => {
  const bytes = Uint8Array.from({ length: 24 }, (_, i) => i >> 2); // pixels 0 to 5, three in a row
  const frame = new FakeFrame({ width: 3, height: 2, bytes, rotation: 90 });
  const capture = await captureFrame({ frame: frame.asVideoFrame, matte: matte() });
  assert.deepEqual([capture.width, capture.height], [2, 3]);
  assert.deepEqual(capture.alphaRect, { x: 0, y: 0, width: 2, height: 3 });
  assert.deepEqual(
    [...capture.rgba].filter((_, i) => i % 4 === 0),
    [3, 0, 4, 1, 5, 2],
  );
  frame.close();
});
