import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createBackendMemory } from '../../../web_template/page/backend-memory.js';

/** @implements {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} */
class FakeStorage {
  /** @type {Map<string, string>} */
  items = new Map();
  /** @param {string} key */
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.items.set(key, value);
  }
  /** @param {string} key */
  removeItem(key) {
    this.items.delete(key);
  }
}

const WON = /** @type {const} */ ({ adapter: 'acme', backend: 'webgpu', reason: 'race-won' });
const here = () => createBackendMemory({ fingerprint: 'build 1', browser: 'browser 1' });

/** @param {any} local @param {any} [session] */
function browser(local, session = new FakeStorage()) {
  Object.assign(globalThis, { localStorage: local, sessionStorage: session });
}

beforeEach(() => browser(new FakeStorage()));

test('a verdict is there at the next visit, and can be forgotten', () => {
  assert.equal(here().recall(), null);
  here().remember(WON);
  const { adapter, backend, reason } = here().recall() ?? {};
  assert.deepEqual({ adapter, backend, reason }, WON);
  here().forget();
  assert.equal(here().recall(), null);
});

test('it holds for one build and one version of the browser', () => {
  here().remember(WON);
  const others = [
    { fingerprint: 'build 2', browser: 'browser 1' },
    { fingerprint: 'build 1', browser: 'browser 2' },
  ];
  for (const other of others) assert.equal(createBackendMemory(other).recall(), null);
  assert.ok(here().recall());
});

test('what was damaged is forgotten', () => {
  const key = { fingerprint: 'build 1', browser: 'browser 1' };
  const damaged = [
    '{"fingerprint":',
    '7',
    JSON.stringify({ ...key, ...WON, backend: 'abacus' }),
    JSON.stringify({ ...key, ...WON, adapter: 7 }),
    JSON.stringify({ ...key, ...WON, reason: null }),
  ];
  for (const text of damaged) {
    globalThis.localStorage.setItem('livematte.backend', text);
    assert.equal(here().recall(), null, text);
  }
});

test('a breakdown is known until the session ends', () => {
  assert.equal(here().failure(), '');
  here().noteFailure('gpu-lost');
  assert.equal(here().failure(), 'gpu-lost');
  browser(globalThis.localStorage); // another session
  assert.equal(here().failure(), '');
});

test('without a storage nothing is known and nothing breaks', () => {
  const forbidden = {
    get localStorage() {
      throw new DOMException('no storage here', 'SecurityError');
    },
  };
  const descriptor = Object.getOwnPropertyDescriptor(forbidden, 'localStorage') ?? {};
  Object.defineProperty(globalThis, 'localStorage', { ...descriptor, configurable: true });
  const memory = here();
  memory.remember(WON);
  memory.forget();
  assert.equal(memory.recall(), null);
  Object.defineProperty(globalThis, 'localStorage', {
    value: undefined,
    configurable: true,
    writable: true,
  });
  assert.equal(memory.recall(), null);
});
