/**
 * The build's own description of itself (`manifest.json`), as far as the engine reads it.
 *
 * @typedef {object} Variant
 * @property {string} name      fp32, fp16, optimized, int8-weights, fp16-compute or int8
 * @property {string} file      relative to the site's root
 * @property {number} bytes
 * @property {string} sha256    hex
 * @property {number} maxAbsDiff   against fp32
 * @property {number} meanAbsDiff
 * @property {number} iou
 * @property {string[]} [backends]  that run it well
 * @property {string[]} [needs]     features that the GPU must have for it
 * @property {boolean} [isOptimized]  by the runtime, when it was built
 * @property {boolean} [isReduced]  the reduced runtime has all that it calls
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {{en: string, zh: string}} title
 * @property {string} licence
 * @property {string} homepage
 * @property {number} width      of the model's input, pixels
 * @property {number} height
 * @property {number} threshold  the alpha above which a pixel counts as person, 0..1
 * @property {[lo: number, hi: number] | null} ramp  alpha up to lo becomes 0, from hi on 1, a smoothstep between
 * @property {{file: string, bytes: number, sha256: string} | null} [golden]  a picture, uint8
 *   [3, height, width] RGB, and its alpha, uint8 [height, width]
 * @property {string} preferred  name of the variant to use on wasm
 * @property {{[backend: string]: string[]}} [prefer]  names of variants by backend, the best first
 * @property {Variant[]} variants
 *
 * @typedef {object} WasmFile
 * @property {string} wasm
 * @property {number} wasmBytes
 * @property {string} wasmSha256  hex
 *
 * @typedef {object} Loaders
 * @property {string} module  the runtime's ES module
 * @property {string} glue    the WebAssembly module's loader
 * @typedef {Loaders & WasmFile} RuntimeFiles
 * @typedef {RuntimeFiles & {package: string, version: string, reduced?: WasmFile | null}} Runtime
 *   reduced: with the functions only that some variants call
 * @typedef {'jspi' | 'asyncify'} GpuBuild  how WebAssembly waits for the GPU: by JavaScript Promise
 *   Integration, or by code of its own, which any browser runs but which is half as large again
 *
 * @typedef {object} Manifest
 * @property {number} schema
 * @property {string} livematte
 * @property {string} fingerprint
 * @property {string} defaultModel
 * @property {string} engine
 * @property {Model[]} models
 * @property {Runtime} runtime  the plain wasm build
 * @property {{webgpu?: {[build in GpuBuild]?: RuntimeFiles}}} [runtimes]  builds with other backends
 * @property {{file: string, poster: string, width: number, height: number, frameRate: number}} [demo]
 *
 * @typedef {object} FileSpec
 * @property {string} url
 * @property {string} sha256  hex
 * @property {number} bytes
 *
 * @typedef {object} ModelSpec  everything that the worker needs to run one model
 * @property {string} name
 * @property {string} variant
 * @property {string} url
 * @property {string} sha256
 * @property {number} bytes
 * @property {number} width
 * @property {number} height
 * @property {number} threshold
 * @property {[lo: number, hi: number] | null} ramp
 * @property {boolean} [isOptimized]  the runtime runs it as it is written
 * @property {boolean} [isReduced]  the reduced runtime has all that it calls
 * @property {FileSpec | null} [golden]  what its backend is proved on
 * @property {ModelSpec} [spare]  another variant, where this one asks something special of the GPU:
 *   it takes over where this one does not answer the golden frame there
 * @property {ModelSpec[]} [choices]  the choice is automatic: these may run instead
 * @property {Blob} [file]  the model itself, a visitor's own: nothing is fetched
 *
 * @typedef {object} Device  what runs a model
 * @property {string} [backend]  wasm where it is left out
 * @property {Iterable<string>} [features]  of its GPU
 *
 * @typedef {RuntimeFiles & {reduced?: WasmFile | null, isReduced?: boolean}} RuntimeSpec  with
 *   absolute URLs; isReduced: its wasm is the reduced one
 */

import { MatteError } from './errors.js';

const SCHEMA = 1;

/**
 * @param {URL} siteRoot
 * @param {{signal?: AbortSignal, fetch?: typeof globalThis.fetch}} [options]
 * @returns {Promise<Manifest>}
 */
export async function fetchManifest(siteRoot, { signal, fetch = globalThis.fetch } = {}) {
  const url = new URL('manifest.json', siteRoot);
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return checkManifest(await response.json());
  } catch (error) {
    signal?.throwIfAborted();
    throw MatteError.from(error, 'model-unavailable', `cannot read ${url.href}`);
  }
}

/**
 * @param {Manifest} manifest
 * @returns {Manifest} the same object
 * @throws {MatteError} 'model-unavailable'
 */
export function checkManifest(manifest) {
  if (manifest?.schema !== SCHEMA) {
    throw new MatteError(
      'model-unavailable',
      `manifest schema ${manifest?.schema}, expected ${SCHEMA}: build the site again`,
    );
  }
  if (!manifest.models?.length || !manifest.runtime) {
    throw new MatteError('model-unavailable', 'the manifest has no model or no runtime');
  }
  return manifest;
}

/**
 * @param {Manifest} manifest
 * @param {URL} siteRoot
 * @param {string} [name]  a model of the manifest; the default one otherwise
 * @param {Device} [device]  what is to run it; wasm otherwise
 * @returns {ModelSpec}
 */
export function modelSpec(manifest, siteRoot, name = manifest.defaultModel, device = {}) {
  const model = manifest.models.find((candidate) => candidate.name === name);
  if (!model) {
    const known = manifest.models.map((candidate) => candidate.name).join(', ');
    throw new MatteError('model-unavailable', `no model named ${name} here: use one of ${known}`);
  }
  const [variant, ...others] = variantsFor(model, device);
  if (!variant) throw new MatteError('model-unavailable', `model ${name} has no variant`);
  const spec = specOf(model, variant, siteRoot);
  const spare = variant.needs?.length ? others.find(({ needs }) => !needs?.length) : undefined;
  return spare ? { ...spec, spare: specOf(model, spare, siteRoot) } : spec;
}

/**
 * @param {Model} model
 * @param {Variant} variant
 * @param {URL} siteRoot
 * @returns {ModelSpec}
 */
function specOf(model, variant, siteRoot) {
  return {
    name: model.name,
    variant: variant.name,
    url: new URL(variant.file, siteRoot).href,
    sha256: variant.sha256,
    bytes: variant.bytes,
    width: model.width,
    height: model.height,
    threshold: model.threshold,
    ramp: model.ramp ?? null,
    isOptimized: variant.isOptimized ?? false,
    isReduced: variant.isReduced ?? false,
    golden: fileSpec(model.golden, siteRoot),
  };
}

/**
 * @param {Model} model
 * @param {Device} device
 * @returns {Variant[]} those that run there, the best first
 */
function variantsFor(model, { backend = 'wasm', features = [] }) {
  const has = new Set(features);
  const order = [...(model.prefer?.[backend] ?? []), model.preferred];
  const found = order.map((name) => model.variants.find((each) => each.name === name));
  const usable = found.filter((each) => each?.needs?.every((need) => has.has(need)) ?? each);
  return usable.length > 0 ? /** @type {Variant[]} */ (usable) : model.variants.slice(0, 1);
}

/**
 * What an automatic choice is made among: the default model and its relatives, which have its page
 * in common. They differ in shape and size only.
 * @param {Manifest} manifest
 * @returns {string[]} names
 */
export function automaticModels({ models, defaultModel }) {
  const home = models.find(({ name }) => name === defaultModel)?.homepage;
  return models
    .filter(({ name, homepage }) => name === defaultModel || (home && homepage === home))
    .map(({ name }) => name);
}

/**
 * The default model to begin with, and what may take its place.
 * @param {Manifest} manifest
 * @param {URL} siteRoot
 * @param {Device} [device]
 * @returns {ModelSpec}
 */
export function automaticSpec(manifest, siteRoot, device) {
  /** @param {string} [name] */
  const spec = (name) => modelSpec(manifest, siteRoot, name, device);
  return { ...spec(), choices: automaticModels(manifest).map((name) => spec(name)) };
}

/**
 * @param {Model['golden']} file
 * @param {URL} siteRoot
 * @returns {FileSpec | null}
 */
function fileSpec(file, siteRoot) {
  if (!file) return null;
  return { url: new URL(file.file, siteRoot).href, sha256: file.sha256, bytes: file.bytes };
}

/**
 * @param {Manifest} manifest
 * @param {URL} siteRoot
 * @returns {RuntimeSpec}
 */
export function runtimeSpec({ runtime }, siteRoot) {
  const { reduced } = runtime;
  return {
    ...absolute(runtime, siteRoot),
    reduced: reduced ? absoluteWasm(reduced, siteRoot) : null,
  };
}

/**
 * @param {RuntimeSpec} runtime
 * @param {ModelSpec} model
 * @returns {RuntimeSpec} what is to run the model: the reduced module where it will do
 */
export function runtimeFor({ reduced, ...whole }, { isReduced }) {
  return reduced && isReduced ? { ...whole, ...reduced, isReduced } : whole;
}

/**
 * The runtime's build with WebGPU: the one that the browser's own suspending allows for, or the one
 * that needs none.
 * @param {Manifest} manifest
 * @param {URL} siteRoot
 * @param {boolean} hasJspi  the browser has JavaScript Promise Integration
 * @returns {RuntimeSpec | null} null where the site has none for this browser
 */
export function gpuRuntimeSpec(manifest, siteRoot, hasJspi) {
  const { jspi, asyncify } = manifest.runtimes?.webgpu ?? {};
  const files = hasJspi && jspi ? jspi : asyncify;
  return files ? absolute(files, siteRoot) : null;
}

/**
 * @param {RuntimeFiles} files
 * @param {URL} siteRoot
 * @returns {RuntimeFiles}
 */
function absolute({ module, glue, ...files }, siteRoot) {
  return {
    module: new URL(module, siteRoot).href,
    glue: new URL(glue, siteRoot).href,
    ...absoluteWasm(files, siteRoot),
  };
}

/**
 * @param {WasmFile} file
 * @param {URL} siteRoot
 * @returns {WasmFile}
 */
function absoluteWasm({ wasm, wasmBytes, wasmSha256 }, siteRoot) {
  return { wasm: new URL(wasm, siteRoot).href, wasmBytes, wasmSha256 };
}
