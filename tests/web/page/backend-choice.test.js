import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendChoice, checkBackend } from '../../../web_template/page/backend-choice.js';

/** @typedef {import('../../../web_template/page/backend-memory.js').Verdict} Verdict */

/** @param {{verdict?: Verdict | null, failure?: string}} [known] */
function memoryOf({ verdict = null, failure = '' } = {}) {
  return {
    verdict: /** @type {Verdict | null} */ (verdict),
    lastFailure: failure,
    recall() {
      return this.verdict;
    },
    remember(/** @type {Verdict} */ found) {
      this.verdict = found;
    },
    forget() {
      this.verdict = null;
    },
    failure() {
      return this.lastFailure;
    },
    noteFailure(/** @type {string} */ code) {
      this.lastFailure = code;
    },
  };
}

const WON = /** @type {const} */ ({ adapter: 'acme', backend: 'webgpu', reason: 'race-won' });
const LOST = /** @type {const} */ ({ adapter: 'acme', backend: 'wasm', reason: 'race-lost' });
const USABLE = { reason: null, name: 'acme' };

/**
 * @param {ReturnType<typeof memoryOf>} [memory]
 * @param {Partial<ConstructorParameters<typeof BackendChoice>[0]>} [options]
 */
function choose(memory = memoryOf(), options = {}) {
  return new BackendChoice({ memory, hasGpuBuild: true, ...options });
}

/** @param {BackendChoice} choice */
const shown = ({ backend, reason, isOpen }) => [backend, reason, isOpen];

/** @param {number} p50 @param {number} [fps] @returns {any} */
const figures = (p50, fps = 30) => ({ fps, stages: { totalMs: { p50, p95: p50 } } });

test('a first visit starts on wasm and is open for WebGPU', () => {
  const choice = choose();
  assert.deepEqual(shown(choice), ['wasm', 'untried', true]);
  assert.equal(choice.heard(USABLE), 'webgpu');
});

test('a site without a WebGPU runtime has one candidate', () => {
  const choice = choose(memoryOf({ verdict: WON }), { hasGpuBuild: false });
  assert.deepEqual(shown(choice), ['wasm', 'only-candidate', false]);
  assert.equal(choice.heard(USABLE), null);
});

for (const reason of /** @type {const} */ ([
  'no-webgpu',
  'no-adapter',
  'fallback-adapter',
  'limits',
  'no-device',
])) {
  test(`${reason}: wasm stays, and it says why`, () => {
    const memory = memoryOf();
    const choice = choose(memory);
    assert.equal(choice.heard({ reason, name: '' }), null);
    assert.deepEqual(shown(choice), ['wasm', reason, false]);
    assert.equal(memory.verdict, null, 'it may be there next time');
  });
}

test('a clear win is remembered', () => {
  const memory = memoryOf();
  const choice = choose(memory);
  choice.heard(USABLE);
  assert.equal(choice.judge(figures(10), figures(7.9)), true);
  assert.deepEqual(shown(choice), ['webgpu', 'race-won', false]);
  assert.deepEqual(memory.verdict, WON);
});

test('a narrow win, a slower rate, or no frame at all is a loss, which is remembered, too', () => {
  for (const webgpu of [figures(8.1), figures(5, 28), figures(0), figures(20)]) {
    const memory = memoryOf();
    const choice = choose(memory);
    choice.heard(USABLE);
    assert.equal(choice.judge(figures(10), webgpu), false);
    assert.deepEqual(shown(choice), ['wasm', 'race-lost', false]);
    assert.deepEqual(memory.verdict, LOST);
  }
});

test('a remembered winner starts directly, and stays while the adapter is the same', () => {
  const choice = choose(memoryOf({ verdict: WON }));
  assert.deepEqual(shown(choice), ['webgpu', 'remembered', true]);
  assert.equal(choice.heard(USABLE), null);
  assert.deepEqual(shown(choice), ['webgpu', 'remembered', false]);
});

test('with another adapter it has to win again', () => {
  const memory = memoryOf({ verdict: WON });
  const choice = choose(memory);
  assert.equal(choice.heard({ reason: null, name: 'other' }), 'wasm');
  assert.deepEqual(shown(choice), ['wasm', 'untried', true]);
  assert.equal(memory.verdict, null);
  assert.equal(choice.heard({ reason: null, name: 'other' }), 'webgpu');
});

test('what lost is not tried again, unless the adapter is another one', () => {
  for (const reason of ['race-lost', 'golden-failed', 'start-timeout', 'trial-failed']) {
    const memory = memoryOf({ verdict: { ...LOST, reason } });
    const choice = choose(memory);
    assert.deepEqual(shown(choice), ['wasm', reason, true]);
    assert.equal(choice.heard(USABLE), null);
    assert.deepEqual(shown(choice), ['wasm', reason, false]);
    assert.equal(choose(memory).heard({ reason: null, name: 'other' }), 'webgpu');
  }
});

for (const [code, reason] of [
  ['golden-failed', 'golden-failed'],
  ['start-timeout', 'start-timeout'],
  ['inference-failed', 'trial-failed'],
  ['gpu-lost', 'trial-failed'],
]) {
  test(`a trial that ends with ${code} is remembered as ${reason}`, () => {
    const memory = memoryOf();
    const choice = choose(memory);
    choice.heard(USABLE);
    choice.trialFailed(code);
    assert.deepEqual(shown(choice), ['wasm', reason, false]);
    assert.deepEqual(memory.verdict, { ...LOST, reason });
  });
}

test('a file that did not arrive, or a camera that went, says nothing of the GPU', () => {
  for (const code of ['model-unavailable', 'camera-lost', 'unknown']) {
    const memory = memoryOf();
    const choice = choose(memory);
    choice.heard(USABLE);
    choice.trialFailed(code);
    assert.deepEqual(shown(choice), ['wasm', 'trial-failed', false]);
    assert.equal(memory.verdict, null);
  }
});

test('WebGPU that breaks down is not used again in this session', () => {
  const memory = memoryOf({ verdict: WON });
  const choice = choose(memory);
  assert.equal(choice.failed('gpu-lost'), true);
  assert.deepEqual(shown(choice), ['wasm', 'failed-over:gpu-lost', false]);
  assert.equal(choice.heard(USABLE), null);
  assert.equal(memory.verdict, null);
  assert.deepEqual(shown(choose(memory)), ['wasm', 'failed-over:gpu-lost', false]);
});

test('wasm that breaks down has nothing behind it', () => {
  const memory = memoryOf();
  const choice = choose(memory);
  assert.equal(choice.failed('inference-failed'), false);
  assert.deepEqual(shown(choice), ['wasm', 'untried', true]);
  assert.equal(memory.lastFailure, '');
});

test('what is forced is taken, whatever is known', () => {
  const memory = memoryOf({ verdict: WON, failure: 'gpu-lost' });
  assert.deepEqual(shown(choose(memory, { wish: 'wasm' })), ['wasm', 'forced', false]);
  const forced = choose(memory, { wish: 'webgpu' });
  assert.deepEqual(shown(forced), ['webgpu', 'forced', false]);
  assert.equal(forced.heard(USABLE), null);
  assert.equal(forced.failed('gpu-lost'), true);
  assert.deepEqual(shown(forced), ['wasm', 'failed-over:gpu-lost', false]);
});

test('a wish can be changed and taken back', () => {
  const choice = choose();
  const takeBack = choice.choose('webgpu');
  assert.deepEqual([choice.wish, ...shown(choice)], ['webgpu', 'webgpu', 'forced', false]);
  takeBack();
  assert.deepEqual([choice.wish, ...shown(choice)], ['auto', 'wasm', 'untried', true]);
});

test('a wish that is none names those that there are', () => {
  assert.equal(checkBackend('auto'), 'auto');
  assert.throws(() => checkBackend('cuda'), { name: 'TypeError', message: /auto, wasm, webgpu/ });
  const choice = choose();
  assert.throws(() => choice.choose(/** @type {any} */ ('cuda')), TypeError);
  assert.deepEqual(shown(choice), ['wasm', 'untried', true]);
});
