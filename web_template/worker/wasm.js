/**
 * The runtime's WebAssembly: fetched, checked against the manifest, compiled while it arrives, once.
 *
 * @typedef {import('../shared/manifest.js').RuntimeSpec} RuntimeSpec
 * @typedef {import('./worker.js').WasmModules} WasmModules
 */

import { compileChecked } from './checked-wasm.js';
import { fetchFile } from './model-fetch.js';

const scope = /** @type {{livematteWasm?: WasmModules}} */ (globalThis);
/** What worker.js has begun, and what runtime-glue.js takes. */
scope.livematteWasm ??= new Map();
const shared = scope.livematteWasm;

/** Those that `compileWasm` has answered for. @type {WasmModules} */
const modules = new Map();

/**
 * @param {RuntimeSpec} runtime
 * @returns {Promise<WebAssembly.Module>} refused where its bytes are not the manifest's
 */
export function compileWasm(runtime) {
  const known = modules.get(runtime.wasm);
  if (known) return known;
  const begun = shared.get(runtime.wasm) ?? compileChecked(runtime.wasm, runtime.wasmSha256);
  const module = begun.catch(() => compileBytes(runtime));
  modules.set(runtime.wasm, module);
  shared.set(runtime.wasm, module);
  module.catch(() => {
    modules.delete(runtime.wasm);
    shared.delete(runtime.wasm);
  });
  return module;
}

/**
 * The slow way: tells what is wrong with the bytes, gets damaged ones anew, and does without the
 * media type that some hosts do not know.
 * @param {RuntimeSpec} runtime
 */
async function compileBytes({ wasm: url, wasmBytes: bytes, wasmSha256: sha256 }) {
  return WebAssembly.compile(await fetchFile({ url, bytes, sha256 }));
}
