import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Restarts } from '../../../web_template/page/restarts.js';
import { watchWorker } from '../../../web_template/page/worker-watch.js';

/** @param {import('node:test').TestContext} context */
function createWatch(context) {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const world = { answers: true, busyMs: 0, isBusy: false, isSettled: true, frameMs: 0, pings: 0 };
  const stuck = /** @type {string[]} */ ([]);
  const end = watchWorker(
    {
      get isBusy() {
        return world.isBusy;
      },
      async request() {
        world.pings++;
        if (!world.answers) await new Promise(() => {});
        return { busyMs: world.busyMs };
      },
    },
    {
      isSettled: () => world.isSettled,
      frameMs: () => world.frameMs,
      onStuck: (detail) => stuck.push(detail),
    },
  );
  context.after(end);
  const pass = async (/** @type {number} */ ms) => {
    for (let passed = 0; passed < ms; passed += 250) {
      context.mock.timers.tick(250);
      await new Promise(setImmediate);
    }
  };
  return { world, stuck, end, pass };
}

test('a worker that answers is left alone', async (context) => {
  const { stuck, world, pass } = createWatch(context);
  await pass(20_000);
  assert.deepEqual([stuck.length, world.pings], [0, 80]);
});

test('one that falls silent is noticed within two seconds, once', async (context) => {
  const { world, stuck, pass } = createWatch(context);
  await pass(1000);
  world.answers = false;
  await pass(1000);
  assert.equal(stuck.length, 0);
  await pass(1000);
  assert.equal(stuck.length, 1);
  await pass(60_000);
  assert.equal(stuck.length, 1);
});

test('one that is stuck in a frame is noticed, one with a slow model is not', async (context) => {
  const { world, stuck, pass } = createWatch(context);
  world.busyMs = 1600;
  world.frameMs = 400;
  await pass(5000);
  assert.equal(stuck.length, 0);
  world.frameMs = 20;
  await pass(500);
  assert.equal(stuck.length, 1);
});

test('a frame that the machine has slept through is no fault', async (context) => {
  const { world, stuck, pass } = createWatch(context);
  await pass(1000);
  world.busyMs = 300_000; // by the worker's clock, which has gone on
  await pass(500);
  world.busyMs = 0;
  await pass(5000);
  assert.equal(stuck.length, 0);
});

test('starting a model, or before the first matte, it may take its time', async (context) => {
  const { world, stuck, pass } = createWatch(context);
  world.answers = false;
  world.isBusy = true;
  await pass(15_000);
  world.isBusy = false;
  world.isSettled = false;
  await pass(14_000);
  assert.equal(stuck.length, 0);
  await pass(2000);
  assert.equal(stuck.length, 1);
});

test('an ended watch asks nothing more', async (context) => {
  const { world, end, pass } = createWatch(context);
  await pass(500);
  end();
  await pass(1000);
  assert.equal(world.pings, 2);
});

test('three new workers in a minute, no more', () => {
  let nowMs = 0;
  const restarts = new Restarts(() => nowMs);
  const take = () => [1, 2, 3, 4].map(() => restarts.take());
  assert.deepEqual(take(), [true, true, true, false]);
  nowMs = 59_999;
  assert.equal(restarts.take(), false);
  nowMs = 60_000;
  assert.deepEqual(take(), [true, true, true, false]);
});
