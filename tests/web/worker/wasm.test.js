import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { compileChecked } from '../../../web_template/worker/checked-wasm.js';
import { compileWasm } from '../../../web_template/worker/wasm.js';

const WASM = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const DIGEST = createHash('sha256').update(WASM);
const [wasmSha256, base64] = [DIGEST.copy().digest('hex'), DIGEST.copy().digest('base64')];

/** @type {any} */
const scope = globalThis;
let number = 0;

/** @returns {import('../../../web_template/shared/manifest.js').RuntimeSpec} */
const runtime = () => ({
  module: '',
  glue: '',
  wasm: `https://site.example/${++number}.wasm`,
  wasmBytes: WASM.length,
  wasmSha256,
});

/**
 * A host, and a browser that keeps to `integrity`.
 * @param {import('node:test').TestContext} context
 * @param {(attempt: number) => Response} answer
 */
function host(context, answer) {
  /** @type {any[]} */
  const asked = [];
  context.mock.method(
    globalThis,
    'fetch',
    async (/** @type {string} */ url, /** @type {any} */ options = {}) => {
      asked.push({ url, ...options });
      const response = answer(asked.length);
      const bytes = await response.clone().bytes();
      const digest = createHash('sha256').update(bytes).digest('base64');
      if (options.integrity && options.integrity !== `sha256-${digest}`)
        throw new TypeError('failed');
      return response;
    },
  );
  return asked;
}

const good = () => new Response(WASM, { headers: { 'Content-Type': 'application/wasm' } });

test('it is compiled as it arrives, checked, once', async (context) => {
  const asked = host(context, good);
  const some = runtime();
  const [one, other] = await Promise.all([compileWasm(some), compileWasm(some)]);
  assert.ok(one instanceof WebAssembly.Module);
  assert.equal(one, other);
  assert.deepEqual(asked, [{ url: some.wasm }]);
});

test('without a digest of its own the page leaves the check to the browser', async (context) => {
  const asked = host(context, good);
  context.mock.getter(globalThis, 'crypto', () => ({}));
  const some = runtime();
  assert.ok((await compileWasm(some)) instanceof WebAssembly.Module);
  assert.deepEqual(asked, [{ url: some.wasm, integrity: `sha256-${base64}` }]);
});

test('what the service worker has checked is not hashed again', async (context) => {
  const digest = context.mock.method(crypto.subtle, 'digest');
  const headers = { 'Content-Type': 'application/wasm', 'Livematte-Sha256': wasmSha256 };
  host(context, () => new Response(WASM, { headers }));
  assert.ok((await compileWasm(runtime())) instanceof WebAssembly.Module);
  assert.equal(digest.mock.callCount(), 0);
});

test('of a kept file the browser is asked for its own first, with the code it may have', async (context) => {
  const asked = host(context, good);
  const url = runtime().wasm;
  assert.ok((await compileChecked(url, wasmSha256, true)) instanceof WebAssembly.Module);
  assert.deepEqual(asked, [{ url, cache: 'only-if-cached', mode: 'same-origin' }]);
});

for (const [what, answer] of Object.entries({
  'it is not there': () => new Response('', { status: 504 }),
  'the browser refuses': () => {
    throw new TypeError('Failed to fetch');
  },
})) {
  test(`then for the kept one: ${what}`, async (context) => {
    const asked = host(context, (attempt) => (attempt === 1 ? answer() : good()));
    const url = runtime().wasm;
    assert.ok((await compileChecked(url, wasmSha256, true)) instanceof WebAssembly.Module);
    assert.deepEqual(asked.at(1), { url });
  });
}

test('what it has found to be something else is', async (context) => {
  const headers = { 'Content-Type': 'application/wasm', 'Livematte-Sha256': '00'.repeat(32) };
  host(context, () => new Response(WASM.with(4, 2), { headers }));
  await assert.rejects(compileWasm(runtime()), /sha256 \w{64} instead of/);
});

test('what the entry has begun is taken', async (context) => {
  const asked = host(context, good);
  const some = runtime();
  const begun = new WebAssembly.Module(WASM);
  scope.livematteWasm.set(some.wasm, Promise.resolve(begun));
  assert.equal(await compileWasm(some), begun);
  assert.deepEqual(asked, []);
});

test('a host that does not know the media type is good enough', async (context) => {
  host(context, () => new Response(WASM));
  assert.ok((await compileWasm(runtime())) instanceof WebAssembly.Module);
});

test('damaged bytes in a cache are fetched anew', async (context) => {
  const asked = host(context, (attempt) => (attempt < 3 ? new Response(WASM.with(4, 9)) : good()));
  assert.ok((await compileWasm(runtime())) instanceof WebAssembly.Module);
  assert.deepEqual(
    asked.map(({ cache }) => cache),
    [undefined, 'default', 'reload'],
  );
});

test('damaged ones are never compiled, and asked for again the next time', async (context) => {
  let isDamaged = true;
  host(context, () => (isDamaged ? new Response(WASM.with(4, 2)) : good()));
  const some = runtime();
  await assert.rejects(compileWasm(some), /sha256 \w{64} instead of/);
  isDamaged = false;
  assert.ok((await compileWasm(some)) instanceof WebAssembly.Module);
});

/** A worker's own events, which Node has none of. */
const events = new EventTarget();
scope.addEventListener ??= events.addEventListener.bind(events);
scope.removeEventListener ??= events.removeEventListener.bind(events);

/** A glue as a module of its own. */
const GLUE = `data:text/javascript,${encodeURIComponent(`
  export default ({ numThreads, instantiateWasm }) => new Promise((resolve) => {
    instantiateWasm({}, (instance, module) => resolve({ instance, module, numThreads }));
  });
`)}`;

const hook = async (glue = GLUE) => {
  const url = new URL('../../../web_template/worker/runtime-glue.js', import.meta.url);
  return import(`${url.href}#${encodeURIComponent(glue)}`);
};

test('the glue gets the very module', async (context) => {
  host(context, good);
  const some = runtime();
  const module = compileWasm(some);
  const { default: start } = await hook();
  const started = await start({ numThreads: 2, locateFile: () => some.wasm });
  assert.ok(started.instance instanceof WebAssembly.Instance);
  assert.equal(started.module, await module);
  assert.equal(started.numThreads, 2);
});

test('a module that does not come ends the start', async (context) => {
  host(context, () => new Response('', { status: 404 }));
  const some = runtime();
  compileWasm(some).catch(() => {});
  const { default: start } = await hook();
  await assert.rejects(start({ numThreads: 1, locateFile: () => some.wasm }), /404/);
});

test('a trap where nobody waits for the glue ends the start, another fault does not', async (context) => {
  host(context, good);
  const some = runtime();
  compileWasm(some);
  const { default: start } = await hook(
    'data:text/javascript,export default () => new Promise(() => {});',
  );
  const ended = assert.rejects(start({ numThreads: 1, locateFile: () => some.wasm }), /a trap/);
  const other = Object.assign(new Event('error', { cancelable: true }), { error: new Error('no') });
  events.dispatchEvent(other);
  assert.ok(!other.defaultPrevented);
  const reason = new WebAssembly.RuntimeError('a trap');
  const trap = Object.assign(new Event('unhandledrejection', { cancelable: true }), { reason });
  events.dispatchEvent(trap);
  assert.ok(trap.defaultPrevented, 'the page is not told of it as of an uncaught error');
  await ended;
});
