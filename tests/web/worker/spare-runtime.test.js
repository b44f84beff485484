import assert from 'node:assert/strict';
import { test } from 'node:test';

const FILE = '../../../web_template/worker/spare-runtime.js';
let copies = 0;

/** A copy of the module: it remembers whether something has trapped. @returns {Promise<any>} */
const fresh = () => import(`${FILE}?${++copies}`);

const WHOLE = { module: 'm', glue: 'g', wasm: 'whole', wasmBytes: 9, wasmSha256: 'w' };
const REDUCED = { wasm: 'reduced', wasmBytes: 4, wasmSha256: 'r' };
const RUNTIME = { ...WHOLE, reduced: REDUCED };
const TRAP = new WebAssembly.RuntimeError('unreachable');

/**
 * @param {string} name
 * @param {(turn: number) => unknown} answer  of each run, or what it throws
 */
function fakeSegmenter(name, answer = () => name) {
  const log = { runs: 0, disposed: 0, resets: 0 };
  const segmenter = {
    threads: name === 'whole' ? 1 : 2,
    input: Float32Array.of(1, 2, 3),
    async run() {
      return answer(++log.runs);
    },
    reset: () => log.resets++,
    async dispose() {
      log.disposed++;
    },
  };
  return { log, segmenter };
}

test('the reduced runtime is for the models that it has been reduced to', async () => {
  const { trustedRuntimeFor } = await fresh();
  const reduced = { ...WHOLE, ...REDUCED, isReduced: true };
  assert.deepEqual(trustedRuntimeFor(RUNTIME, { isReduced: true }), reduced);
  assert.deepEqual(trustedRuntimeFor(RUNTIME, { isReduced: false }), WHOLE);
  assert.deepEqual(trustedRuntimeFor({ ...WHOLE, reduced: null }, { isReduced: true }), WHOLE);
  assert.deepEqual(trustedRuntimeFor(WHOLE, { isReduced: true }), WHOLE);
});

test('a trap is told from other faults, in an engine error, too', async () => {
  const { isTrap } = await fresh();
  assert.ok(isTrap(TRAP));
  assert.ok(isTrap(Object.assign(new Error('it does not load'), { detail: String(TRAP) })));
  assert.ok(!isTrap(new TypeError('unreachable')));
  assert.ok(!isTrap(undefined));
});

test('the whole runtime takes over where the reduced one traps at its start', async (context) => {
  context.mock.method(console, 'warn', () => {});
  const { trustedRuntimeFor, withSpare } = await fresh();
  const { segmenter } = fakeSegmenter('whole');
  const found = await withSpare(
    () => Promise.reject(TRAP),
    async () => segmenter,
  );
  assert.equal(await found.run(), 'whole');
  assert.equal(found.threads, 1);
  assert.deepEqual(trustedRuntimeFor(RUNTIME, { isReduced: true }), WHOLE, 'it is not taken again');
});

test('a frame whose run traps is run again on the whole runtime, and so are the next', async (context) => {
  const warn = context.mock.method(console, 'warn', () => {});
  const { withSpare } = await fresh();
  const reduced = fakeSegmenter('reduced', (turn) => (turn > 1 ? Promise.reject(TRAP) : 'reduced'));
  const whole = fakeSegmenter('whole');
  let opened = 0;
  const found = await withSpare(
    async () => reduced.segmenter,
    async () => {
      opened++;
      return whole.segmenter;
    },
  );
  assert.equal(found.threads, 2);
  assert.equal(found.input, reduced.segmenter.input);
  assert.deepEqual(
    [await found.run(), await found.run(), await found.run()],
    ['reduced', 'whole', 'whole'],
  );
  found.reset();
  await found.dispose();
  assert.deepEqual(whole.log, { runs: 2, disposed: 1, resets: 1 });
  assert.equal(reduced.log.disposed, 0, 'what has trapped is not touched again');
  assert.deepEqual([opened, found.threads, warn.mock.callCount()], [1, 1, 1]);
});

test('other faults, and those of the whole runtime, are told', async (context) => {
  context.mock.method(console, 'warn', () => {});
  const { withSpare } = await fresh();
  const never = () => assert.fail('the whole runtime is not asked for');
  await assert.rejects(
    withSpare(() => Promise.reject(new TypeError('no')), never),
    /no/,
  );
  const trapping = fakeSegmenter('reduced', () => Promise.reject(TRAP));
  const found = await withSpare(
    async () => trapping.segmenter,
    async () => trapping.segmenter,
  );
  await assert.rejects(found.run(), TRAP);
  assert.equal(trapping.log.runs, 2);
});
