/**
 * One instance of onnxruntime-web with a fixed number of threads; runs models and takes the time.
 * Messages in and out are those of tune.js.
 */

/** @type {any} */
let ort;
/** @type {Map<string, {session: any, feeds: Record<string, any>}>} */
const loaded = new Map();

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ result: await operations[/** @type {'run'} */ (data.op)](data) });
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};

const operations = {
  /** @param {{threads: number}} message */
  async start({ threads }) {
    ort = await import(new URL('./ort/ort.wasm.min.mjs', location.href).href);
    if (threads > 1 && !self.crossOriginIsolated) throw new Error('the page is not isolated');
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = new URL('./ort/', location.href).href;
    ort.env.logLevel = 'error';
  },

  /** @param {{model: string}} message */
  async load({ model }) {
    const response = await fetch(`./models/${model}.onnx`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
    const feeds = Object.fromEntries(
      session.inputMetadata.map((/** @type {any} */ { name, shape }) => [name, noise(shape)]),
    );
    loaded.set(model, { session, feeds });
  },

  /** @param {{model: string}} message */
  async free({ model }) {
    await loaded.get(model)?.session.release();
    loaded.delete(model);
  },

  /**
   * @param {{model: string, repeats: number}} message
   * @returns {Promise<number[]>}  milliseconds of each run: feeds in, outputs read back
   */
  async run({ model, repeats }) {
    const entry = loaded.get(model);
    if (!entry) throw new Error(`${model} is not loaded`);
    const ms = [];
    for (let i = 0; i < repeats; i++) {
      const begin = performance.now();
      const outputs = await entry.session.run(entry.feeds);
      ms.push(performance.now() - begin);
      for (const tensor of Object.values(outputs)) /** @type {any} */ (tensor).dispose();
    }
    return ms;
  },
};

/**
 * A tensor of numbers 0..1 that look random: zeros alone would make no denormal and no branch.
 * @param {number[]} shape
 */
function noise(shape) {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 32;
  }
  return new ort.Tensor('float32', values, shape);
}
