import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { takeWorker } from '../../../web_template/page/early-worker.js';
import { request } from '../../../web_template/shared/messages.js';

const SCRIPT = readFileSync(
  new URL('../../../web_template/assets/head-start.js', import.meta.url),
  'utf8',
);
const MANIFEST = { engine: 'engine-0123456789', models: [] };

/** @type {FakeWorker[]} */
let made = [];

class FakeWorker {
  /** @type {any[]} */
  posted = [];
  /** @type {((event: any) => void) | null} */
  onerror = null;
  isTerminated = false;

  /**
   * @param {string | URL} url
   * @param {WorkerOptions} options
   */
  constructor(url, options) {
    this.url = String(url);
    this.options = options;
    made.push(this);
  }

  /** @param {unknown} message */
  postMessage(message) {
    this.posted.push(JSON.parse(JSON.stringify(message)));
  }

  terminate() {
    this.isTerminated = true;
  }
}

/** @type {any} */
const scope = globalThis;
scope.Worker = FakeWorker;

beforeEach(() => {
  made = [];
});

/**
 * Runs the page's first script.
 * @param {{stored?: Record<string, string>, search?: string, element?: object, forbidden?: boolean,
 *   navigator?: object}} [page]
 */
function startEarly({
  stored = {},
  search = '',
  element = { noModule: false },
  forbidden,
  navigator = {},
} = {}) {
  /** @type {any} */
  const window = { VideoFrame: class {} };
  runInNewContext(SCRIPT, {
    window,
    document: {
      createElement: () => element,
      getElementById: () => ({ textContent: JSON.stringify(MANIFEST) }),
    },
    location: { href: `https://example.org/some/where/index.html${search}`, search },
    localStorage: {
      getItem(/** @type {string} */ key) {
        if (forbidden) throw new Error('SecurityError');
        return stored[key] ?? null;
      },
    },
    Worker: FakeWorker,
    navigator,
    URL,
    URLSearchParams,
  });
  scope.livematteEarlyWorker = window.livematteEarlyWorker;
  return window.livematteEarlyWorker;
}

test('the worker is started with the model that the page will ask for', () => {
  startEarly({ stored: { 'livematte.settings': '{"model": "square"}' } });
  assert.equal(made[0].url, 'engine-0123456789/worker/worker.js');
  assert.equal(made[0].options.type, 'module');
  const payload = {
    manifest: MANIFEST,
    siteRoot: 'https://example.org/some/where/',
    model: 'square',
    isKept: false,
  };
  assert.deepEqual(made[0].posted, [request('prepare', 0, /** @type {any} */ (payload))]);
});

test('the worker hears whether the service worker answers the page', () => {
  startEarly({ navigator: { serviceWorker: { controller: null } } });
  startEarly({ navigator: { serviceWorker: { controller: {} } } });
  assert.deepEqual(
    made.map(({ posted }) => /** @type {any} */ (posted[0].payload).isKept),
    [false, true],
  );
});

test('whoever takes it takes it once', () => {
  startEarly();
  const [early] = made;
  assert.equal(takeWorker(), /** @type {any} */ (early));
  assert.equal(early.onerror, null);
  const next = /** @type {any} */ (takeWorker());
  assert.notEqual(next, early);
  assert.match(next.url, /worker\/worker\.js$/);
});

test('one that failed is not taken: the next one tells why', () => {
  startEarly();
  const [early] = made;
  let isSilent = false;
  early.onerror?.({ preventDefault: () => (isSilent = true) });
  assert.ok(isSilent);
  assert.notEqual(takeWorker(), /** @type {any} */ (early));
  assert.ok(early.isTerminated);
  assert.equal(made.length, 2);
});

for (const [what, page] of Object.entries({
  remembered: { stored: { 'livematte.backend': '{"backend": "webgpu"}' } },
  'asked for': { search: '?backend=webgpu' },
})) {
  test(`a GPU that is ${what} opens its model on its canvas`, () => {
    startEarly(page);
    assert.equal(made.length, 1);
    assert.deepEqual(made[0].posted, []);
  });
}

test('wasm that is asked for comes before a GPU that is remembered', () => {
  const stored = { 'livematte.backend': '{"backend": "webgpu"}' };
  startEarly({ stored, search: '?backend=wasm' });
  assert.equal(made[0].posted.length, 1);
});

test('damaged or forbidden storage is as none', () => {
  startEarly({ stored: { 'livematte.settings': '{"mod', 'livematte.backend': 'null' } });
  startEarly({ forbidden: true });
  assert.deepEqual(
    made.map(({ posted }) => 'model' in posted[0].payload),
    [false, false],
  );
});

test('a browser that is too old is left alone', () => {
  assert.equal(startEarly({ element: {} }), undefined);
  assert.deepEqual(made, []);
});
