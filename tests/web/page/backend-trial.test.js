import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendChoice } from '../../../web_template/page/backend-choice.js';
import { BackendTrial } from '../../../web_template/page/backend-trial.js';
import { MatteError } from '../../../web_template/shared/errors.js';
import { until } from '../fakes.js';

const USABLE = { reason: null, name: 'acme', isSoftware: false, hasF16: false };

/** @param {number} p50 @param {object} [more] @returns {any} */
const figures = (p50, more) => ({
  source: 'stream',
  fps: 30,
  frames: 90,
  stages: { totalMs: { p50, p95: p50 } },
  ...more,
});

/** @param {string} backend @param {any} stats */
const worker = (backend, stats) => ({
  backend,
  stats,
  state: 'running',
  attachment: { source: {} },
  isInTime: true,
  /** @param {() => boolean} isDone */
  async until(isDone) {
    assert.equal(isDone(), this.isInTime);
    return this.isInTime;
  },
});

/** A wasm worker at work, and a WebGPU one that can be had beside it. */
function world({ verdict = /** @type {any} */ (null), answer = /** @type {any} */ (USABLE) } = {}) {
  const memory = {
    recall: () => verdict,
    remember: (/** @type {any} */ found) => {
      verdict = found;
    },
    forget() {
      verdict = null;
    },
    failure: () => '',
    noteFailure() {},
  };
  const choice = new BackendChoice({ memory, hasGpuBuild: true });
  const asked = { gpu: 0, understudies: /** @type {string[]} */ ([]) };
  const candidate = worker('webgpu', figures(5, { frames: 60 }));
  const life = {
    worker: /** @type {any} */ (worker(choice.backend, figures(10))),
    fault: /** @type {Error | null} */ (null),
    dropped: /** @type {any[]} */ ([]),
    async understudy(/** @type {string} */ backend) {
      asked.understudies.push(backend);
      if (this.fault) throw this.fault;
      return backend === 'webgpu' ? candidate : worker('wasm', figures(9));
    },
    async adopt(/** @type {any} */ other) {
      this.worker = other;
    },
    drop(/** @type {any} */ other) {
      this.dropped.push(other);
    },
  };
  life.worker.request = async () => {
    asked.gpu++;
    return answer;
  };
  let tellings = 0;
  const onBackend = () => {
    tellings++;
  };
  const trial = new BackendTrial({ life: /** @type {any} */ (life), choice, onBackend });
  const settled = () => until(() => tellings > 0);
  return { trial, choice, life, candidate, asked, settled, known: () => verdict };
}

test('not before frames have flowed calmly for a while', async () => {
  const { trial, asked, settled } = world();
  const early = [{ frames: 89 }, { source: 'picture' }, { source: null }];
  for (const more of early) trial.noticed(figures(10, more));
  assert.equal(asked.gpu, 0);
  trial.noticed(figures(10));
  trial.noticed(figures(10));
  await settled();
  assert.deepEqual(asked, { gpu: 1, understudies: ['webgpu'] });
});

test('a winner takes over and is remembered', async () => {
  const { trial, choice, life, candidate, settled, known } = world();
  trial.noticed(figures(10));
  await settled();
  assert.equal(life.worker, candidate);
  assert.deepEqual(life.dropped, []);
  assert.deepEqual([choice.backend, choice.reason], ['webgpu', 'race-won']);
  assert.deepEqual(known(), { adapter: 'acme', backend: 'webgpu', reason: 'race-won' });
});

test('a loser is ended, and nobody has seen it', async () => {
  const { trial, choice, life, candidate, settled } = world();
  candidate.stats = figures(9, { frames: 60 });
  const { worker: before } = life;
  trial.noticed(figures(10));
  await settled();
  assert.equal(life.worker, before);
  assert.deepEqual(life.dropped, [candidate]);
  assert.deepEqual([choice.backend, choice.reason], ['wasm', 'race-lost']);
});

test('what does not show its frames in time has lost', async () => {
  const { trial, choice, candidate, settled } = world();
  Object.assign(candidate, { stats: figures(5, { frames: 59, fps: 12 }), isInTime: false });
  trial.noticed(figures(10));
  await settled();
  assert.deepEqual([choice.backend, choice.reason], ['wasm', 'race-lost']);
});

for (const [code, reason] of /** @type {const} */ ([
  ['golden-failed', 'golden-failed'],
  ['start-timeout', 'start-timeout'],
  ['gpu-unavailable', 'trial-failed'],
])) {
  test(`${code} ends the trial: ${reason}`, async () => {
    const { trial, choice, life, asked, settled } = world();
    life.fault = new MatteError(code, 'made to fail');
    trial.noticed(figures(10));
    await settled();
    assert.deepEqual([choice.backend, choice.reason], ['wasm', reason]);
    trial.noticed(figures(10));
    assert.equal(asked.gpu, 1);
  });
}

test('a worker that breaks while it is asked ends no trial for good', async () => {
  const { trial, choice, life, settled, known } = world();
  life.worker.request = () => Promise.reject(new MatteError('unknown', 'the engine stopped'));
  trial.noticed(figures(10));
  await settled();
  assert.deepEqual([choice.reason, known()], ['trial-failed', null]);
});

test('no adapter: nothing is fetched', async () => {
  const { trial, choice, asked, settled } = world({ answer: { reason: 'no-adapter', name: '' } });
  trial.noticed(figures(10));
  await settled();
  assert.equal(choice.reason, 'no-adapter');
  assert.deepEqual(asked.understudies, []);
});

test('a remembered winner on another adapter: wasm takes over until it has won again', async () => {
  const verdict = { adapter: 'other', backend: 'webgpu', reason: 'race-won' };
  const { trial, choice, life, asked, settled } = world({ verdict });
  assert.equal(life.worker.backend, 'webgpu');
  trial.noticed(figures(10));
  await settled();
  assert.deepEqual(asked.understudies, ['wasm']);
  assert.equal(life.worker.backend, 'wasm');
  assert.deepEqual([choice.reason, choice.isOpen], ['untried', true]);
});

test('a wish of the page ends a trial: what it found out is not used', async () => {
  const { trial, choice, life, candidate, settled } = world();
  const { worker: before } = life;
  /** @type {(() => void) | null} */
  let finish = null;
  candidate.until = () =>
    new Promise((resolve) => {
      finish = () => resolve(true);
    });
  trial.noticed(figures(10));
  await until(() => finish !== null);
  await trial.force('wasm');
  /** @type {any} */ (finish)();
  await until(() => life.dropped.length === 1);
  await settled();
  assert.equal(life.worker, before);
  assert.deepEqual([choice.backend, choice.reason], ['wasm', 'forced']);
});
