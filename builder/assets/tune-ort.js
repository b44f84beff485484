/**
 * One instance of onnxruntime-web with a fixed number of threads; runs models and takes the time.
 * Messages in and out are those of tune.js.
 */

/** @type {any} */
let ort;
/** @type {Map<string, {session: any, feeds: Record<string, any>}>} */
const loaded = new Map();
/** Of a runtime that marks what it calls. @type {WebAssembly.Memory | null} */
let memory = null;

const PAGE_BYTES = 65536;

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ result: await operations[/** @type {'run'} */ (data.op)](data) });
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};

const operations = {
  /** @param {{threads: number, memoryBytes?: number}} message  bytes: that the memory begins with */
  async start({ threads, memoryBytes }) {
    if (memoryBytes) keepMemory(memoryBytes / PAGE_BYTES);
    ort = await import(new URL('./ort/ort.wasm.min.mjs', location.href).href);
    if (threads > 1 && !self.crossOriginIsolated) throw new Error('the page is not isolated');
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = new URL('./ort/', location.href).href;
    ort.env.logLevel = 'error';
  },

  /** @param {{model: string, isOptimized?: boolean}} message  optimised: it runs as it is written */
  async load({ model, isOptimized }) {
    const response = await fetch(`./models/${model}.onnx`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: isOptimized ? 'disabled' : 'all',
    });
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

  /**
   * @param {{base: number, count: number}} message
   * @returns {number[]}  which of the bytes from the base on are marked
   */
  marks({ base, count }) {
    if (!memory) throw new Error('nothing is marked');
    const bytes = new Uint8Array(memory.buffer, base, count);
    return Array.from(bytes.keys()).filter((i) => bytes[i] !== 0);
  },
};

/**
 * Lets the runtime's memory begin larger than it asks for, and keeps it.
 * @param {number} initial  pages
 */
function keepMemory(initial) {
  WebAssembly.Memory = class extends WebAssembly.Memory {
    /** @param {WebAssembly.MemoryDescriptor} descriptor */
    constructor(descriptor) {
      super({ ...descriptor, initial });
      memory = this;
    }
  };
}

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
