/**
 * A browser for the page's end of the engine: its workers run the real engine, with a model, a GPU
 * and compositors for tests. To be imported before the engine looks at what the browser can.
 */

import { MatteError } from '../../web_template/shared/errors.js';
import { createMockCompositor } from '../../web_template/worker/compositor/mock.js';
import { Engine } from '../../web_template/worker/engine.js';
import { openCpuWay } from '../../web_template/worker/ways/cpu-way.js';
import { FakeFrame } from './fakes.js';

/** Those that were started. @type {FakeWorker[]} */
export const workers = [];
/** What the next worker meets with. */
export const world = {
  webgl: true,
  model: true,
  dies: false,
  /** @type {import('../../web_template/worker/webgpu/device.js').GpuAnswer} */
  gpu: { reason: 'no-webgpu', isSoftware: false, hasF16: false, name: '' },
  /** Whether a model can be started on the GPU. @type {MatteError | null} */
  gpuFault: null,
  gpuHangs: false,
  /** What models answer on the GPU. */
  gpuAlpha: 0.5,
  choice: /** @type {string | undefined} */ (undefined),
};

/**
 * @param {() => number} alpha  what models answer
 * @returns {import('../../web_template/worker/ways/cpu-way.js').CpuMakers}
 */
const makersWith = (alpha) => ({
  createSegmenter: async ({ model, threads }) => {
    if (!world.model) throw new Error('HTTP status 404');
    return {
      model,
      threads,
      isRecurrent: false,
      input: new Float32Array(3 * model.width * model.height),
      run: async () => new Float32Array(model.width * model.height).fill(alpha()),
      reset: () => {},
      dispose: async () => {},
    };
  },
  createFrameSampler: () => ({ way: 'fake', times: {}, sample: async () => {}, dispose() {} }),
});

/** A worker whose other side is the real engine, with a model and a compositor for tests. */
export class FakeWorker extends EventTarget {
  isTerminated = false;
  isAttached = false;
  #engine = new Engine({
    post: (data) => this.#toPage(data),
    askGpu: async () => world.gpu,
    openGpu: async () => {
      if (world.gpuHangs) await new Promise(() => {});
      if (!world.gpu.reason) return this.#openGpu();
      throw new MatteError('gpu-unavailable', 'no GPU', world.gpu.reason);
    },
    createCompositor: (options) => {
      world.choice = options.choice;
      if (!world.webgl) throw new Error('no WebGL2');
      this.compositor = createMockCompositor(options);
      return this.compositor;
    },
    openWay: (options) =>
      openCpuWay(
        options,
        makersWith(() => 0.5),
      ),
  });
  /** @type {ReturnType<typeof createMockCompositor> | null} */
  compositor = null;

  /** @param {URL} url @param {WorkerOptions} options */
  constructor(url, options) {
    super();
    this.url = url;
    this.options = options;
    workers.push(this);
  }
  /** What it was asked, in order. @type {any[]} */
  messages = [];
  /** @param {string} type @returns {any[]} what these requests carried */
  asked(type) {
    return this.messages.filter((each) => each.type === type).map(({ payload }) => payload);
  }
  /** @param {any} message */
  postMessage(message) {
    this.isAttached ||= message.type === 'attach';
    this.messages.push(message);
    if (!world.dies) queueMicrotask(() => this.#engine.handle(message));
    else
      queueMicrotask(() => this.dispatchEvent(Object.assign(new Event('error'), { message: 'x' })));
  }
  /** The device is lost. */
  loseGpu = () => {};

  /** @returns {any} */
  #openGpu() {
    const failed = new Promise((resolve) => {
      this.loseGpu = () => resolve(new MatteError('gpu-lost', 'made to fail'));
    });
    return {
      answer: world.gpu,
      failed,
      createCompositor: (/** @type {any} */ options) => {
        this.compositor = createMockCompositor(options);
        return this.compositor;
      },
      openWay: async (/** @type {any} */ options) => {
        if (world.gpuFault) throw world.gpuFault;
        return {
          ...(await openCpuWay(
            options,
            makersWith(() => world.gpuAlpha),
          )),
          backend: 'webgpu',
          threads: 0,
        };
      },
      dispose() {},
    };
  }

  /** What a real one holds ends with it. */
  terminate() {
    this.isTerminated = true;
    this.#engine.handle({ type: 'send-frames', id: 1e6, payload: { isOn: false } });
    this.#engine.handle({ type: 'detach', id: 1e6, payload: {} });
  }
  /** @param {unknown} data */
  #toPage(data) {
    if (this.isTerminated) return;
    queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data })));
  }
}

export class FakeVideo extends EventTarget {
  HAVE_CURRENT_DATA = 2;
  readyState = 2;
  currentTime = 0;
  requestVideoFrameCallback() {
    return 1;
  }
  cancelVideoFrameCallback() {}
}

export const MANIFEST = /** @type {any} */ ({
  schema: 1,
  defaultModel: 'small',
  models: ['small', 'other'].map((name) => ({
    name,
    width: 2,
    height: 1,
    threshold: 0.5,
    ramp: null,
    preferred: 'fp32',
    variants: [{ name: 'fp32', file: `models/${name}.onnx`, bytes: 1, sha256: '' }],
  })),
  runtime: { module: 'm', glue: 'g', wasm: 'w', wasmBytes: 1, wasmSha256: 'ab' },
});

class FakeCanvas {
  #isTransferred = false;
  transferControlToOffscreen() {
    if (this.#isTransferred) throw new DOMException('twice', 'InvalidStateError');
    this.#isTransferred = true;
    return {};
  }
  cloneNode() {
    return new FakeCanvas();
  }
  replaceWith() {}
}

export class FakeGenerator {
  readyState = 'live';
  static written = 0;
  writable = new WritableStream({
    write(frame) {
      FakeGenerator.written++;
      frame.close();
    },
  });
  stop() {
    this.readyState = 'ended';
  }
}

/** The document; `visibilityState` may be changed, then 'visibilitychange' is to be dispatched. */
export const page = Object.assign(new EventTarget(), {
  visibilityState: 'visible',
  createElement: () => new FakeCanvas(),
});

Object.assign(globalThis, {
  Worker: FakeWorker,
  VideoFrame: class extends FakeFrame {
    /** @param {unknown} _ @param {object} options */
    constructor(_, options) {
      super(options);
    }
  },
  OffscreenCanvas: class {},
  HTMLCanvasElement: FakeCanvas,
  HTMLVideoElement: FakeVideo,
  MediaStream: class {},
  MediaStreamTrack: class {},
  MediaStreamTrackGenerator: FakeGenerator,
  ImageBitmap: class {},
  document: page,
});
