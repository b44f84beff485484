/** The engine as a whole with one backend and another; the choice itself: backend-choice.test.js. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { MatteError } from '../../../web_template/shared/errors.js';
import { FakeVideo, MANIFEST, workers, world } from '../fake-browser.js';
import { FakeFrame, until } from '../fakes.js';

const { createMatte } = await import('../../../web_template/page/matte.js');

/** @typedef {import('../../../web_template/page/matte.js').Matte} Matte */

const GPU = { reason: null, isSoftware: false, hasF16: true, name: 'acme' };
const FILES = { module: 'm', glue: 'g', wasm: 'w', wasmBytes: 1, wasmSha256: 'ab' };
const SITE = { ...MANIFEST, fingerprint: 'build 1', runtimes: { webgpu: { asyncify: FILES } } };
const WON = { fingerprint: 'build 1', browser: '', adapter: 'acme', backend: 'webgpu', reason: '' };

/** @type {Map<string, string>[]} */
const storages = [];
/** @param {'localStorage' | 'sessionStorage'} name */
function emptyStorage(name) {
  const items = new Map();
  storages.push(items);
  const value = {
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ text) => items.set(key, text),
    removeItem: (/** @type {string} */ key) => items.delete(key),
  };
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

/** @type {Matte[]} */
const mattes = [];

/** @param {import('../../../web_template/page/matte.js').MatteOptions} [options] */
async function started(options) {
  const matte = await createMatte({ manifest: SITE, ...options });
  mattes.push(matte);
  /** @type {any[]} */
  const told = [];
  for (const name of /** @type {const} */ (['backend', 'error', 'recovered', 'canvas', 'state'])) {
    matte.on(name, (value) => told.push([name, value]));
  }
  const of = (/** @type {string} */ name) => {
    return told.filter(([each]) => each === name).map(([, value]) => value);
  };
  return { matte, of };
}

/** @param {Matte} matte */
const running = async (matte) => {
  await matte.attach(/** @type {any} */ (new FakeVideo()));
  await until(() => matte.state === 'running');
};

beforeEach(() => {
  workers.length = 0;
  Object.assign(world, { gpu: GPU, gpuFault: null, gpuHangs: false, gpuAlpha: 0.5 });
  emptyStorage('localStorage');
  emptyStorage('sessionStorage');
});

afterEach(async () => {
  for (const matte of mattes.splice(0)) matte.dispose();
  await until(() => workers.every(({ isTerminated }) => isTerminated));
  assert.equal(FakeFrame.open.size, 0, 'frames that nobody closed');
});

const remember = () => globalThis.localStorage.setItem('livematte.backend', JSON.stringify(WON));
const failure = () => globalThis.sessionStorage.getItem('livematte.backend.failure');

test('a first visit: wasm, and the figures say that WebGPU has not been tried', async () => {
  const { matte } = await started();
  assert.equal(matte.stats.backendReason, 'untried');
  await running(matte);
  assert.deepEqual([matte.stats.backend, matte.stats.backendReason], ['wasm', 'untried']);
});

test('figures of a source that has flowed for a while have the GPU asked for', async () => {
  const { matte } = await started();
  await running(matte);
  const tell = (/** @type {number} */ frames) => {
    const value = { ...matte.stats, source: 'stream', frames };
    const data = { type: 'event', name: 'stats', value };
    workers[0].dispatchEvent(new MessageEvent('message', { data }));
  };
  tell(89);
  assert.equal(workers[0].asked('ask-gpu').length, 0);
  world.gpu = { ...GPU, reason: 'no-adapter' };
  tell(90);
  assert.equal(workers[0].asked('ask-gpu').length, 1);
  await until(() => matte.stats.backendReason === 'no-adapter');
});

test('a remembered winner starts directly', async () => {
  remember();
  const { matte } = await started();
  await running(matte);
  assert.deepEqual([matte.stats.backend, matte.stats.backendReason], ['webgpu', 'remembered']);
  assert.equal(workers.length, 1);
});

test('a remembered winner that is not there any more: wasm, without a word of an error', async () => {
  remember();
  world.gpu = { ...GPU, reason: 'no-adapter' };
  const { matte, of } = await started();
  await running(matte);
  const { backend, backendReason } = matte.stats;
  assert.deepEqual([backend, backendReason], ['wasm', 'failed-over:gpu-unavailable']);
  assert.deepEqual(of('error'), []);
  assert.equal(failure(), 'gpu-unavailable');
});

test('a remembered winner that answers the golden frame wrongly now: wasm', async () => {
  remember();
  world.gpuFault = new MatteError('golden-failed', 'wrong');
  const { matte, of } = await started();
  await until(() => of('recovered').length === 1);
  await running(matte);
  const { backend, backendReason } = matte.stats;
  assert.deepEqual([backend, backendReason], ['wasm', 'failed-over:golden-failed']);
});

test('a remembered winner that hangs at its start: wasm, after the limit', async (context) => {
  remember();
  world.gpuHangs = true;
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const starting = started();
  await new Promise(setImmediate);
  context.mock.timers.tick(7999);
  await new Promise(setImmediate);
  assert.equal(workers.length, 1);
  context.mock.timers.tick(1);
  const { matte } = await starting;
  assert.equal(workers.length, 2);
  assert.equal(matte.stats.backendReason, 'failed-over:start-timeout');
  context.mock.timers.reset();
});

test('WebGPU that is asked for and not there is refused, with what to do', async () => {
  world.gpu = { ...GPU, reason: 'no-adapter' };
  await assert.rejects(createMatte({ manifest: SITE, backend: 'webgpu' }), {
    code: 'gpu-unavailable',
  });
  await assert.rejects(createMatte({ manifest: MANIFEST, backend: 'webgpu' }), {
    code: 'gpu-unavailable',
    message: /use the backend wasm/,
  });
});

test('what is forced and fails at its start is said, and nothing else takes its place', async () => {
  world.gpuFault = new MatteError('golden-failed', 'wrong');
  const { matte, of } = await started({ backend: 'webgpu' });
  await until(() => of('error').length === 1);
  assert.equal(of('error')[0].code, 'golden-failed');
  await matte.attach(/** @type {any} */ (new FakeVideo()));
  assert.equal(workers.length, 1);
  assert.equal(matte.state, 'failed');
});

test('a wish that is none is refused before a worker starts', async () => {
  const options = /** @type {any} */ ({ manifest: SITE, backend: 'cuda' });
  await assert.rejects(createMatte(options), TypeError);
  assert.equal(workers.length, 0);
});

/** What breaks WebGPU while it runs → the code that is told. @type {[string, string, () => void][]} */
const BREAKDOWNS = [
  ['a device that is lost', 'gpu-lost', () => workers[0].loseGpu()],
  [
    'a worker that dies',
    'worker-lost',
    () => workers[0].dispatchEvent(Object.assign(new Event('error'), { message: 'killed' })),
  ],
];

for (const [what, code, breakIt] of BREAKDOWNS) {
  test(`${what}: wasm goes on with source, effect and model`, async () => {
    const { matte, of } = await started({ backend: 'webgpu' });
    matte.setEffect({ kind: 'color', color: '#abcdef' });
    await matte.setModel('other');
    await running(matte);
    assert.equal(matte.stats.backend, 'webgpu');
    breakIt();
    await until(() => of('recovered').length === 1);
    await until(() => matte.state === 'running' && matte.stats.backend === 'wasm');
    assert.deepEqual(of('backend'), [{ backend: 'wasm', reason: `failed-over:${code}` }]);
    assert.ok(of('state').includes('failed'), 'the picture was hidden meanwhile');
    assert.equal(matte.stats.backendReason, `failed-over:${code}`);
    assert.equal(matte.stats.model, 'other');
    assert.equal(workers.length, 2);
    assert.deepEqual(workers[1].compositor?.effect, { kind: 'color', color: '#abcdef' });
    const [shown] = workers[1].compositor?.drawn ?? [];
    assert.deepEqual(shown, { frame: null, matte: null }, 'first of all the replacement');
    assert.equal(failure(), code);
  });
}

test('a backend that broke down is left alone for the session', async () => {
  remember();
  globalThis.sessionStorage.setItem('livematte.backend.failure', 'gpu-lost');
  const { matte } = await started();
  await running(matte);
  const { backend, backendReason } = matte.stats;
  assert.deepEqual([backend, backendReason], ['wasm', 'failed-over:gpu-lost']);
});

test('an alpha that is none, on WebGPU: wasm takes over at once', async () => {
  const { matte, of } = await started({ backend: 'webgpu' });
  world.gpuAlpha = Number.NaN;
  await running(matte);
  assert.deepEqual(
    of('error').map(({ code }) => code),
    ['inference-failed'],
  );
  assert.equal(matte.stats.backend, 'wasm');
  assert.equal(matte.stats.backendReason, 'failed-over:inference-failed');
});

test('another backend takes over with its matte on the screen', async () => {
  const { matte, of } = await started();
  await running(matte);
  const [canvas, track] = [matte.canvas, matte.track];
  matte.setEffect({ kind: 'mask' });
  await matte.setBackend('webgpu');
  assert.notEqual(matte.canvas, canvas);
  assert.deepEqual(of('canvas'), [matte.canvas]);
  assert.equal(matte.track, track);
  assert.deepEqual(of('backend'), [{ backend: 'webgpu', reason: 'forced' }]);
  assert.deepEqual([matte.stats.backend, matte.stats.backendReason], ['webgpu', 'forced']);
  assert.deepEqual(of('state'), ['loading', 'running'], 'without a gap');
  assert.ok(workers[1].compositor?.drawn.at(-1)?.frame);
  assert.deepEqual(workers[1].compositor?.effect, { kind: 'mask' });
  await until(() => workers[0].isTerminated);
  await matte.setBackend('wasm');
  await until(() => matte.stats.backend === 'wasm');
});

test('a backend that cannot be used: told, and the one before goes on', async () => {
  world.gpu = { ...GPU, reason: 'no-adapter' };
  const { matte, of } = await started();
  await running(matte);
  const { canvas } = matte;
  await assert.rejects(matte.setBackend('webgpu'), { code: 'gpu-unavailable' });
  await assert.rejects(matte.setBackend(/** @type {any} */ ('cuda')), TypeError);
  assert.equal(matte.canvas, canvas);
  assert.deepEqual([matte.state, matte.stats.backendReason], ['running', 'untried']);
  assert.deepEqual([...of('error'), ...of('canvas'), ...of('backend')], []);
  await until(() => workers[1].isTerminated);
});

test('what is attached and set while another backend gets ready is its own, too', async () => {
  const { matte } = await started();
  await running(matte);
  const later = new FakeVideo();
  later.currentTime = 9;
  const switched = matte.setBackend('webgpu');
  matte.setEffect({ kind: 'color', color: '#123456' });
  const [modelled, attached] = [matte.setModel('other'), matte.attach(/** @type {any} */ (later))];
  await Promise.all([switched, modelled, attached]);
  await until(() => matte.stats.backend === 'webgpu' && matte.stats.model === 'other');
  await until(() => workers[1].compositor?.drawn.at(-1)?.frame?.timestamp === 9e6);
  assert.deepEqual(workers[1].compositor?.effect, { kind: 'color', color: '#123456' });
});

test('a source that is attached while the first matte is awaited is taken over, too', async () => {
  const { matte } = await started();
  const mute = new FakeVideo();
  mute.readyState = 0; // it has no frame to show
  await matte.attach(/** @type {any} */ (mute));
  const switched = matte.setBackend('webgpu');
  await until(() => workers[1]?.compositor !== null && workers[1]?.isAttached);
  const later = new FakeVideo();
  later.currentTime = 9;
  await matte.attach(/** @type {any} */ (later));
  await switched;
  await until(() => workers[1].compositor?.drawn.at(-1)?.frame?.timestamp === 9e6);
});

test('what is attached while a worker is being replaced is not put aside for what was there', async () => {
  const { matte, of } = await started();
  await running(matte);
  workers[0].dispatchEvent(Object.assign(new Event('error'), { message: 'killed' }));
  const later = new FakeVideo();
  later.currentTime = 9;
  await matte.attach(/** @type {any} */ (later));
  await until(() => of('recovered').length === 1 && matte.state === 'running');
  assert.equal(workers[1].compositor?.drawn.at(-1)?.frame?.timestamp, 9e6);
});

test('the last wish of several counts', async () => {
  const { matte } = await started();
  await running(matte);
  const first = assert.rejects(matte.setBackend('webgpu'), { name: 'AbortError' });
  await matte.setBackend('wasm');
  await first;
  assert.deepEqual([matte.stats.backend, matte.stats.backendReason], ['wasm', 'forced']);
});

const HALF = {
  ...SITE,
  models: MANIFEST.models.map((/** @type {any} */ model) => ({
    ...model,
    prefer: { wasm: ['fp32'], webgpu: ['half', 'fp32'] },
    variants: [
      ...model.variants,
      { name: 'half', file: `${model.name}-half.onnx`, needs: ['shader-f16'] },
    ],
  })),
};
/** @param {number} index of the worker */
const loaded = (index) => {
  return workers[index].asked('load-model').map(({ model }) => `${model.name} ${model.variant}`);
};

test('each backend gets the variant that it runs best: at its start, switched to and failed over', async () => {
  const { matte, of } = await started({ manifest: HALF });
  await running(matte);
  await matte.setBackend('webgpu');
  await matte.setModel('other');
  await until(() => matte.stats.model === 'other');
  assert.equal(matte.stats.variant, 'half');
  workers[1].loseGpu();
  await until(() => of('recovered').length === 1 && matte.stats.backend === 'wasm');
  assert.deepEqual([0, 1, 2].map(loaded), [
    ['small fp32'],
    ['small half', 'other half'],
    ['other fp32'],
  ]);
});

test('an automatic choice is one among variants that the backend runs', async () => {
  const { matte } = await started({ manifest: HALF, model: 'auto', backend: 'webgpu' });
  await matte.ready;
  const [{ model }] = workers[0].asked('load-model');
  assert.deepEqual(
    [model, ...model.choices].map(({ variant }) => variant),
    ['half', 'half'],
  );
});

test('a GPU without the features that a variant needs gets another one', async () => {
  world.gpu = { ...GPU, hasF16: false };
  const { matte } = await started({ manifest: HALF, backend: 'webgpu' });
  await matte.ready;
  assert.deepEqual(loaded(0), ['small fp32']);
});

test('nothing is attached: another backend takes over all the same', async () => {
  const { matte } = await started();
  await matte.setBackend('webgpu');
  assert.equal(matte.state, 'idle');
  await running(matte);
  assert.equal(matte.stats.backend, 'webgpu');
});

test('disposed of while another backend gets ready: both workers end', async () => {
  const { matte } = await started();
  await running(matte);
  world.gpuHangs = true;
  const switched = assert.rejects(matte.setBackend('webgpu'));
  await until(() => workers.length === 2);
  matte.dispose();
  await until(() => workers.every(({ isTerminated }) => isTerminated));
  await switched;
});
