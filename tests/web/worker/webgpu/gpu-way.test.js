import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { DEFAULT_LOOKS } from '../../../../web_template/shared/looks.js';
import { createGpuWay } from '../../../../web_template/worker/webgpu/gpu-way.js';
import { FakeFrame } from '../../fakes.js';

const WHOLE = { x: 0, y: 0, width: 640, height: 360 };
const CLOSER = { x: 0, y: 0, width: 320, height: 180 };
const BOUNDS = { count: 100, left: 0, right: 10, top: 0, bottom: 10 };
const GOOD = { isBad: false, bounds: BOUNDS };
const BAD = { isBad: true, bounds: BOUNDS };

/** A GPU that does nothing but write down what it is told. */
function world() {
  /** @type {any[]} */
  const told = [];
  const said = {
    /** The reports that come, in turn. @type {any[]} */
    reports: [],
    closer: /** @type {any} */ (null),
    runs: 0,
    ms: 0,
    wallMs: 0,
    onRun: () => {},
  };
  const nextReport = async () => {
    const report = said.reports.shift() ?? GOOD;
    if (report instanceof Error) throw report;
    return report;
  };
  /** @type {any} */
  const parts = {
    model: { name: 'some', width: 64, height: 36 },
    sampler: {
      sample: (/** @type {any} */ _frame, /** @type {any} */ rect) =>
        told.push(['sample', rect.width]),
      dispose: () => told.push(['gone', 'sampler']),
    },
    session: {
      isRecurrent: false,
      async run() {
        said.ms += 5;
        said.onRun();
        return { alphaOf: ++said.runs };
      },
      reset: () => told.push(['reset', 'session']),
      dispose: async () => told.push(['gone', 'session']),
    },
    filter: {
      look: () => nextReport(),
      apply(/** @type {any} */ alpha, /** @type {any} */ place) {
        told.push(['apply', alpha.alphaOf, place.rect.width, place.matteRect.width]);
        return { matte: { alphaOf: alpha.alphaOf }, report: nextReport() };
      },
      setLooks() {},
      reset: () => told.push(['reset', 'filter']),
      dispose: () => told.push(['gone', 'filter']),
    },
    region: {
      look: () => ({ rect: WHOLE, isWhole: true }),
      follow(/** @type {any} */ bounds, /** @type {any} */ look) {
        told.push(['follow', bounds.count, look.rect.width]);
        const { closer } = said;
        said.closer = null;
        return closer;
      },
      matteRect: (/** @type {any} */ look) => look.rect,
      reset: () => told.push(['reset', 'region']),
    },
    now: () => said.ms,
    wallMs: () => said.wallMs,
  };
  const way = createGpuWay(parts);
  const matte = (timestamp = 0, isCurrent = () => true) => {
    const frame = new FakeFrame({ timestamp, width: 640, height: 360 });
    return way
      .matte(frame.asVideoFrame, { prepare: async () => {}, isCurrent })
      .finally(() => frame.close());
  };
  /** @param {string} kind */
  const toldOf = (kind) => told.filter(([name]) => name === kind).map(([, ...rest]) => rest);
  return { way, said, matte, told, toldOf };
}

afterEach(() => assert.equal(FakeFrame.open.size, 0, 'frames that nobody closed'));

test('the first frame is looked at closer where its report shows somebody', async () => {
  const { said, matte, toldOf } = world();
  said.closer = { rect: CLOSER, isWhole: false };
  const made = /** @type {any} */ (await matte());
  assert.deepEqual(toldOf('sample'), [[640], [320]]);
  assert.deepEqual(toldOf('apply'), [[2, 320, 320]]);
  assert.equal(made.matte.alphaOf, 2);
});

test('later frames learn from the report of the one before, and wait for nothing else', async () => {
  const { said, matte, toldOf } = world();
  await matte(0);
  assert.equal(toldOf('follow').length, 1, 'the first look');
  said.reports = [{ isBad: false, bounds: { ...BOUNDS, count: 7 } }];
  await matte(100_000);
  assert.deepEqual(toldOf('follow').slice(1), [[100, 640]], 'of the first frame');
  await matte(200_000);
  assert.deepEqual(toldOf('follow').slice(2), [[7, 640]], 'of the second one');
  assert.equal(said.runs, 3, 'one run a frame');
});

test('an alpha that is none: the first frame fails itself, a later one the next', async () => {
  const first = world();
  first.said.reports = [BAD];
  await assert.rejects(first.matte(), { code: 'inference-failed' });
  assert.deepEqual(first.toldOf('apply'), []);

  const { said, matte } = world();
  await matte(0);
  said.reports = [BAD];
  await matte(100_000);
  await assert.rejects(matte(200_000), { code: 'inference-failed' });
});

test('a report that does not come fails the next frame', async () => {
  const { said, matte } = world();
  said.reports = [GOOD, new Error('the device is lost')];
  await matte(0);
  await assert.rejects(matte(100_000), /lost/);
});

test('an alpha that is none, and no frame that would tell: told a moment later, once', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  for (const bad of [BAD, new Error('the device is lost')]) {
    const { way, said, matte } = world();
    /** @type {any[]} */
    const failures = [];
    way.watch?.((error) => failures.push(error));
    const pass = async () => {
      await settled();
      context.mock.timers.tick(500);
    };
    await matte(0);
    await pass();
    assert.deepEqual(failures, []);
    said.reports = [bad];
    await matte(100_000);
    assert.deepEqual(failures, []);
    await pass();
    assert.match(`${failures}`, bad === BAD ? /not a number/ : /lost/);
    await matte(200_000);
    said.reports = [bad];
    await matte(300_000);
    await settled();
    await assert.rejects(matte(400_000)); // the next frame tells
    await pass();
    said.reports = [bad];
    await matte(500_000);
    way.reset();
    await pass();
    assert.equal(failures.length, 1);
  }
});

test('a frame whose turn is over leaves nothing', async () => {
  const { said, matte, toldOf } = world();
  let isCurrent = true;
  said.onRun = () => {
    isCurrent = false;
  };
  assert.equal(await matte(0, () => isCurrent), null);
  assert.deepEqual([toldOf('apply'), toldOf('follow')], [[], []]);
});

test('another source: nothing is learnt from the old one, and the first frame counts again', async () => {
  const { way, said, matte, toldOf } = world();
  await matte(0);
  said.reports = [BAD];
  await matte(100_000);
  way.reset();
  said.closer = { rect: CLOSER, isWhole: false };
  await matte(0);
  assert.deepEqual(toldOf('reset'), [['filter'], ['region'], ['session']]);
  assert.equal(toldOf('sample').length, 4, 'two looks at the first frame again');
});

test('another size of the frame is looked at anew', async () => {
  const { way, said, matte, toldOf } = world();
  await matte(0);
  said.closer = null;
  const wide = new FakeFrame({ timestamp: 100_000, width: 320, height: 180 });
  await way.matte(wide.asVideoFrame, { prepare: async () => {}, isCurrent: () => true });
  wide.close();
  assert.equal(toldOf('follow').length, 3, 'the report before, and the look at the new size');
});

test('a sleep: states, blend and region begin anew, and the frame is looked at twice', async () => {
  const { said, matte, toldOf } = world();
  await matte(0);
  await matte(33_000);
  assert.deepEqual(toldOf('reset'), []);
  said.wallMs = 300_000;
  said.closer = null;
  await matte(66_000);
  assert.deepEqual(toldOf('reset'), [['filter'], ['region'], ['session']]);
  assert.equal(
    toldOf('follow').length,
    4,
    'the report of the frame before is looked at all the same',
  );
  await matte(99_000);
  assert.equal(toldOf('reset').length, 3);
});

test('without a region the whole frame is seen', async () => {
  const { way, matte, toldOf } = world();
  way.setLooks({ ...DEFAULT_LOOKS, region: false });
  await matte(0);
  assert.deepEqual(toldOf('follow'), []);
  assert.deepEqual(toldOf('apply'), [[1, 640, 640]]);
});

test('the times say what the GPU took for the frame before', async () => {
  const { said, matte } = world();
  await matte(0);
  said.ms += 20;
  const made = await matte(100_000);
  assert.deepEqual([made?.times.inferMs, made?.times.lateMs], [25, 20]);
});

test('dispose lets go of all of it', async () => {
  const { way, toldOf } = world();
  await way.dispose();
  assert.deepEqual(toldOf('gone').flat().sort(), ['filter', 'sampler', 'session']);
});
