/**
 * The worker's entry: listens at once, and begins what takes longest, the runtime, while the engine is
 * still being fetched. A build makes it one file, so that it runs as soon as it arrives.
 *
 * @typedef {import('../shared/messages.js').PrepareRequest} PrepareRequest
 * @typedef {Map<string, Promise<WebAssembly.Module>>} WasmModules  by URL
 */

import { capabilities, threadCount } from '../shared/capabilities.js';
import { modelSpec, runtimeFor, runtimeSpec } from '../shared/manifest.js';
import { compileChecked } from './checked-wasm.js';
import { glueUrl, moduleUrl } from './runtime-urls.js';

// The DOM's types, which the page needs, know no worker scope.
const scope =
  /** @type {{addEventListener: (type: 'message', listener: (event: MessageEvent) => void) => void,
  setTimeout: (task: () => void) => void, livematteWasm: WasmModules}} */ (
    /** @type {unknown} */ (globalThis)
  );

/** Shared with wasm.js and runtime-glue.js, which are files of their own. */
scope.livematteWasm = new Map();

const engine = import('./main.js').then((main) => main.engine);
engine.catch((error) => {
  scope.setTimeout(() => {
    throw error; // as a module that cannot be loaded: the page hears of it
  });
});

scope.addEventListener('message', ({ data }) => {
  if (data?.type === 'prepare') {
    try {
      begin(data.payload);
    } catch {} // a model that there is not: the engine finds the same, and tells
  }
  engine.then((started) => started.handle(data)).catch(() => {});
});

/**
 * What goes wrong here is found again, and told, by those who need it.
 * @param {PrepareRequest} request
 */
function begin({ manifest, siteRoot, model, isKept }) {
  const root = new URL(siteRoot);
  const runtime = runtimeFor(runtimeSpec(manifest, root), modelSpec(manifest, root, model));
  const compiling = compileChecked(runtime.wasm, runtime.wasmSha256, isKept);
  compiling.catch(() => {});
  scope.livematteWasm.set(runtime.wasm, compiling);
  import(moduleUrl(runtime, threadCount(capabilities()))).catch(() => {});
  import(glueUrl(runtime)).catch(() => {});
}
