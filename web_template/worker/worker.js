/**
 * The worker's entry: listens at once, and begins what takes longest, the runtime's WebAssembly, while
 * the engine is still being fetched. A build makes it one file, so that it runs as soon as it arrives.
 *
 * @typedef {import('../shared/messages.js').PrepareRequest} PrepareRequest
 * @typedef {Map<string, Promise<WebAssembly.Module>>} WasmModules  by URL
 */

import { compileChecked } from './checked-wasm.js';

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
  if (data?.type === 'prepare') beginWasm(data.payload);
  engine.then((started) => started.handle(data)).catch(() => {});
});

/**
 * What goes wrong is wasm.js's to find out and to mend.
 * @param {PrepareRequest} request
 */
function beginWasm({ manifest: { runtime, models, defaultModel }, siteRoot, model, isKept }) {
  const chosen = models.find(({ name }) => name === (model ?? defaultModel));
  const variant = chosen?.variants.find(({ name }) => name === chosen.preferred);
  const { wasm, wasmSha256 } = (variant?.isReduced && runtime.reduced) || runtime;
  const url = new URL(wasm, siteRoot).href;
  const begun = compileChecked(url, wasmSha256, isKept);
  begun.catch(() => {});
  scope.livematteWasm.set(url, begun);
}
