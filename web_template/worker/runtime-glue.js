/**
 * Stands between onnxruntime-web and its own glue, so that the module which wasm.js has checked and
 * compiled is the one that runs: by itself the glue would fetch the WebAssembly again, unchecked. The
 * glue's URL is this one's fragment.
 *
 * @typedef {{locateFile: (name: string) => string, numThreads: number}} GlueConfig
 * @typedef {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} Received
 */

/** @typedef {{reason?: unknown, error?: unknown, preventDefault: () => void}} Fault */
const scope = /** @type {{livematteWasm?: import('./worker.js').WasmModules} & Record<
  'addEventListener' | 'removeEventListener', (type: string, listener: (fault: any) => void) => void>} */ (
  /** @type {unknown} */ (globalThis)
);
const { default: startGlue } = await import(
  decodeURIComponent(new URL(import.meta.url).hash.slice(1))
);

/**
 * @param {GlueConfig} config
 * @returns {Promise<unknown>} the runtime's interface
 */
export default function start(config) {
  const compiling = scope.livematteWasm?.get(config.locateFile(''));
  if (!compiling) throw new Error('the WebAssembly has not been asked for');
  // Threads start meanwhile. The glue itself never hears of a module that does not come.
  return new Promise((resolve, reject) => {
    compiling.catch(reject);
    /** @type {(imports: WebAssembly.Imports, received: Received) => object} */
    const instantiateWasm = (imports, received) => {
      compiling
        .then(async (module) => received(await WebAssembly.instantiate(module, imports), module))
        .catch(reject);
      return {};
    };
    untilSettled(startGlue({ ...config, instantiateWasm }), reject).then(resolve, reject);
  });
}

/**
 * The glue calls the first function when its threads are there, where nobody waits for it: that it
 * traps is heard of here.
 * @param {Promise<unknown>} started
 * @param {(reason: unknown) => void} onTrap
 */
async function untilSettled(started, onTrap) {
  /** @param {Fault} fault */
  const hear = (fault) => {
    const reason = fault.reason ?? fault.error;
    if (!(reason instanceof WebAssembly.RuntimeError)) return;
    fault.preventDefault();
    onTrap(reason);
  };
  const events = ['unhandledrejection', 'error'];
  for (const each of events) scope.addEventListener(each, hear);
  try {
    return await started;
  } finally {
    for (const each of events) scope.removeEventListener(each, hear);
  }
}
