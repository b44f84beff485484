import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitCamera } from '../../../web_template/page/camera-return.js';

test('a camera that is back is told once, and nothing after the wait was given up', async () => {
  let isThere = false;
  const devices = Object.assign(new EventTarget(), {
    enumerateDevices: async () => (isThere ? [{ kind: 'videoinput', deviceId: 'front' }] : []),
  });
  const tell = async () => {
    devices.dispatchEvent(new Event('devicechange'));
    await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const told = { awaited: 0, given: 0 };
  awaitCamera('front', () => told.awaited++, /** @type {any} */ (devices));
  const giveUp = awaitCamera('front', () => told.given++, /** @type {any} */ (devices));
  await tell();
  giveUp();
  isThere = true;
  await tell();
  await tell();
  assert.deepEqual(told, { awaited: 1, given: 0 });
});
