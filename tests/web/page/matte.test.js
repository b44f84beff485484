import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DEFAULT_LOOKS } from '../../../web_template/shared/looks.js';
import { FakeGenerator, FakeVideo, MANIFEST, page, workers, world } from '../fake-browser.js';
import { FakeFrame, until } from '../fakes.js';

/** @typedef {import('../../../web_template/page/matte.js').MatteOptions} MatteOptions */

const { createMatte } = await import('../../../web_template/page/matte.js');

/** @param {MatteOptions} [options] */
const create = (options) => createMatte({ manifest: MANIFEST, ...options });

/** @returns {any} */
const video = () => new FakeVideo();

/** @type {import('../../../web_template/page/matte.js').Matte[]} */
const mattes = [];

/** @param {MatteOptions} [options] */
async function started(options) {
  const matte = await create(options);
  mattes.push(matte);
  return matte;
}

beforeEach(() => {
  workers.length = 0;
  Object.assign(world, { webgl: true, model: true, dies: false });
});

afterEach(async () => {
  for (const matte of mattes.splice(0)) matte.dispose();
  await until(() => workers.every(({ isTerminated }) => isTerminated));
  assert.equal(FakeFrame.open.size, 0, 'frames that nobody closed');
});

test('one module worker beside the page’s files', async () => {
  const matte = await started();
  await matte.ready;
  assert.equal(workers.length, 1);
  assert.match(workers[0].url.href, /web_template\/worker\/worker\.js$/);
  assert.equal(workers[0].options.type, 'module');
});

test('the background is shown before anything is attached, in the effect that was asked for', async () => {
  await started({ effect: { kind: 'color', color: '#123456' } });
  assert.deepEqual(workers[0].compositor?.effect, { kind: 'color', color: '#123456' });
  assert.deepEqual(workers[0].compositor?.drawn, [{ frame: null, matte: null }]);
});

test('a video is matted; states, size, figures and the first matte are told', async () => {
  const matte = await started();
  /** @type {any[]} */
  const told = [];
  for (const name of /** @type {const} */ (['state', 'size', 'first-matte', 'stats'])) {
    matte.on(name, (value) => told.push([name, value]));
  }
  await matte.attach(video());
  await until(() => matte.stats.frames === 1);
  assert.equal(matte.state, 'running');
  assert.deepEqual(
    told.filter(([name]) => name === 'state').map(([, value]) => value),
    ['loading', 'running'],
  );
  assert.deepEqual(told.find(([name]) => name === 'size')[1], { width: 4, height: 4 });
  assert.ok(told.some(([name]) => name === 'first-matte'));
  assert.equal(matte.stats.compositor, 'mock');
  const { model, source, threads } = matte.stats;
  assert.deepEqual([model, source, threads], ['small', 'video', 1]);
  const { alpha } = await matte.capture();
  assert.deepEqual([...alpha], [0.5, 0.5]);
});

/** @param {'visible' | 'hidden'} state */
function turn(state) {
  page.visibilityState = state;
  page.dispatchEvent(new Event('visibilitychange'));
}

test('a worker is told how many frames a hidden page is worth', async (context) => {
  context.after(() => turn('visible'));
  const matte = await started({ hiddenRate: 3 });
  const told = () => workers[0].asked('set-pace').map(({ maxFps }) => maxFps);
  turn('hidden');
  const release = matte.keepRate();
  release();
  turn('visible');
  assert.deepEqual(told(), [null, 3, null, 3, null]);
  matte.dispose();
  turn('hidden');
  assert.equal(told().length, 5);
  await assert.rejects(create({ hiddenRate: 0 }), TypeError);
});

test('the compositor can be chosen', async () => {
  await started({ compositor: 'cpu' });
  assert.equal(world.choice, 'cpu');
});

test('detach forgets the source', async () => {
  const matte = await started();
  await matte.attach(video());
  await until(() => matte.state === 'running');
  matte.detach();
  await until(() => matte.state === 'idle');
  assert.equal(workers[0].compositor?.drawn.at(-1)?.frame, null);
  await assert.rejects(matte.capture(), { code: 'unknown' });
});

test('what is attached last is what is shown, however fast they follow', async () => {
  const matte = await started();
  const [first, second] = [video(), video()];
  second.currentTime = 9;
  await Promise.all([matte.attach(first), matte.attach(second)]);
  await until(() => workers[0].compositor?.drawn.at(-1)?.frame?.timestamp === 9e6);
});

test('a source that cannot be attached is refused, the next one works', async () => {
  const matte = await started();
  await assert.rejects(matte.attach(/** @type {any} */ (7)), TypeError);
  await matte.attach(video());
  await until(() => matte.state === 'running');
});

test('an effect is checked on the page and drawn by the worker', async () => {
  const matte = await started();
  matte.setEffect({ kind: 'mask' });
  await until(() => workers[0].compositor?.effect.kind === 'mask');
  assert.deepEqual(matte.effect, { kind: 'mask' });
  assert.throws(() => matte.setEffect(/** @type {any} */ ({ kind: 'no' })), TypeError);
  assert.deepEqual(matte.effect, { kind: 'mask' });
});

test('looks are checked on the page, kept one by one, and reach the worker', async () => {
  const matte = await started({ looks: { shrink: 0.25 } });
  assert.equal(workers[0].compositor?.looks.shrink, 0.25);
  matte.setLooks({ softness: 0.75 });
  const looks = { ...DEFAULT_LOOKS, shrink: 0.25, softness: 0.75 };
  assert.deepEqual(matte.looks, looks);
  await until(() => workers[0].compositor?.looks.softness === 0.75);
  assert.deepEqual(workers[0].compositor?.looks, looks);
  assert.throws(() => matte.setLooks({ shrink: 2 }), TypeError);
  assert.deepEqual(matte.looks, looks);
});

test('another model by name; an unknown one is refused', async () => {
  const matte = await started({ model: 'other' });
  await matte.ready;
  await until(() => matte.stats.model === 'other');
  await matte.setModel('small');
  await until(() => matte.stats.model === 'small');
  await assert.rejects(matte.setModel('none'), { code: 'model-unavailable' });
});

test('a model that cannot be loaded: told as an event, `ready` refused, the engine lives', async () => {
  world.model = false;
  const matte = await started();
  /** @type {any[]} */
  const errors = [];
  matte.on('error', (error) => errors.push(error));
  await assert.rejects(matte.ready, { detail: /404/ });
  await until(() => errors.length === 1);
  world.model = true;
  await matte.setModel('small');
  await matte.attach(video());
  await until(() => matte.state === 'running');
});

test('no WebGL: refused, and the worker is ended', async () => {
  world.webgl = false;
  await assert.rejects(create(), { detail: /no WebGL2/ });
  await until(() => workers[0].isTerminated);
});

test('a worker that dies at the start is refused', async () => {
  world.dies = true;
  await assert.rejects(create(), { code: 'unknown' });
});

/** @param {import('../fake-browser.js').FakeWorker} worker */
const kill = (worker) =>
  worker.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));

test('a worker that dies later is replaced: settings, source and track are kept', async () => {
  const matte = await started({ effect: { kind: 'color', color: '#123456' } });
  const [canvas, track] = [matte.canvas, matte.track];
  await matte.setModel('other');
  matte.setEffect({ kind: 'color', color: '#abcdef' });
  matte.setLooks({ shrink: -1 });
  await matte.attach(video());
  await until(() => matte.state === 'running');
  /** @type {any[]} */
  const told = [];
  for (const name of /** @type {const} */ (['state', 'error', 'canvas', 'recovered'])) {
    matte.on(name, (value) => told.push([name, value]));
  }
  kill(workers[0]);
  assert.equal(matte.state, 'failed');
  await until(() => told.some(([name]) => name === 'recovered'));
  await until(() => matte.state === 'running');
  assert.equal(workers.length, 2);
  assert.equal(workers[0].isTerminated, true);
  assert.equal(matte.stats.model, 'other');
  assert.deepEqual(workers[1].compositor?.effect, { kind: 'color', color: '#abcdef' });
  assert.equal(workers[1].compositor?.looks.shrink, -1);
  assert.notEqual(matte.canvas, canvas);
  assert.equal(told.find(([name]) => name === 'canvas')[1], matte.canvas);
  assert.equal(matte.track, track);
  const written = FakeGenerator.written;
  matte.setEffect({ kind: 'mask' }); // draws once more
  await until(() => FakeGenerator.written > written);
  assert.equal(told.find(([name]) => name === 'recovered')[1].reason, 'out of memory');
  assert.ok(!told.some(([name]) => name === 'error'));
});

test('the worker after one that died takes the whole runtime, whatever was the reason', async () => {
  const reduced = { wasm: 'r', wasmBytes: 1, wasmSha256: 'cd' };
  const manifest = { ...MANIFEST, runtime: { ...MANIFEST.runtime, reduced } };
  const matte = await started({ manifest });
  await matte.attach(video());
  await until(() => matte.state === 'running');
  kill(workers[0]);
  await until(() => workers.length === 2 && matte.state === 'running');
  const [first, second] = workers.map((worker) => worker.asked('init')[0].runtime);
  assert.match(first.reduced.wasm, /\/r$/);
  assert.equal(second.reduced, null);
  assert.equal(second.wasm, first.wasm);
});

test('the governor can be switched while frames flow; another worker is told', async () => {
  const matte = await started();
  await matte.attach(video());
  await until(() => matte.state === 'running');
  assert.equal(matte.stats.governor?.level, 0);
  matte.setGovernor(false);
  await until(() => matte.stats.governor === null);
  kill(workers[0]);
  await until(() => workers.length === 2 && workers[1].isAttached);
  assert.equal(workers[1].asked('init')[0].governor, false);
  matte.setGovernor(true);
  await until(() => matte.stats.governor !== null);
  assert.throws(() => matte.setGovernor(/** @type {any} */ ('off')), TypeError);
});

test('the track shows what the canvas shows, and is made anew once it was stopped', async () => {
  const matte = await started();
  FakeGenerator.written = 0;
  const { track } = matte;
  await until(() => FakeGenerator.written === 1); // the replacement, before anything is attached
  await matte.attach(video());
  await until(() => FakeGenerator.written > 1);
  track.stop();
  assert.notEqual(matte.track, track);
  const last = matte.track;
  matte.dispose();
  assert.equal(last.readyState, 'ended');
  assert.equal(matte.track, last);
});

test('nothing was attached: the new worker is idle; one that breaks again and again is told', async () => {
  const matte = await started();
  /** @type {any[]} */
  const errors = [];
  matte.on('error', (error) => errors.push(error));
  for (let i = 0; i < 3; i++) {
    kill(workers[i]);
    await until(() => workers.length === i + 2 && matte.state === 'idle');
    await matte.ready;
  }
  assert.deepEqual(errors, []);
  kill(workers[3]);
  assert.deepEqual([errors.length, matte.state], [1, 'failed']);
  assert.equal(workers.length, 4);
  await assert.rejects(matte.attach(video()), { detail: 'out of memory' });
});

test('a worker that says it is broken is replaced', async () => {
  const matte = await started();
  await matte.attach(video());
  const value = { code: 'webgl-unavailable', message: 'the context is gone', detail: '' };
  const data = { type: 'event', name: 'broken', value };
  workers[0].dispatchEvent(new MessageEvent('message', { data }));
  await until(() => workers.length === 2 && matte.state === 'running');
});

test('dispose closes what is open and ends the worker; twice does no harm', async () => {
  const matte = await started();
  await matte.attach(video());
  await until(() => matte.state === 'running');
  matte.dispose();
  matte.dispose();
  await until(() => workers[0].isTerminated);
  assert.equal(FakeFrame.open.size, 0);
});

test('a signal gives up the start', async () => {
  await assert.rejects(create({ signal: AbortSignal.abort(new Error('enough')) }), /enough/);
  assert.equal(workers.length, 0);
});

test('a wrong effect, or a wrong look, is refused before a worker starts', async () => {
  await assert.rejects(create({ effect: /** @type {any} */ ({ kind: 'x' }) }), TypeError);
  await assert.rejects(create({ looks: { shrink: 7 } }), TypeError);
  assert.equal(workers.length, 0);
});
