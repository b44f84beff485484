import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { ShownFrame } from '../../../web_template/worker/shown-frame.js';
import { FakeFrame } from '../fakes.js';

const MATTE = /** @type {any} */ ({ alpha: new Uint8Array(1) });

/** @param {(frame: VideoFrame) => Promise<VideoFrame>} [copy] */
function harness(copy = async () => new FakeFrame({ timestamp: 99 }).asVideoFrame) {
  /** @type {[VideoFrame, VideoFrame][]} */
  const copied = [];
  let nowMs = 0;
  const shown = new ShownFrame({
    onCopied: (...pair) => copied.push(pair),
    now: () => nowMs,
    copy,
  });
  const pass = async (/** @type {number} */ ms) => {
    nowMs += ms;
    mock.timers.tick(ms);
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  return { shown, copied, pass };
}

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => {
  mock.timers.reset();
  FakeFrame.open.clear();
});

test("a camera's frame that no other follows goes back, and its copy is shown", async () => {
  const { shown, copied, pass } = harness();
  const frame = new FakeFrame();
  shown.show(frame.asVideoFrame, MATTE, true);
  await pass(99);
  assert.equal(frame.isClosed, false);
  await pass(1);
  assert.equal(frame.isClosed, true);
  assert.equal(shown.current?.frame.timestamp, 99);
  assert.equal(shown.current?.matte, MATTE);
  assert.deepEqual(copied, [[frame.asVideoFrame, shown.current?.frame]]);
});

test('where it was waited for, frames are copied at once, for a minute', async () => {
  const { shown, pass } = harness();
  shown.show(new FakeFrame().asVideoFrame, MATTE, true);
  await pass(100);
  const second = new FakeFrame();
  shown.show(second.asVideoFrame, MATTE, true);
  await pass(1);
  assert.equal(second.isClosed, true);
  await pass(60_000);
  const third = new FakeFrame();
  shown.show(third.asVideoFrame, MATTE, true);
  await pass(1);
  assert.equal(third.isClosed, false);
});

test('frames that follow one another, and those of no camera, are never copied', async () => {
  const { shown, copied, pass } = harness();
  for (let count = 0; count < 20; count++) {
    shown.show(new FakeFrame().asVideoFrame, MATTE, true);
    await pass(33);
  }
  shown.show(new FakeFrame().asVideoFrame, MATTE, false);
  await pass(60_000);
  assert.deepEqual(copied, []);
  assert.equal(FakeFrame.open.size, 1);
});

test('a copy that comes too late is closed', async () => {
  /** @type {(frame: VideoFrame) => void} */
  let finish = () => {};
  const { shown, copied, pass } = harness(() => new Promise((resolve) => (finish = resolve)));
  shown.show(new FakeFrame().asVideoFrame, MATTE, true);
  await pass(100);
  shown.drop();
  const late = new FakeFrame();
  finish(late.asVideoFrame);
  await pass(0);
  assert.equal(late.isClosed, true);
  assert.deepEqual([shown.current, copied], [null, []]);
  assert.equal(FakeFrame.open.size, 0);
});

test('a frame that cannot be copied stays', async () => {
  const { shown, pass } = harness(() => Promise.reject(new Error('no memory')));
  const frame = new FakeFrame();
  shown.show(frame.asVideoFrame, MATTE, true);
  await pass(100);
  assert.equal(shown.current?.frame, frame.asVideoFrame);
  assert.equal(frame.isClosed, false);
});
