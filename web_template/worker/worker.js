/**
 * The worker's entry: listens at once, and begins what takes longest, the runtime's WebAssembly, while
 * the engine is still being fetched. It imports nothing at its start, so that it runs with the first
 * file that arrives.
 *
 * @typedef {import('../shared/messages.js').PrepareRequest} PrepareRequest
 * @typedef {Map<string, Promise<WebAssembly.Module>>} WasmModules  by URL
 */

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
 * The browser refuses bytes that are not the manifest's; wasm.js finds out what is wrong with them.
 * @param {PrepareRequest} request
 */
function beginWasm({ manifest: { runtime }, siteRoot }) {
  const url = new URL(runtime.wasm, siteRoot).href;
  try {
    const bytes = runtime.wasmSha256.match(/../g)?.map((hex) => Number.parseInt(hex, 16)) ?? [];
    const integrity = `sha256-${btoa(String.fromCharCode(...bytes))}`;
    const begun = WebAssembly.compileStreaming(fetch(url, { integrity }));
    begun.catch(() => {});
    scope.livematteWasm.set(url, begun);
  } catch {
    // A browser that cannot compile while it loads; whatever else is wrong shows again.
  }
}
