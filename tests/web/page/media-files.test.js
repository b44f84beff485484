import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { likelyKinds, openFile } from '../../../web_template/page/media-files.js';

const HOME = /** @type {HTMLElement} */ (/** @type {unknown} */ ({ append() {} }));

afterEach(() => {
  Reflect.deleteProperty(globalThis, 'createImageBitmap');
  Reflect.deleteProperty(globalThis, 'document');
});

/** @param {() => Promise<unknown>} decode */
function decodePictures(decode) {
  Object.assign(globalThis, { createImageBitmap: decode });
}

test('a file’s type says what to try; without one both are tried', () => {
  assert.deepEqual(likelyKinds('video/mp4'), ['video']);
  assert.deepEqual(likelyKinds('image/png'), ['picture']);
  assert.deepEqual(likelyKinds(''), ['picture', 'video']);
  assert.deepEqual(likelyKinds('text/plain'), ['picture', 'video']);
});

test('a picture is opened as a bitmap, closed by its release', async () => {
  let closed = 0;
  decodePictures(async () => ({ close: () => closed++ }));
  const opened = await openFile(new Blob(['x'], { type: 'image/png' }), HOME);
  assert.equal(opened.kind, 'picture');
  opened.release();
  assert.equal(closed, 1);
});

test('a damaged picture is refused by its code', async () => {
  decodePictures(() => Promise.reject(new DOMException('bad', 'InvalidStateError')));
  await assert.rejects(openFile(new Blob(['x'], { type: 'image/png' }), HOME), {
    name: 'MatteError',
    code: 'file-unreadable',
  });
});

test('a damaged video is refused by its code, and its element goes', async () => {
  let removed = 0;
  const video = Object.assign(new EventTarget(), {
    pause() {},
    load() {},
    remove: () => removed++,
    removeAttribute() {},
    videoWidth: 0,
    error: { message: 'cannot demux' },
  });
  Object.defineProperty(video, 'src', {
    set: () => queueMicrotask(() => video.dispatchEvent(new Event('error'))),
  });
  Object.assign(globalThis, { document: { createElement: () => video } });
  await assert.rejects(openFile(new Blob(['x'], { type: 'video/webm' }), HOME), {
    code: 'file-unreadable',
    detail: 'cannot demux',
  });
  assert.equal(removed, 1);
});
