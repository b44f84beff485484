import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { checkLooks, DEFAULT_LOOKS } from '../../../web_template/shared/looks.js';
import { QualityControl } from '../../../web_template/worker/quality-control.js';

const FRAME_MS = 1000 / 30;

/** @param {string} name @param {number} width @param {number} height @returns {any} */
const model = (name, width, height) => ({ name, width, height });
const WIDE = model('wide', 256, 144);
const SQUARE = model('square', 256, 256);

/** An engine with frames at 30 a second, and what it is told to do. */
class Engine {
  nowMs = 0;
  lightWrap = 0;
  spill = 0;
  stride = 1;
  /** @type {string[]} */
  loaded = [];
  /** Models that cannot be had. @type {string[]} */
  missing = [];
  /** @type {QualityControl} */
  quality;

  /** @param {{isGoverned?: boolean, canSkip?: boolean, running?: any}} [options] */
  constructor({ isGoverned = true, canSkip = true, running = WIDE } = {}) {
    this.canSkip = canSkip;
    this.quality = new QualityControl(
      {
        draw: (looks) => {
          this.lightWrap = looks.lightWrap;
          this.spill = looks.spill;
        },
        load: async (wanted) => {
          this.loaded.push(wanted.name);
          await turn();
          if (this.missing.includes(wanted.name)) throw new Error('404');
          this.setWay(wanted);
        },
      },
      { isGoverned, now: () => this.nowMs },
    );
    this.quality.setLooks(DEFAULT_LOOKS);
    this.setWay(running);
  }

  /** @param {any} running */
  setWay(running) {
    const setStride = (/** @type {number} */ stride) => {
      this.stride = stride;
    };
    this.quality.setWay(
      /** @type {any} */ ({ model: running, ...(this.canSkip && { setStride }) }),
    );
  }

  /**
   * @param {number} seconds
   * @param {number} busyMs
   */
  async run(seconds, busyMs) {
    for (let frame = 0; frame < seconds * 30; frame++) {
      this.nowMs += FRAME_MS;
      this.quality.arrived(this.nowMs * 1000);
      this.quality.done(busyMs);
      if (frame % 10 === 0) await turn();
    }
    await turn();
    await turn();
  }
}

test('the old background’s colour stays in the edge where time is short', async () => {
  const engine = new Engine();
  engine.quality.setLooks(checkLooks({ spill: 1 }));
  assert.equal(engine.spill, 1);
  for (let i = 0; i < 8 && engine.spill === 1; i++) await engine.run(0.4, 100);
  assert.deepEqual([engine.spill, engine.stride], [0, 1]); // it is the first to go
  assert.equal(engine.quality.state?.refinement, false);
  await engine.run(90, 5);
  assert.equal(engine.spill, 1);
});

test('what is lowered, in this order: looks that cost, the model, how often it looks', async () => {
  const engine = new Engine({ running: SQUARE });
  engine.quality.setLooks(checkLooks({ lightWrap: 0.4 }));
  engine.quality.setChoices([WIDE, SQUARE]);
  engine.quality.setSize(720, 1280);
  assert.deepEqual([engine.lightWrap, engine.stride, engine.loaded], [0.4, 1, []]);
  /** @type {string[]} */
  const states = [];
  for (let i = 0; i < 8; i++) {
    await engine.run(0.8, 100);
    const { refinement, model, stride } = engine.quality.state ?? {};
    const state = `${refinement ? 'refined' : 'plain'} ${model} ${stride}`;
    if (state !== states[states.length - 1]) states.push(state);
  }
  assert.deepEqual(states, [
    'refined square 1',
    'plain square 1',
    'plain wide 1',
    'plain wide 2',
    'plain wide 3',
  ]);
  assert.deepEqual([engine.lightWrap, engine.stride], [0, 3]);
  assert.equal(engine.quality.state?.reason, 'slow');
  await engine.run(90, 5);
  assert.deepEqual([engine.lightWrap, engine.stride], [0.4, 1]);
  assert.deepEqual(engine.loaded, ['wide', 'square']);
});

test('a model that was wished for stays; so do looks when there are none that cost', async () => {
  const engine = new Engine();
  await engine.run(10, 100);
  assert.deepEqual(engine.loaded, []);
  assert.equal(engine.stride, 3);
  assert.equal(engine.quality.state?.level, 2);
});

test('a way that cannot skip frames looks at each', async () => {
  const engine = new Engine({ canSkip: false });
  await engine.run(10, 100);
  assert.equal(engine.quality.state?.stride, 1);
});

test('automatic: the model follows the shape of the frames', async () => {
  const engine = new Engine();
  engine.quality.setChoices([WIDE, SQUARE]);
  for (const [width, height, wanted] of /** @type {const} */ ([
    [1280, 720, 'wide'],
    [640, 480, 'wide'],
    [720, 1280, 'square'],
    [1920, 1080, 'wide'],
    [600, 600, 'square'],
  ])) {
    engine.quality.setSize(width, height);
    await engine.run(0.1, 15);
    assert.equal(engine.quality.state?.model, wanted, `${width} × ${height}`);
  }
  assert.equal(engine.loaded.length, 3);
});

test('automatic: a larger model while there is plenty of time, and back', async () => {
  const engine = new Engine();
  engine.quality.setChoices([WIDE, SQUARE]);
  engine.quality.setSize(1280, 720);
  await engine.run(5, 14);
  assert.deepEqual(engine.loaded, []);
  await engine.run(5, 6);
  assert.deepEqual(engine.loaded, ['square']);
  assert.equal(engine.quality.state?.level, -1);
  await engine.run(15, 60);
  assert.equal(engine.loaded[1], 'wide');
});

test('a model that cannot be had is not asked for again; the one that runs goes on', async () => {
  const engine = new Engine();
  engine.missing = ['square'];
  engine.quality.setChoices([WIDE, SQUARE]);
  engine.quality.setSize(720, 1280);
  await engine.run(20, 6);
  assert.deepEqual(engine.loaded, ['square']);
  assert.equal(engine.quality.state?.model, 'wide');
});

test('what the frames take while a model is loaded says nothing', async () => {
  const engine = new Engine();
  let finish = () => {};
  const quality = new QualityControl(
    { draw() {}, load: () => new Promise((resolve) => (finish = () => resolve())) },
    { now: () => engine.nowMs },
  );
  engine.quality = quality;
  engine.setWay(WIDE);
  quality.setChoices([WIDE, SQUARE]);
  quality.setSize(720, 1280);
  await engine.run(10, 200);
  assert.equal(engine.stride, 1);
  finish();
});

test('without a governor the shape still counts, and the load does not', async () => {
  const engine = new Engine({ isGoverned: false });
  engine.quality.setChoices([WIDE, SQUARE]);
  engine.quality.setSize(720, 1280);
  await engine.run(10, 200);
  assert.deepEqual(engine.loaded, ['square']);
  assert.deepEqual([engine.stride, engine.quality.state], [1, null]);
});

test('switched off, the quality is the usual one at once; switched on, the load counts anew', async () => {
  const engine = new Engine({ running: SQUARE });
  engine.quality.setLooks(checkLooks({ lightWrap: 0.4 }));
  engine.quality.setChoices([WIDE, SQUARE]);
  engine.quality.setSize(720, 1280);
  await engine.run(12, 100);
  assert.deepEqual([engine.lightWrap, engine.stride, engine.loaded], [0, 3, ['wide']]);
  engine.quality.setGoverned(false);
  await engine.run(10, 100);
  assert.deepEqual([engine.lightWrap, engine.stride], [0.4, 1]);
  assert.deepEqual(engine.loaded, ['wide', 'square']);
  const reason = () => engine.quality.state?.reason ?? null;
  assert.equal(reason(), null);
  engine.quality.setGoverned(true);
  assert.equal(reason(), 'start');
  await engine.run(0.8, 100);
  assert.equal(engine.stride, 1);
  await engine.run(12, 100);
  assert.equal(engine.stride, 3);
});
