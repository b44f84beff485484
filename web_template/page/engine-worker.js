/**
 * One engine worker on one canvas, from its start to its end: told what it needs, given sources,
 * watched. What becomes of the engine when it breaks is not its own to decide.
 *
 * @typedef {import('../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../shared/messages.js').Backend} Backend
 * @typedef {import('../shared/messages.js').EventMessage} EventMessage
 * @typedef {import('../shared/messages.js').RequestType} RequestType
 * @typedef {import('../shared/messages.js').Requests} Requests
 * @typedef {import('../shared/messages.js').State} State
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./engine-settings.js').EngineSettings} EngineSettings
 *
 * @typedef {object} EngineWorkerListeners
 * @property {(message: EventMessage) => void} onEvent
 * @property {(frame: VideoFrame) => Promise<void>} onFrame  takes a composited frame over
 * @property {() => void} onEnded  the source came to its end
 * @property {(error: unknown) => void} onError
 * @property {(error: MatteError) => void} onLost  it is gone, and what it was given with it
 */

import { capabilities } from '../shared/capabilities.js';
import { MatteError } from '../shared/errors.js';
import { emptyStats } from '../shared/stats.js';
import { Attachment } from './attachment.js';
import { takeWorker } from './early-worker.js';
import { WorkerBridge } from './worker-bridge.js';
import { watchWorker } from './worker-watch.js';

/** How long the worker may take to close what it holds before it is ended. */
const DISPOSE_LIMIT_MS = 1000;

/** Of a worker that nobody listens to. @type {EngineWorkerListeners} */
const SILENCE = {
  onEvent() {},
  onFrame: async (frame) => frame.close(),
  onEnded() {},
  onError() {},
  onLost() {},
};

export class EngineWorker {
  /** @type {EngineWorkerListeners} */
  #listeners = SILENCE;
  /** @type {{backend: Backend, features: readonly string[]}} */
  #device = { backend: 'wasm', features: [] };
  #canvas;
  #bridge;
  #attachment;
  #unwatch = () => {};
  #caps = { page: capabilities(), worker: capabilities() };
  /** @type {Promise<void>} */
  #ready = Promise.resolve();
  /** @type {ModelSpec | null} */
  #model = null;
  /** @type {Stats} */
  #stats = emptyStats(capabilities().isolated);
  /** @type {State} */
  #state = 'idle';

  /** @param {HTMLCanvasElement} canvas  one that has no context yet */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#bridge = new WorkerBridge(takeWorker(), {
      onEvent: (message) => this.#receive(message),
      onFrame: (frame) => this.#listeners.onFrame(frame),
      onCrash: (error) => this.#lost(error),
    });
    this.#attachment = new Attachment({
      worker: this.#bridge,
      caps: () => this.#caps,
      onEnded: () => this.#listeners.onEnded(),
      onError: (error) => this.#listeners.onError(error),
    });
  }

  /** @param {EngineWorkerListeners | null} listeners  who is told from now on; null: nobody */
  listen(listeners) {
    this.#listeners = listeners ?? SILENCE;
  }

  /**
   * Waits for something that the worker tells of; nobody else is told anything meanwhile.
   * @param {() => boolean} isDone
   * @param {number} limitMs
   * @returns {Promise<boolean>} false when the time is over
   * @throws {MatteError} what went wrong before
   */
  async until(isDone, limitMs) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        const check = () => isDone() && resolve(true);
        timer = setTimeout(() => resolve(false), limitMs);
        this.listen({ ...SILENCE, onEvent: check, onError: reject, onLost: reject });
        check();
      });
    } finally {
      clearTimeout(timer);
      this.listen(null);
    }
  }

  get canvas() {
    return this.#canvas;
  }

  get attachment() {
    return this.#attachment;
  }

  get backend() {
    return this.#device.backend;
  }

  /** What runs its models; the features of a GPU are known once it has started. */
  get device() {
    return this.#device;
  }

  /** Resolves when the model can run; refused with the reason why it cannot. */
  get ready() {
    return this.#ready;
  }

  /** The model that was asked for last. */
  get model() {
    return this.#model;
  }

  get stats() {
    return this.#stats;
  }

  get state() {
    return this.#state;
  }

  get isDead() {
    return this.#bridge.isDead;
  }

  /**
   * @param {EngineSettings} settings
   * @param {Backend} backend
   * @returns {Promise<void>} resolved when it takes sources
   */
  async start(settings, backend) {
    this.#device = { backend, features: [] };
    settings.spec(this.#device); // a model that there is not needs no worker
    const canvas = this.#canvas.transferControlToOffscreen();
    const init = settings.initRequest(canvas, backend);
    const { gpuFeatures, ...caps } = await this.#bridge.request('init', init, [canvas]);
    this.#caps.worker = caps;
    this.#device = { backend, features: gpuFeatures };
    this.reportFailure(this.loadModel(settings.spec(this.#device)));
    this.#unwatch = watchWorker(this.#bridge, {
      isSettled: () => this.#state === 'running',
      frameMs: () => this.#stats.stages.totalMs.p50,
      onStuck: (detail) => this.#bridge.abandon(detail),
    });
  }

  /** @param {ModelSpec} model */
  loadModel(model) {
    this.#model = model;
    this.#ready = this.#bridge.request('load-model', { model });
    return this.#ready;
  }

  /**
   * @template {RequestType} T
   * @param {T} type
   * @param {Requests[T]['payload']} payload
   * @returns {Promise<Requests[T]['reply']>}
   */
  request(type, payload) {
    return this.#bridge.request(type, payload);
  }

  /**
   * A request whose answer nobody waits for; what goes wrong is told as an error.
   * @template {RequestType} T
   * @param {T} type
   * @param {Requests[T]['payload']} payload
   */
  tell(type, payload) {
    this.reportFailure(this.#bridge.request(type, payload));
  }

  /**
   * What is asked of a worker that dies is not told one by one: its end is told, or it is replaced.
   * @param {Promise<unknown>} work
   */
  reportFailure(work) {
    work.catch((error) => {
      if (!this.#bridge.isDead) this.#listeners.onError(error);
    });
  }

  /**
   * It is of no use any more: it counts as lost.
   * @param {MatteError} error
   */
  abandon(error) {
    this.#bridge.abandon(error.message, error.code);
  }

  /** Ends it: it closes the frames that it holds; one that hangs is ended without. */
  end() {
    this.#unwatch();
    this.#attachment.stop();
    const limit = new Promise((resolve) => setTimeout(resolve, DISPOSE_LIMIT_MS));
    const closed = this.#bridge.request('detach', {}).catch(() => {});
    Promise.race([closed, limit]).then(() => this.#bridge.terminate());
  }

  /** @param {MatteError} error */
  #lost(error) {
    this.#unwatch();
    this.#attachment.stop();
    this.#state = 'failed';
    this.#listeners.onLost(error);
  }

  /** @param {EventMessage} message */
  #receive(message) {
    const { name, value } = message;
    if (name === 'ended') this.#attachment.ended(value.sourceId);
    else if (name === 'starved') this.#attachment.starved(value.sourceId);
    else if (name === 'frame-taken') this.#attachment.taken(value.sourceId);
    else if (name === 'broken') this.abandon(MatteError.fromWire(value));
    else if (name === 'error') this.#listeners.onError(MatteError.fromWire(value));
    else {
      if (name === 'state') this.#state = value;
      if (name === 'stats') this.#stats = value;
      this.#listeners.onEvent(message);
    }
  }
}
