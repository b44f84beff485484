import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  DEFAULTS,
  loadSettings,
  parseSettings,
  saveSettings,
} from '../../../web_template/page/settings.js';

/** @param {Partial<Storage>} storage */
function useStorage(storage) {
  Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true });
}

function memoryStorage() {
  /** @type {Map<string, string>} */
  const values = new Map();
  return {
    getItem: (/** @type {string} */ key) => values.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => {
      values.set(key, value);
    },
  };
}

afterEach(() => {
  Reflect.deleteProperty(globalThis, 'localStorage');
});

test('nothing stored means the defaults', () => {
  assert.deepEqual(parseSettings(null), DEFAULTS);
});

test('damaged, foreign or empty storage means the defaults', () => {
  for (const stored of ['', '{', 'null', '[]', '7', '"x"', '{"effect":"explode"}']) {
    assert.deepEqual(parseSettings(stored), DEFAULTS, stored);
  }
});

test('each value is taken only if it fits; the others survive', () => {
  const stored = { effect: 'mask', strength: 2, color: 'red', mirrored: 'yes', locale: 'zh', x: 1 };
  assert.deepEqual(parseSettings(JSON.stringify(stored)), {
    ...DEFAULTS,
    effect: 'mask',
    locale: 'zh',
  });
});

test('what is saved is there at the next visit, beside what was there', () => {
  useStorage(memoryStorage());
  saveSettings({ color: '#123456' });
  saveSettings({ effect: 'color' });
  assert.deepEqual(loadSettings(), { ...DEFAULTS, color: '#123456', effect: 'color' });
});

test('storage that is forbidden or full is done without', () => {
  const refuse = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  useStorage({ getItem: refuse, setItem: refuse });
  saveSettings({ effect: 'mask' });
  assert.deepEqual(loadSettings(), DEFAULTS);
});

test('a browser without storage is done without', () => {
  assert.equal('localStorage' in globalThis && globalThis.localStorage, false);
  assert.deepEqual(loadSettings(), DEFAULTS);
});

test('a fault of our own is not swallowed', () => {
  useStorage({
    getItem: () => {
      throw new RangeError('ours');
    },
  });
  assert.throws(loadSettings, RangeError);
});
