import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { WorkerBridge } from '../../../web_template/page/worker-bridge.js';
import { MatteError } from '../../../web_template/shared/errors.js';
import { event, refusal, reply } from '../../../web_template/shared/messages.js';
import { FakeFrame } from '../fakes.js';

function fakeWorker() {
  const target = new EventTarget();
  const sent = /** @type {any[]} */ ([]);
  return {
    sent,
    isTerminated: false,
    postMessage: (/** @type {any} */ message, /** @type {Transferable[]} */ transfer) => {
      // What a real one does: functions cannot be cloned.
      sent.push({ ...structuredClone({ ...message, frame: undefined }), transfer });
    },
    addEventListener: (/** @type {string} */ type, /** @type {any} */ listener) =>
      target.addEventListener(type, listener),
    terminate() {
      this.isTerminated = true;
    },
    /** @param {unknown} data */
    answer: (data) => target.dispatchEvent(new MessageEvent('message', { data })),
    /** @param {string} type @param {object} [fields] */
    fire: (type, fields = {}) => target.dispatchEvent(Object.assign(new Event(type), fields)),
  };
}

function createBridge() {
  const worker = fakeWorker();
  const events = /** @type {any[]} */ ([]);
  const crashes = /** @type {MatteError[]} */ ([]);
  const output = /** @type {VideoFrame[]} */ ([]);
  const bridge = new WorkerBridge(worker, {
    onEvent: (message) => events.push(message),
    async onFrame(frame) {
      output.push(frame);
      frame.close();
    },
    onCrash: (error) => crashes.push(error),
  });
  return { worker, bridge, events, crashes, output };
}

afterEach(() => FakeFrame.open.clear());

test('answers find their requests, in any order', async () => {
  const { worker, bridge } = createBridge();
  const first = bridge.request('capture', {});
  const second = bridge.request('snapshot', { type: 'image/png' });
  assert.deepEqual(
    worker.sent.map(({ type, payload }) => [type, payload]),
    [
      ['capture', {}],
      ['snapshot', { type: 'image/png' }],
    ],
  );
  worker.answer(reply(worker.sent[1].id, 'two'));
  worker.answer(reply(worker.sent[0].id, 'one'));
  assert.deepEqual(await Promise.all([first, second]), ['one', 'two']);
});

test('a refusal is the error that it was', async () => {
  const { worker, bridge } = createBridge();
  const asked = bridge.request('detach', {});
  const error = new MatteError('webgl-unavailable', 'lost', 'more');
  worker.answer(refusal(worker.sent[0].id, error.toWire()));
  await assert.rejects(asked, { code: 'webgl-unavailable', message: 'lost', detail: 'more' });
});

test('events go to the listener', () => {
  const { worker, events } = createBridge();
  worker.answer(event('state', 'running'));
  assert.deepEqual(events, [{ type: 'event', name: 'state', value: 'running' }]);
});

test('what cannot be sent is refused and leaves the bridge whole', async () => {
  const { worker, bridge } = createBridge();
  const impossible = /** @type {any} */ ({ effect: () => {} });
  await assert.rejects(bridge.request('set-effect', impossible), { name: 'DataCloneError' });
  const next = bridge.request('detach', {});
  worker.answer(reply(worker.sent[0].id, undefined));
  await next;
});

test('a crash refuses what is open and what comes, ends the worker, is told once', async () => {
  const { worker, bridge, crashes } = createBridge();
  const open = bridge.request('capture', {});
  worker.fire('error', { message: 'out of memory' });
  await assert.rejects(open, { code: 'unknown', detail: 'out of memory' });
  await assert.rejects(bridge.request('capture', {}), { detail: 'out of memory' });
  worker.fire('error', { message: 'again' });
  assert.equal(crashes.length, 1);
  assert.equal(worker.isTerminated, true);
});

test('a script that cannot be loaded, a message that cannot be read', async () => {
  for (const type of ['error', 'messageerror']) {
    const { worker, bridge, crashes } = createBridge();
    const open = bridge.request('detach', {});
    worker.fire(type);
    await assert.rejects(open, (/** @type {any} */ error) => error.detail.length > 0);
    assert.equal(crashes.length, 1);
  }
});

test('terminate refuses what is open, and is no crash', async () => {
  const { worker, bridge, crashes, events } = createBridge();
  const open = bridge.request('capture', {});
  bridge.terminate();
  await assert.rejects(open, /disposed/);
  worker.answer(event('state', 'running'));
  assert.deepEqual([crashes.length, events.length, worker.isTerminated], [0, 0, true]);
});

test('a frame is transferred; without a worker it is closed', () => {
  const { worker, bridge } = createBridge();
  const frame = new FakeFrame();
  bridge.sendFrame(3, frame.asVideoFrame);
  assert.deepEqual([worker.sent[0].type, worker.sent[0].sourceId], ['frame', 3]);
  assert.deepEqual(worker.sent[0].transfer, [frame]);
  bridge.terminate();
  const late = new FakeFrame();
  bridge.sendFrame(3, late.asVideoFrame);
  assert.equal(late.isClosed, true);
});

test('an answer to nothing is ignored', () => {
  const { worker, bridge } = createBridge();
  worker.answer(reply(99, 'stray'));
  bridge.terminate();
});

test('a composited frame is handed over and acknowledged; a dead bridge closes it', async () => {
  const { worker, bridge, output } = createBridge();
  const frame = () => /** @type {any} */ (new FakeFrame());
  worker.answer({ type: 'output', frame: frame() });
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(output.length, 1);
  assert.equal(worker.sent.at(-1).type, 'output-taken');
  bridge.terminate();
  worker.answer({ type: 'output', frame: frame() });
  await Promise.resolve();
  assert.equal(output.length, 1);
  assert.equal(FakeFrame.open.size, 0);
});
