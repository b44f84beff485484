import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { TrackOutput, watched } from '../../../web_template/worker/track-output.js';
import { FakeFrame } from '../fakes.js';

Object.assign(globalThis, {
  VideoFrame: class extends FakeFrame {
    /** @param {unknown} source @param {object} options */
    constructor(source, options) {
      super(options);
      this.source = source;
    }
  },
});

const canvas = /** @type {any} */ ({});

/** @param {import('node:test').TestContext} context */
function createOutput(context) {
  context.mock.timers.enable({ apis: ['setInterval'] });
  /** @type {any[]} */
  const sent = [];
  const clock = { nowMs: 0, redraws: 0 };
  const output = new TrackOutput({
    canvas,
    send: (frame) => sent.push(frame),
    redraw: () => {
      clock.redraws++;
      output.drawn();
    },
    now: () => clock.nowMs,
  });
  context.after(() => output.switch(false));
  return { output, sent, clock };
}

afterEach(() => FakeFrame.open.clear());

test('nothing is sent before it is asked for; then what is shown, at once', (context) => {
  const { output, sent } = createOutput(context);
  output.drawn();
  assert.equal(sent.length, 0);
  output.switch(true);
  assert.equal(sent.length, 1);
  assert.equal(sent[0].source, canvas);
  assert.equal(sent[0].options.alpha, 'discard');
});

test('a busy page is left alone until it has taken a frame', (context) => {
  const { output, sent } = createOutput(context);
  output.switch(true);
  for (let i = 0; i < 5; i++) output.drawn();
  assert.equal(sent.length, 2);
  output.taken();
  output.drawn();
  output.drawn();
  assert.equal(sent.length, 3);
});

test('timestamps rise, whatever the clock says', (context) => {
  const { output, sent, clock } = createOutput(context);
  output.switch(true);
  for (const nowMs of [20, 20, 5]) {
    clock.nowMs = nowMs;
    output.taken();
    output.drawn();
  }
  assert.deepEqual(
    sent.map((frame) => frame.options.timestamp),
    [1, 20_000, 20_001, 20_002],
  );
});

test('while nothing moves the picture is repeated, while frames flow it is not', (context) => {
  const { output, sent, clock } = createOutput(context);
  output.switch(true);
  output.taken();
  clock.nowMs = 500;
  context.mock.timers.tick(500);
  assert.equal(sent.length, 2);
  output.taken();
  clock.nowMs = 900;
  output.drawn();
  clock.nowMs = 1000;
  context.mock.timers.tick(500);
  assert.equal(clock.redraws, 2);
});

test('a watched compositor tells what was drawn, not what failed', () => {
  let drawn = 0;
  const compositor = {
    /** @param {VideoFrame | null} frame @param {unknown} _matte */
    render(frame, _matte) {
      if (frame) throw new Error('made to fail');
    },
  };
  const told = watched(compositor, () => drawn++);
  told.render(null, null);
  assert.throws(() => told.render(canvas, null));
  assert.equal(drawn, 1);
});
