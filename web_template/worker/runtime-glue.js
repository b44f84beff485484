/**
 * Stands between onnxruntime-web and its own glue, so that the module which wasm.js has checked and
 * compiled is the one that runs: by itself the glue would fetch the WebAssembly again, unchecked. The
 * glue's URL is this one's fragment.
 *
 * @typedef {{locateFile: (name: string) => string, numThreads: number}} GlueConfig
 * @typedef {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} Received
 */

const scope = /** @type {{livematteWasm?: import('./worker.js').WasmModules}} */ (globalThis);
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
    startGlue({ ...config, instantiateWasm }).then(resolve, reject);
  });
}
