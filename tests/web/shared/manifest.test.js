import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  automaticModels,
  automaticSpec,
  checkManifest,
  fetchManifest,
  gpuRuntimeSpec,
  modelSpec,
  runtimeSpec,
} from '../../../web_template/shared/manifest.js';

const ROOT = new URL('https://host.example/some/where/');

/** @returns {any} */
const manifest = () => ({
  schema: 1,
  defaultModel: 'wide',
  models: [
    {
      name: 'wide',
      width: 256,
      height: 144,
      threshold: 0.5,
      ramp: [0.2, 0.8],
      preferred: 'fp16',
      variants: [
        { name: 'fp32', file: 'models/wide.fp32.onnx', bytes: 4, sha256: 'a' },
        { name: 'fp16', file: 'models/wide.fp16.onnx', bytes: 2, sha256: 'b' },
      ],
    },
    {
      name: 'square',
      width: 256,
      height: 256,
      threshold: 0.4,
      preferred: 'int8',
      variants: [{ name: 'fp32', file: 'models/square.onnx', bytes: 4, sha256: 'c' }],
    },
  ],
  runtime: {
    module: 'runtime/ort.mjs',
    glue: 'runtime/glue.mjs',
    wasm: 'runtime/ort.wasm',
    wasmBytes: 9,
    wasmSha256: 'ab',
  },
});

test('the default model, its preferred variant, below the root', () => {
  assert.deepEqual(modelSpec(manifest(), ROOT), {
    name: 'wide',
    variant: 'fp16',
    url: 'https://host.example/some/where/models/wide.fp16.onnx',
    sha256: 'b',
    bytes: 2,
    width: 256,
    height: 144,
    threshold: 0.5,
    ramp: [0.2, 0.8],
    isOptimized: false,
    isReduced: false,
    golden: null,
  });
});

test('the golden frame of a model, below the root', () => {
  const { models, ...rest } = manifest();
  const file = { file: 'models/wide.golden.bin', bytes: 8, sha256: 'ab' };
  const golden = models.map((/** @type {object} */ model) => ({ ...model, golden: file }));
  assert.deepEqual(modelSpec({ ...rest, models: golden }, ROOT).golden, {
    url: 'https://host.example/some/where/models/wide.golden.bin',
    bytes: 8,
    sha256: 'ab',
  });
});

test('a preferred variant that is not shipped: the first one; no ramp is null', () => {
  const { variant, ramp } = modelSpec(manifest(), ROOT, 'square');
  assert.deepEqual([variant, ramp], ['fp32', null]);
});

test('an unknown model names those that are there', () => {
  assert.throws(() => modelSpec(manifest(), ROOT, 'tall'), {
    code: 'model-unavailable',
    message: /tall.*wide, square/,
  });
});

test('an automatic choice: the default model first, and its relatives', () => {
  const whole = manifest();
  const first = { ...whole.models[0], homepage: 'https://home.example/' };
  const sibling = { ...first, name: 'sibling' };
  const stranger = { ...first, name: 'stranger', homepage: 'https://other.example/' };
  whole.models = [stranger, sibling, first];
  whole.defaultModel = first.name;
  assert.deepEqual(automaticModels(whole), ['sibling', first.name]);
  const { choices, ...spec } = automaticSpec(whole, ROOT);
  assert.deepEqual(spec, modelSpec(whole, ROOT));
  assert.deepEqual(
    choices?.map(({ name }) => name),
    ['sibling', first.name],
  );
});

test('a model without a page of its own has no relatives', () => {
  const whole = manifest();
  whole.models = [
    { ...whole.models[0], homepage: '' },
    { ...whole.models[0], name: 'other', homepage: '' },
  ];
  assert.deepEqual(automaticModels(whole), [whole.defaultModel]);
});

test('the runtime below the root', () => {
  assert.deepEqual(runtimeSpec(manifest(), ROOT), {
    module: 'https://host.example/some/where/runtime/ort.mjs',
    glue: 'https://host.example/some/where/runtime/glue.mjs',
    wasm: 'https://host.example/some/where/runtime/ort.wasm',
    wasmBytes: 9,
    wasmSha256: 'ab',
    reduced: null,
  });
});

test('its reduced module is below the root, too', () => {
  const { runtime, ...rest } = manifest();
  const reduced = { wasm: 'runtime/ort.reduced.wasm', wasmBytes: 4, wasmSha256: 'cd' };
  assert.deepEqual(runtimeSpec({ ...rest, runtime: { ...runtime, reduced } }, ROOT).reduced, {
    wasm: 'https://host.example/some/where/runtime/ort.reduced.wasm',
    wasmBytes: 4,
    wasmSha256: 'cd',
  });
});

/** @param {string} name */
const build = (name) => ({
  module: `${name}/m.mjs`,
  glue: `${name}/g.mjs`,
  wasm: `${name}/w.wasm`,
  wasmBytes: 7,
  wasmSha256: 'ab',
});

for (const [shipped, hasJspi, expected] of /** @type {[string[], boolean, string][]} */ ([
  [['jspi', 'asyncify'], true, 'jspi'],
  [['jspi', 'asyncify'], false, 'asyncify'],
  [['asyncify'], true, 'asyncify'],
])) {
  test(`the WebGPU runtime, ${shipped}, ${hasJspi ? 'with' : 'without'} JSPI`, () => {
    const webgpu = Object.fromEntries(shipped.map((name) => [name, build(name)]));
    assert.deepEqual(gpuRuntimeSpec({ ...manifest(), runtimes: { webgpu } }, ROOT, hasJspi), {
      module: `https://host.example/some/where/${expected}/m.mjs`,
      glue: `https://host.example/some/where/${expected}/g.mjs`,
      wasm: `https://host.example/some/where/${expected}/w.wasm`,
      wasmBytes: 7,
      wasmSha256: 'ab',
    });
  });
}

test('no WebGPU runtime for this browser: null', () => {
  const webgpu = { jspi: build('jspi') };
  assert.equal(gpuRuntimeSpec({ ...manifest(), runtimes: { webgpu } }, ROOT, false), null);
  assert.equal(gpuRuntimeSpec(manifest(), ROOT, true), null);
});

for (const [what, broken] of /** @type {[string, object | null][]} */ ([
  ['nothing', null],
  ['another schema', { ...manifest(), schema: 2 }],
  ['no models', { ...manifest(), models: [] }],
  ['no runtime', { ...manifest(), runtime: undefined }],
])) {
  test(`${what} is refused`, () => {
    assert.throws(() => checkManifest(/** @type {any} */ (broken)), { code: 'model-unavailable' });
  });
}

test('it is fetched from the root', async () => {
  /** @type {string[]} */
  const urls = [];
  const fetch = async (/** @type {any} */ url) => {
    urls.push(String(url));
    return Response.json(manifest());
  };
  assert.equal((await fetchManifest(ROOT, { fetch })).defaultModel, 'wide');
  assert.deepEqual(urls, ['https://host.example/some/where/manifest.json']);
});

test('one that is missing, or no JSON, says so', async () => {
  const missing = async () => new Response('', { status: 404 });
  await assert.rejects(fetchManifest(ROOT, { fetch: missing }), {
    code: 'model-unavailable',
    detail: /404/,
  });
  const page = async () => new Response('<!doctype html>');
  await assert.rejects(fetchManifest(ROOT, { fetch: page }), { code: 'model-unavailable' });
});

test('a signal gives up with its own reason', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const fetch = async () => {
    throw new Error('aborted');
  };
  await assert.rejects(fetchManifest(ROOT, { signal, fetch }), /enough/);
});

test('the variant for a backend, and for what its GPU can do', () => {
  const found = manifest();
  found.models[0].prefer = { wasm: ['fp32', 'fp16'], webgpu: ['half', 'fp16'] };
  found.models[0].variants.push({ name: 'half', file: 'h.onnx', needs: ['shader-f16'] });
  /** @param {object} [device] */
  const variant = (device) => modelSpec(found, ROOT, 'wide', device).variant;
  assert.equal(variant(), 'fp32');
  assert.equal(variant({ backend: 'webgpu' }), 'fp16');
  assert.equal(variant({ backend: 'webgpu', features: ['shader-f16'] }), 'half');
  assert.equal(variant({ backend: 'other' }), 'fp16');
});

test('what the runtime has optimised already is told so', () => {
  const found = manifest();
  found.models[0].prefer = { wasm: ['ready', 'fp16'] };
  found.models[0].variants.push({ name: 'ready', file: 'r.onnx', isOptimized: true });
  assert.equal(modelSpec(found, ROOT).isOptimized, true);
});

test('a variant that asks something of the GPU has one that stands in for it, and no other has', () => {
  const found = manifest();
  found.models[0].prefer = { webgpu: ['half', 'other', 'fp16', 'fp32'] };
  found.models[0].variants.push({ name: 'half', file: 'h.onnx', needs: ['shader-f16'] });
  found.models[0].variants.push({ name: 'other', file: 'o.onnx', needs: ['shader-f16'] });
  /** @param {string[]} features */
  const spare = (features) =>
    modelSpec(found, ROOT, 'wide', { backend: 'webgpu', features }).spare?.variant;
  assert.equal(spare(['shader-f16']), 'fp16');
  assert.equal(spare([]), undefined);
  const [choice] =
    automaticSpec(found, ROOT, { backend: 'webgpu', features: ['shader-f16'] }).choices ?? [];
  assert.equal(choice.spare?.variant, 'fp16');
});
