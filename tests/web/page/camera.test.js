import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraError, openCamera } from '../../../web_template/page/camera.js';

/** @param {import('node:test').TestContext} context @param {object | undefined} mediaDevices */
function withDevices(context, mediaDevices) {
  const value = { mediaDevices };
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
  context.after(() => {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  });
}

for (const [name, code] of [
  ['NotAllowedError', 'camera-denied'],
  ['SecurityError', 'camera-denied'],
  ['NotFoundError', 'camera-missing'],
  ['OverconstrainedError', 'camera-missing'],
  ['NotReadableError', 'camera-busy'],
  ['AbortError', 'camera-busy'],
  ['TypeError', 'unknown'],
]) {
  test(`${name} is ${code}`, async (context) => {
    withDevices(context, {
      getUserMedia: () => Promise.reject(new DOMException('words of the browser', name)),
    });
    await assert.rejects(openCamera(), { code, detail: /words of the browser/ });
  });
}

test('no camera on an insecure origin', async (context) => {
  withDevices(context, undefined);
  await assert.rejects(openCamera(), { code: 'insecure-origin' });
});

test('what is thrown that is no error is unknown', () => {
  assert.equal(cameraError('why').code, 'unknown');
});

test('1280×720 at 30 is asked for, never sound', async (context) => {
  /** @type {any} */
  let asked;
  const getUserMedia = async (/** @type {object} */ constraints) => {
    asked = constraints;
    return 'stream';
  };
  withDevices(context, { getUserMedia });
  assert.equal(await openCamera(), 'stream');
  assert.equal(asked.audio, false);
  assert.deepEqual(asked.video.width, { ideal: 1280 });
  await openCamera({ deviceId: 'x' });
  assert.deepEqual(asked.video, { deviceId: 'x' });
});
