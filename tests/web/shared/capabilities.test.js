import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  capabilities,
  detectCapabilities,
  threadCount,
} from '../../../web_template/shared/capabilities.js';

/** With JavaScript Promise Integration, whatever this Node has. */
const wasm = {
  Module: WebAssembly.Module,
  validate: WebAssembly.validate,
  Suspending: class {},
  promising() {},
};

/** A browser that can everything. @param {object} [changes] */
const browser = (changes = {}) => ({
  crossOriginIsolated: true,
  SharedArrayBuffer,
  navigator: { hardwareConcurrency: 8, gpu: {} },
  isSecureContext: true,
  WebAssembly: wasm,
  VideoFrame: class {},
  MediaStreamTrackProcessor: class {},
  HTMLVideoElement: { prototype: { requestVideoFrameCallback() {} } },
  HTMLCanvasElement: { prototype: { transferControlToOffscreen() {} } },
  OffscreenCanvas: class {},
  ...changes,
});

test('a browser that can everything', () => {
  assert.deepEqual(detectCapabilities(browser()), {
    isolated: true,
    processors: 8,
    wasm: true,
    wasmSimd: true,
    jspi: true,
    webgpu: true,
    secureContext: true,
    videoFrame: true,
    trackProcessor: true,
    videoFrameCallback: true,
    offscreenCanvas: true,
  });
});

test('an empty scope can nothing, and nothing throws', () => {
  const caps = detectCapabilities({});
  assert.deepEqual(
    Object.entries(caps).filter(([, value]) => value),
    [['processors', 1]],
  );
});

test('a policy that forbids to compile is seen', () => {
  const blocked = {
    validate: WebAssembly.validate,
    Module: class {
      constructor() {
        throw new WebAssembly.CompileError('blocked by Content Security Policy');
      }
    },
  };
  const caps = detectCapabilities(browser({ WebAssembly: blocked }));
  assert.deepEqual([caps.wasm, caps.wasmSimd], [false, true]);
});

test('a runtime without SIMD is seen', () => {
  const old = { Module: WebAssembly.Module, validate: () => false };
  assert.equal(detectCapabilities(browser({ WebAssembly: old })).wasmSimd, false);
});

test('isolation without SharedArrayBuffer is none', () => {
  const { SharedArrayBuffer: _, ...without } = browser();
  assert.equal(detectCapabilities(without).isolated, false);
});

test('a worker has no canvas element to ask', () => {
  const { HTMLCanvasElement: _, ...worker } = browser();
  assert.equal(detectCapabilities(worker).offscreenCanvas, true);
  const old = browser({ HTMLCanvasElement: { prototype: {} } });
  assert.equal(detectCapabilities(old).offscreenCanvas, false);
});

test('looked at once, frozen', () => {
  assert.equal(capabilities(), capabilities());
  assert.ok(Object.isFrozen(capabilities()));
});

test('threads: at most four, never more than processors, one without isolation', () => {
  const caps = detectCapabilities(browser());
  assert.equal(threadCount(caps), 4);
  assert.equal(threadCount({ ...caps, processors: 2 }), 2);
  assert.equal(threadCount({ ...caps, isolated: false }), 1);
  assert.equal(threadCount({ ...caps, isolated: false }, 4), 1);
  assert.equal(threadCount(caps, 6), 6);
  assert.equal(threadCount(caps, 100), 8);
  assert.equal(threadCount(caps, 0), 1);
  assert.equal(threadCount(caps, 2.7), 2);
});
