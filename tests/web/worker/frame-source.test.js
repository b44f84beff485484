import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { openInput } from '../../../web_template/worker/frame-source.js';
import { FakeFrame, until } from '../fakes.js';

function listener() {
  const told = {
    frames: /** @type {VideoFrame[]} */ ([]),
    ended: 0,
    errors: /** @type {unknown[]} */ ([]),
  };
  return {
    told,
    onFrame: (/** @type {VideoFrame} */ frame) => told.frames.push(frame),
    onEnded: () => told.ended++,
    onError: (/** @type {unknown} */ error) => told.errors.push(error),
  };
}

/** A stream of frames that is fed from outside. */
function frameStream() {
  /** @type {ReadableStreamDefaultController<VideoFrame>} */
  let controller = /** @type {any} */ (null);
  let isCancelled = false;
  const readable = new ReadableStream({
    start(own) {
      controller = own;
    },
    cancel() {
      isCancelled = true;
    },
  });
  return { readable, controller, isCancelled: () => isCancelled };
}

afterEach(() => FakeFrame.open.clear());

test('a stream tells its frames and its end', async () => {
  const { readable, controller } = frameStream();
  const { told, ...listeners } = listener();
  const source = openInput({ kind: 'readable', readable }, listeners);
  assert.deepEqual([source.kind, source.isPushed], ['stream', false]);
  controller.enqueue(new FakeFrame({ timestamp: 1 }).asVideoFrame);
  controller.enqueue(new FakeFrame({ timestamp: 2 }).asVideoFrame);
  controller.close();
  await until(() => told.ended === 1);
  assert.deepEqual(
    told.frames.map((frame) => frame.timestamp),
    [1, 2],
  );
});

test('a stream that breaks tells why', async () => {
  const { readable, controller } = frameStream();
  const { told, ...listeners } = listener();
  openInput({ kind: 'readable', readable }, listeners);
  controller.error(new Error('unplugged'));
  await until(() => told.errors.length === 1);
  assert.match(String(told.errors[0]), /unplugged/);
});

test('a stream that is let go is cancelled and tells nothing more', async () => {
  const { readable, controller, isCancelled } = frameStream();
  const { told, ...listeners } = listener();
  const { release } = openInput({ kind: 'readable', readable }, listeners);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const late = new FakeFrame();
  controller.enqueue(late.asVideoFrame);
  release();
  await until(isCancelled);
  await until(() => late.isClosed);
  assert.deepEqual([told.frames.length, told.ended, told.errors.length], [0, 0, 0]);
});

test('frames that the page pushes are waited for', () => {
  const { told, ...listeners } = listener();
  const source = openInput({ kind: 'frames', source: 'video' }, listeners);
  assert.deepEqual([source.kind, source.isPushed, told.frames.length], ['video', true, 0]);
});

test('a picture is one frame, its bitmap is closed', (context) => {
  let isClosed = false;
  const bitmap = /** @type {any} */ ({
    close() {
      isClosed = true;
    },
  });
  /** @type {any} */ (globalThis).VideoFrame = class {
    constructor(/** @type {unknown} */ source, /** @type {object} */ options) {
      Object.assign(this, { source, ...options });
    }
  };
  context.after(() => {
    Reflect.deleteProperty(globalThis, 'VideoFrame');
  });
  const { told, ...listeners } = listener();
  const source = openInput({ kind: 'picture', bitmap }, listeners);
  assert.equal(source.kind, 'picture');
  const frames = told.frames.map((frame) => ({ ...frame }));
  assert.deepEqual(frames, [{ source: bitmap, timestamp: 0, alpha: 'discard' }]);
  assert.equal(isClosed, true);
});

test('Safari: the worker reads the track itself and stops its clone', async (context) => {
  const { readable, isCancelled } = frameStream();
  let isStopped = false;
  const track = /** @type {any} */ ({ stop: () => (isStopped = true) });
  const options = /** @type {object[]} */ ([]);
  /** @type {any} */ (globalThis).MediaStreamTrackProcessor = class {
    constructor(/** @type {object} */ given) {
      options.push(given);
      this.readable = readable;
    }
  };
  context.after(() => {
    Reflect.deleteProperty(globalThis, 'MediaStreamTrackProcessor');
  });
  const { told: _, ...listeners } = listener();
  const source = openInput({ kind: 'track', track }, listeners);
  assert.deepEqual(options, [{ track, maxBufferSize: 1 }]);
  source.release();
  await until(isCancelled);
  assert.equal(isStopped, true);
});

test('a stream without frames is told, again and again, until it is let go of', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { readable, controller } = frameStream();
    const { told, ...listeners } = listener();
    let starved = 0;
    const onStarved = () => starved++;
    const source = openInput({ kind: 'readable', readable }, { ...listeners, onStarved });
    mock.timers.tick(4999);
    controller.enqueue(new FakeFrame().asVideoFrame);
    for (let i = 0; i < 10; i++) await Promise.resolve();
    assert.equal(told.frames.length, 1);
    mock.timers.tick(4999);
    assert.equal(starved, 0);
    mock.timers.tick(1);
    assert.equal(starved, 1);
    mock.timers.tick(5000);
    assert.equal(starved, 2);
    source.release();
    mock.timers.tick(10_000);
    assert.equal(starved, 2);
  } finally {
    mock.timers.reset();
  }
});
