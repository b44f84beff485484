/**
 * One instance of LiteRT.js with a fixed number of threads, the yardstick of `--tune`. Messages in
 * and out are those of tune.js. A classic worker, served from LiteRT's own folder of wasm files.
 */

/** @type {any} */
let liteRt;
let threads = 1;
/** @type {Map<string, {compiled: any, shape: number[], values: Float32Array}>} */
const loaded = new Map();

const operations = {
  /** @param {{threads: number}} message */
  async start(message) {
    threads = message.threads;
    liteRt = await import(new URL('../dist/index.js', location.href).href);
    await liteRt.loadLiteRt(new URL('.', location.href).href, { threads: threads > 1 });
  },

  /** @param {{model: string}} message */
  async load({ model }) {
    const compiled = await liteRt.loadAndCompile(
      new URL(`../../models/${model}.tflite`, location.href).href,
      { accelerator: 'wasm', cpuOptions: { numThreads: threads } },
    );
    const shape = /** @type {number[]} */ ([...compiled.getInputDetails()[0].shape]);
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < values.length; i++) values[i] = ((i * 7919) % 65536) / 65536;
    loaded.set(model, { compiled, shape, values });
  },

  /** @param {{model: string}} message */
  free({ model }) {
    loaded.get(model)?.compiled.delete();
    loaded.delete(model);
  },

  /**
   * @param {{model: string, repeats: number}} message
   * @returns {Promise<number[]>}  milliseconds of each run: input in, output read back
   */
  async run({ model, repeats }) {
    const entry = loaded.get(model);
    if (!entry) throw new Error(`${model} is not loaded`);
    const ms = [];
    for (let i = 0; i < repeats; i++) {
      const begin = performance.now();
      const input = new liteRt.Tensor(entry.values, entry.shape);
      const [output] = await entry.compiled.run([input]);
      await output.data();
      ms.push(performance.now() - begin);
      input.delete();
      output.delete();
    }
    return ms;
  },
};

// LiteRT's threads are workers made from this very script; those only load its code.
if (self.name === 'em-pthread') {
  // @ts-expect-error the types know of pages only
  importScripts('./litert_wasm_threaded_internal.js');
} else {
  self.onmessage = async ({ data }) => {
    try {
      self.postMessage({ result: await operations[/** @type {'run'} */ (data.op)](data) });
    } catch (error) {
      self.postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
  };
}
