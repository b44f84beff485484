/**
 * Everything in the worker, without the worker: messages in, messages out. What touches the GPU or
 * the runtime is handed in, so that all of this runs in a test.
 *
 * @typedef {import('../shared/messages.js').FromWorker} FromWorker
 * @typedef {import('../shared/messages.js').InitRequest} InitRequest
 * @typedef {import('../shared/messages.js').Request} Request
 * @typedef {import('../shared/messages.js').State} State
 * @typedef {import('../shared/looks.js').Looks} Looks
 * @typedef {import('../shared/messages.js').ToWorker} ToWorker
 * @typedef {import('../shared/messages.js').CompositorChoice} CompositorChoice
 * @typedef {import('./compositor/compositor.js').Compositor} Compositor
 * @typedef {import('./compositor/compositor.js').CompositorOptions} CompositorOptions
 * @typedef {import('./frame-source.js').FrameSource} FrameSource
 * @typedef {import('./ways/frame-way.js').FrameWay} FrameWay
 *
 * @typedef {object} EngineParts
 * @property {(message: FromWorker, transfer?: Transferable[]) => void} post
 * @property {(options: CompositorOptions & {choice?: CompositorChoice}) => Compositor} createCompositor
 * @property {OpenWay} openWay
 * @property {() => Promise<import('./webgpu/device.js').GpuAnswer>} askGpu
 * @property {() => Promise<Gpu>} openGpu  instead of the two before, where the backend is WebGPU
 *
 * @typedef {(options: import('./segmenter.js').SegmenterOptions) => Promise<FrameWay>} OpenWay
 * @typedef {import('./webgpu/gpu.js').Gpu} Gpu
 *
 * @typedef {import('./session.js').Session} Session
 */

import { capabilities } from '../shared/capabilities.js';
import { MatteError } from '../shared/errors.js';
import { DEFAULT_LOOKS } from '../shared/looks.js';
import { event, isRequest, refusal, reply } from '../shared/messages.js';
import { FrameStats } from '../shared/stats.js';
import { captureFrame } from './capture.js';
import { openInput } from './frame-source.js';
import { ModelSlot } from './model-slot.js';
import { Repair } from './repair.js';
import { openSession } from './session.js';
import { StatsPost } from './stats-post.js';

export class Engine {
  #parts;
  #stats = new FrameStats();
  /** @type {Session | null} */
  #session = null;
  #looks = DEFAULT_LOOKS;
  /** @type {State} */
  #state = 'idle';
  /** @type {(FrameSource & {id: number, attachedMs: number, hasMatte: boolean}) | null} */
  #source = null;
  #size = { width: 0, height: 0 };
  #repair = new Repair({
    reload: async () => {
      const model = this.#models.way?.model;
      if (model) await this.#models.queue(model);
    },
    giveUp: (error) => this.#tell('broken', error.toWire()),
  });
  #models = new ModelSlot({
    session: () => this.#started(),
    looks: () => this.#looks,
    onProgress: (progress) => this.#tell('progress', progress),
    onState: (state) => {
      if (this.#source) this.#setState(state);
    },
    onLoaded: () => this.#figures.post(),
  });
  #figures = new StatsPost(
    this.#stats,
    () => this.#facts(),
    (stats) => this.#tell('stats', stats),
  );

  /** @param {EngineParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Answers a request; takes a pushed frame over.
   * @param {ToWorker} message
   * @returns {Promise<void>}
   */
  async handle(message) {
    if (message?.type === 'frame') {
      if (this.#source?.id === message.sourceId) this.#offer(message.frame);
      else message.frame.close();
      return;
    }
    if (message?.type === 'output-taken') this.#session?.output.taken();
    if (!isRequest(message)) return;
    try {
      const value = await this.#answer(message);
      this.#parts.post(reply(message.id, value));
    } catch (error) {
      const failure = MatteError.from(error, 'unknown', `${message.type} failed`);
      this.#parts.post(refusal(message.id, failure.toWire()));
    }
  }

  /**
   * @param {Request} request
   * @returns {Promise<unknown>}
   */
  async #answer({ type, payload }) {
    switch (type) {
      case 'init':
        return this.#init(payload);
      case 'load-model':
        this.#started().quality.setChoices(payload.model.choices ?? []);
        return this.#models.queue(payload.model);
      case 'prepare':
        return this.#models.prepare(payload, this.#parts.openWay);
      case 'attach':
        return this.#attach(payload);
      case 'detach':
        return this.#detach();
      case 'set-effect':
        this.#started().compositor.setEffect(payload.effect);
        return this.#started().loop.redraw();
      case 'set-looks':
        return this.#setLooks(payload.looks);
      case 'set-comments':
        this.#started().comments.set(payload.comments);
        return this.#started().loop.redraw();
      case 'set-output':
        this.#started().output.view = payload;
        return this.#started().loop.redraw();
      case 'capture':
        return this.#capture(payload.picture);
      case 'snapshot':
        // What a canvas shows can be read only in the task that drew it.
        this.#started().loop.redraw();
        return this.#started().compositor.snapshot(payload.type);
      case 'send-frames':
        return this.#started().output.switch(payload.isOn);
      case 'set-pace':
        return this.#started().pacer.limit(payload.maxFps);
      case 'set-governor':
        this.#started().quality.setGoverned(payload.isOn);
        return this.#figures.post();
      case 'ask-gpu':
        return this.#parts.askGpu();
      case 'ping':
        return { busyMs: this.#session?.loop.busyMs ?? 0 };
    }
  }

  /** @param {string} [type]  of the composited picture: of the same frame, since nothing is awaited */
  async #capture(type) {
    const { loop, compositor } = this.#started();
    if (!type) return captureFrame(loop.shown);
    loop.redraw();
    const parts = Promise.all([captureFrame(loop.shown), compositor.snapshot(type)]);
    const [captured, picture] = await parts;
    return { ...captured, picture };
  }

  /**
   * @param {InitRequest} settings
   * @returns {Promise<import('../shared/messages.js').InitReply>}
   */
  async #init(settings) {
    this.#looks = settings.looks ?? DEFAULT_LOOKS;
    const session = await openSession(settings, this.#parts, {
      stats: this.#stats,
      load: (model) => this.#models.queue(model),
      isLent: () => this.#source?.kind === 'stream' && !this.#source.isPushed,
      onTaken: () => {
        if (this.#source?.isPushed) this.#tell('frame-taken', { sourceId: this.#source.id });
      },
      onComposited: () => this.#composited(),
      onSize: (width, height) => {
        this.#size = { width, height };
        this.#tell('size', this.#size);
      },
      onFailure: (error, isGpu) => {
        this.#setState('failed');
        this.#tell('error', error.toWire());
        // The next backend takes over; a wasm session is replaced by another one.
        if (isGpu) this.#tell('broken', error.toWire());
        else this.#repair.failed(error);
      },
    });
    this.#session = session;
    session.loop.redraw();
    return { ...capabilities(), gpuFeatures: session.gpuFeatures };
  }

  /** @param {Looks} looks */
  #setLooks(looks) {
    const { quality, loop } = this.#started();
    const isMattedAnew =
      looks.region !== this.#looks.region || looks.islands !== this.#looks.islands;
    this.#looks = looks;
    quality.setLooks(looks);
    this.#models.way?.setLooks(looks);
    if (isMattedAnew) loop.rematte();
    loop.redraw();
  }

  /** @param {import('../shared/messages.js').AttachRequest} request */
  #attach({ sourceId, input }) {
    this.#started().pacer.reset();
    this.#letGo();
    this.#setState(this.#models.isEmpty ? 'failed' : 'loading');
    const told = (/** @type {(...args: any[]) => void} */ then) => {
      return (/** @type {any[]} */ ...args) => {
        if (this.#source?.id === sourceId) then(...args);
      };
    };
    const attached = { id: sourceId, attachedMs: performance.now(), hasMatte: false };
    // A picture tells its frame at once, so the source is there before it is open.
    this.#source = { ...attached, kind: 'picture', isPushed: false, release() {} };
    const opened = openInput(input, {
      onFrame: (frame) => this.#offer(frame),
      onEnded: told(() => this.#streamEnded(sourceId)),
      // Until there is a model the last frame waits, and may be what keeps the next one away.
      onStarved: told(() => this.#models.way && this.#tell('starved', { sourceId })),
      onError: told((error) => {
        this.#detach();
        this.#tell('error', MatteError.from(error, 'camera-lost', 'the stream broke').toWire());
      }),
    });
    Object.assign(this.#source, opened);
    this.#figures.start();
  }

  /** @param {VideoFrame} frame  is taken over */
  #offer(frame) {
    const { loop, pacer } = this.#started();
    if (this.#source?.kind !== 'stream' || pacer.takes()) {
      loop.offer(frame);
      return;
    }
    frame.close();
    if (this.#source.isPushed) this.#tell('frame-taken', { sourceId: this.#source.id });
  }

  /**
   * Nothing of a camera that is gone stays on the canvas.
   * @param {number} sourceId
   */
  #streamEnded(sourceId) {
    this.#detach();
    this.#tell('ended', { sourceId });
  }

  #detach() {
    this.#letGo();
    this.#setState('idle');
    this.#figures.post();
  }

  #letGo() {
    this.#figures.stop();
    this.#repair.cancel();
    this.#source?.release();
    this.#source = null;
    this.#started().loop.clear();
    this.#started().quality.reset();
    this.#stats.reset();
  }

  #composited() {
    this.#setState('running');
    this.#repair.succeeded();
    if (!this.#source || this.#source.hasMatte) return;
    this.#source.hasMatte = true;
    this.#tell('first-matte', { startupMs: performance.now() - this.#source.attachedMs });
    this.#figures.post();
  }

  /** @returns {import('./stats-post.js').Facts} */
  #facts() {
    const way = this.#models.way;
    return {
      model: way?.model.name ?? '',
      variant: way?.model.variant ?? '',
      backend: way?.backend ?? 'wasm',
      backendReason: '', // the page's to know
      threads: way?.threads ?? 0,
      isolated: capabilities().isolated,
      compositor: this.#session?.compositor.kind ?? '',
      sampler: way?.sampler ?? '',
      samplerTimes: way?.samplerTimes ?? {},
      governor: this.#session?.quality.state ?? null,
      ...this.#size,
      source: this.#source?.kind ?? null,
    };
  }

  #started() {
    if (!this.#session) throw new MatteError('unknown', 'the engine has not been started');
    return this.#session;
  }

  /** @param {State} state */
  #setState(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell('state', state);
  }

  /**
   * @template {import('../shared/messages.js').EventType} T
   * @param {T} name
   * @param {import('../shared/messages.js').Events[T]} value
   */
  #tell(name, value) {
    this.#parts.post(event(name, value));
  }
}
