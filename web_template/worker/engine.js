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
 * @typedef {object} Session  what there is once `init` is through
 * @property {InitRequest} settings
 * @property {Compositor} compositor
 * @property {FrameLoop} loop
 * @property {Pacer} pacer
 * @property {TrackOutput} output
 * @property {CommentLayer} comments
 * @property {QualityControl} quality
 * @property {OpenWay} openWay  on the backend that was asked for
 */

import { capabilities, threadCount } from '../shared/capabilities.js';
import { MatteError } from '../shared/errors.js';
import { DEFAULT_LOOKS } from '../shared/looks.js';
import { modelSpec, runtimeSpec } from '../shared/manifest.js';
import { event, isRequest, refusal, reply } from '../shared/messages.js';
import { FrameStats } from '../shared/stats.js';
import { captureFrame } from './capture.js';
import { CommentLayer } from './comments/comment-layer.js';
import { FrameLoop } from './frame-loop.js';
import { openInput } from './frame-source.js';
import { Pacer } from './pacer.js';
import { Prepared } from './prepared.js';
import { QualityControl } from './quality-control.js';
import { Repair } from './repair.js';
import { PLAIN_VIEW, TrackOutput, watched } from './track-output.js';

const STATS_INTERVAL_MS = 500;

export class Engine {
  #parts;
  #stats = new FrameStats();
  /** @type {Session | null} */
  #session = null;
  /** @type {FrameWay | null} */
  #way = null;
  #looks = DEFAULT_LOOKS;
  /** @type {State} */
  #state = 'idle';
  /** @type {(FrameSource & {id: number, attachedMs: number, hasMatte: boolean}) | null} */
  #source = null;
  #size = { width: 0, height: 0 };
  /** Models load one after the other. @type {Promise<unknown>} */
  #loading = Promise.resolve();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #statsTimer;
  /** The model could not be loaded, and there is none from before: no frame can be matted. */
  #hasNoModel = false;
  #repair = new Repair({
    reload: async () => {
      const model = this.#way?.model;
      if (model) await this.#queueModel(model);
    },
    giveUp: (error) => this.#tell('broken', error.toWire()),
  });
  #prepared = new Prepared();
  /** @param {import('../shared/messages.js').Progress} progress */
  #onProgress = (progress) => this.#tell('progress', progress);
  #postedFps = 0;
  #postedFrames = 0;

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
        return this.#queueModel(payload.model);
      case 'prepare':
        return this.#prepare(payload);
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
        return captureFrame(this.#started().loop.shown);
      case 'snapshot':
        // What a canvas shows can be read only in the task that drew it.
        this.#started().loop.redraw();
        return this.#started().compositor.snapshot(payload.type);
      case 'send-frames':
        return this.#started().output.switch(payload.isOn);
      case 'set-pace':
        return this.#started().pacer.limit(payload.maxFps);
      case 'ask-gpu':
        return this.#parts.askGpu();
      case 'ping':
        return { busyMs: this.#session?.loop.busyMs ?? 0 };
    }
  }

  /**
   * @param {InitRequest} settings
   * @returns {Promise<import('../shared/messages.js').InitReply>}
   */
  async #init(settings) {
    const { canvas, effect } = settings;
    const gpu = settings.backend === 'webgpu' ? await this.#parts.openGpu() : null;
    const { createCompositor, openWay } = gpu ?? this.#parts;
    const output = new TrackOutput({
      canvas,
      send: (frame) => this.#parts.post({ type: 'output', frame }, [frame]),
      redraw: () => loop.redraw(),
    });
    const comments = new CommentLayer({
      redraw: () => loop.redraw(),
      isBusy: () => loop.busyMs > 0,
    });
    comments.set(settings.comments ?? null);
    output.view = settings.output ?? PLAIN_VIEW;
    const bare = createCompositor({
      choice: settings.compositor,
      canvas,
      effect,
      onRestored: () => loop.redraw(),
      comments,
    });
    this.#looks = settings.looks ?? DEFAULT_LOOKS;
    const compositor = watched(bare, () => output.drawn());
    const quality = new QualityControl(
      {
        draw: (looks) => compositor.setLooks(looks),
        load: (model) => this.#queueModel(model),
      },
      { isGoverned: settings.governor ?? true },
    );
    quality.setLooks(this.#looks);
    const pacer = new Pacer(() => output.isOn);
    pacer.limit(settings.maxFps ?? null);
    const loop = new FrameLoop({
      compositor,
      stats: this.#stats,
      onTaken: () => {
        if (this.#source?.isPushed) this.#tell('frame-taken', { sourceId: this.#source.id });
      },
      onArrived: (timestampUs) => quality.arrived(timestampUs),
      onComposited: () => this.#composited(),
      onDone: (busyMs) => quality.done(busyMs),
      onSize: (width, height) => {
        this.#size = { width, height };
        quality.setSize(width, height);
        this.#tell('size', this.#size);
      },
      onFailure: (error) => {
        this.#setState('failed');
        this.#tell('error', error.toWire());
        // The next backend takes over; a wasm session is replaced by another one.
        if (gpu) this.#tell('broken', error.toWire());
        else this.#repair.failed(error);
      },
    });
    this.#session = { settings, compositor, loop, pacer, output, comments, openWay, quality };
    gpu?.failed.then((error) => loop.fail(error));
    loop.redraw();
    return { ...capabilities(), gpuFeatures: gpu?.answer.hasF16 ? ['shader-f16'] : [] };
  }

  /** @param {Looks} looks */
  #setLooks(looks) {
    const { quality, loop } = this.#started();
    const isMattedAnew =
      looks.region !== this.#looks.region || looks.islands !== this.#looks.islands;
    this.#looks = looks;
    quality.setLooks(looks);
    this.#way?.setLooks(looks);
    if (isMattedAnew) loop.rematte();
    loop.redraw();
  }

  /** @param {import('../shared/manifest.js').ModelSpec} model */
  #queueModel(model) {
    const turn = this.#loading.catch(() => {}).then(() => this.#tryModel(model));
    this.#loading = turn;
    return turn;
  }

  /** @param {import('../shared/manifest.js').ModelSpec} model */
  async #tryModel(model) {
    if (this.#source && this.#hasNoModel) this.#setState('loading');
    this.#hasNoModel = false;
    try {
      await this.#loadModel(model);
    } catch (error) {
      this.#hasNoModel = this.#way === null;
      if (this.#source && this.#hasNoModel) this.#setState('failed');
      throw error;
    }
  }

  /** @param {import('../shared/manifest.js').ModelSpec} model */
  async #loadModel(model) {
    const { loop, settings, openWay, quality } = this.#started();
    const { runtime, threads } = settings;
    const options = { runtime, threads, model, onProgress: this.#onProgress };
    const way = await (this.#prepared.take(options) ?? openWay(options));
    way.setLooks(this.#looks);
    const old = this.#way;
    this.#way = way;
    await loop.setWay(way);
    quality.setWay(way);
    await old?.dispose();
    this.#postStats();
  }

  /** @param {import('../shared/messages.js').PrepareRequest} request */
  #prepare({ manifest, siteRoot, model }) {
    const root = new URL(siteRoot);
    const options = {
      runtime: runtimeSpec(manifest, root),
      model: modelSpec(manifest, root, model),
      threads: threadCount(capabilities()),
      onProgress: this.#onProgress,
    };
    this.#prepared.begin(options, this.#parts.openWay);
  }

  /** @param {import('../shared/messages.js').AttachRequest} request */
  #attach({ sourceId, input }) {
    this.#started().pacer.reset();
    this.#letGo();
    this.#setState(this.#hasNoModel ? 'failed' : 'loading');
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
      onError: told((error) => {
        this.#detach();
        this.#tell('error', MatteError.from(error, 'camera-lost', 'the stream broke').toWire());
      }),
    });
    Object.assign(this.#source, opened);
    this.#statsTimer = setInterval(() => this.#postStatsIfChanged(), STATS_INTERVAL_MS);
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
    this.#postStats();
  }

  #letGo() {
    clearInterval(this.#statsTimer);
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
    this.#postStats();
  }

  #postStatsIfChanged() {
    const { fps, frames } = this.#stats.summary(performance.now());
    if (frames !== this.#postedFrames || fps !== this.#postedFps) this.#postStats();
  }

  #postStats() {
    const summary = this.#stats.summary(performance.now());
    this.#postedFps = summary.fps;
    this.#postedFrames = summary.frames;
    const way = this.#way;
    this.#tell('stats', {
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
      ...summary,
      ...this.#size,
      source: this.#source?.kind ?? null,
    });
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
