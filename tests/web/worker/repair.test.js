import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MatteError } from '../../../web_template/shared/errors.js';
import { Repair } from '../../../web_template/worker/repair.js';

const NO_ALPHA = new MatteError('inference-failed', 'made to fail');
const NO_CONTEXT = new MatteError('webgl-unavailable', 'lost');

/** @param {import('node:test').TestContext} context */
function createRepair(context) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const told = {
    reloads: 0,
    nowMs: 0,
    failure: /** @type {Error | null} */ (null),
    givenUp: /** @type {MatteError[]} */ ([]),
  };
  const repair = new Repair({
    async reload() {
      told.reloads++;
      if (told.failure) throw told.failure;
    },
    giveUp: (error) => told.givenUp.push(error),
    now: () => told.nowMs,
  });
  const pass = async (/** @type {number} */ ms) => {
    told.nowMs += ms;
    context.mock.timers.tick(ms);
    await new Promise(setImmediate);
  };
  return { repair, told, pass };
}

test('a session that fails is replaced at once, and again until a frame succeeds', async (context) => {
  const { repair, told, pass } = createRepair(context);
  repair.failed(NO_ALPHA);
  await pass(0);
  assert.equal(told.reloads, 1);
  await pass(999);
  assert.equal(told.reloads, 1);
  await pass(1);
  assert.equal(told.reloads, 2);
  repair.succeeded();
  await pass(60_000);
  assert.deepEqual([told.reloads, told.givenUp.length], [2, 0]);
});

test('failures that come back soon wait longer, after a calm while they do not', async (context) => {
  const { repair, told, pass } = createRepair(context);
  repair.failed(NO_ALPHA);
  await pass(0);
  repair.succeeded();
  await pass(100);
  repair.failed(NO_ALPHA);
  await pass(0);
  assert.equal(told.reloads, 1);
  await pass(1000);
  assert.equal(told.reloads, 2);
  repair.succeeded();
  await pass(10_001);
  repair.failed(NO_ALPHA);
  await pass(0);
  assert.equal(told.reloads, 3);
});

test('a model that does not start again, or is never mended, needs a new worker', async (context) => {
  const { repair, told, pass } = createRepair(context);
  told.failure = new Error('out of memory');
  repair.failed(NO_ALPHA);
  await pass(0);
  assert.deepEqual([told.reloads, told.givenUp[0].detail], [1, 'Error: out of memory']);
  await pass(60_000);
  assert.equal(told.reloads, 1);

  repair.cancel();
  told.failure = null;
  await pass(10_001);
  repair.failed(NO_ALPHA);
  for (let i = 0; i < 10; i++) await pass(30_000);
  assert.deepEqual([told.reloads, told.givenUp.length], [8, 2]);
});

test('a lost context may come back within a second', async (context) => {
  const { repair, told, pass } = createRepair(context);
  repair.failed(NO_CONTEXT);
  await pass(999);
  repair.succeeded();
  await pass(60_000);
  assert.equal(told.givenUp.length, 0);
  repair.failed(NO_CONTEXT);
  await pass(1000);
  assert.deepEqual([told.reloads, told.givenUp], [0, [NO_CONTEXT]]);
});
