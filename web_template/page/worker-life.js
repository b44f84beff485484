/**
 * The engine's workers, of which one is at work: when it breaks, a new one takes its place on a new
 * canvas, unless that has happened too often within a minute; and another one can be prepared
 * beside it and take over without a gap.
 *
 * @typedef {import('../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../shared/messages.js').Backend} Backend
 * @typedef {import('./backend-choice.js').BackendChoice} BackendChoice
 * @typedef {import('./engine-settings.js').EngineSettings} EngineSettings
 * @typedef {import('./engine-worker.js').EngineWorkerListeners} EngineWorkerListeners
 *
 * @typedef {object} WorkerLifeListeners
 * @property {() => void} onLost      the worker is gone; another one may follow
 * @property {() => void} onReplaced  another worker is at work
 * @property {(recovered: {reason: string, tookMs: number}) => void} onRecovered
 * @property {(canvas: HTMLCanvasElement) => void} onCanvas  another one has taken the old one's place
 * @property {() => void} onBackend  the choice of the backend, or its reason, is another one
 *
 * @typedef {object} WorkerLifeOptions
 * @property {HTMLCanvasElement} canvas  one that has no context yet
 * @property {EngineSettings} settings
 * @property {BackendChoice} choice
 * @property {WorkerLifeListeners & Omit<EngineWorkerListeners, 'onLost'>} listeners
 */

import { MatteError } from '../shared/errors.js';
import { event } from '../shared/messages.js';
import { EngineWorker } from './engine-worker.js';
import { Restarts } from './restarts.js';

/** For a GPU to be opened; what comes after it, the worker times by itself. */
const GPU_LIMIT_MS = 8000;

export class WorkerLife {
  #settings;
  #choice;
  #on;
  #worker;
  /** Prepared beside the one that is at work. @type {Set<EngineWorker>} */
  #others = new Set();
  #restarts = new Restarts();
  /** The first start is the caller's to try again. */
  #hasStarted = false;
  #hasEnded = false;

  /** @param {WorkerLifeOptions} options */
  constructor({ canvas, settings, choice, listeners }) {
    this.#settings = settings;
    this.#choice = choice;
    this.#on = listeners;
    this.#worker = this.#create(canvas);
  }

  /** The one that is at work. */
  get worker() {
    return this.#worker;
  }

  /** @returns {Promise<void>} resolved when sources can be attached */
  async start() {
    try {
      await this.#startWorker();
    } catch (error) {
      // What was forced is not exchanged for something else without a word.
      if (this.#choice.wish !== 'auto' || !this.#failsOver(error)) throw error;
      this.#worker.end();
      this.#renew();
      await this.#startWorker();
    }
    this.#hasStarted = true;
  }

  /**
   * Prepares another worker, with the settings and the source of the one that is at work.
   * @param {Backend} backend
   * @returns {Promise<EngineWorker>} the caller's to end or to `adopt`; its model runs
   * @throws {MatteError} why it cannot be used
   */
  async understudy(backend) {
    const worker = new EngineWorker(cloneOf(this.#worker.canvas));
    this.#others.add(worker);
    try {
      await inTime(backend, worker.start(this.#settings, backend));
      await worker.ready;
      while (!this.#isUpToDate(worker)) await this.#bringUpToDate(worker);
      return worker;
    } catch (error) {
      this.drop(worker);
      throw error;
    }
  }

  /** @param {EngineWorker} worker  an understudy that is not needed */
  drop(worker) {
    this.#others.delete(worker);
    worker.end();
  }

  /**
   * An understudy takes over, without a gap where it has a matte already.
   * @param {EngineWorker} worker
   */
  async adopt(worker) {
    while (!this.#isUpToDate(worker)) await this.#bringUpToDate(worker);
    const old = this.#worker;
    old.listen(null);
    this.#worker = worker;
    this.#others.delete(worker);
    this.#listenTo(worker);
    this.#settings.repeatTo(worker);
    this.#show(worker.canvas, old.canvas);
    this.#on.onReplaced();
    this.#on.onEvent(event('stats', worker.stats));
    this.#on.onEvent(event('state', worker.state));
    old.end();
  }

  /** Ends all workers. */
  end() {
    this.#hasEnded = true;
    for (const worker of this.#others) worker.end();
    this.#worker.end();
  }

  /** @param {EngineWorker} worker */
  #isUpToDate({ model, attachment, device }) {
    const { attachment: current } = this.#worker;
    const isSameSource = !current.isBusy && attachment.source === current.source;
    return isSameSource && isSameModel(model, this.#settings.spec(device));
  }

  /** @param {EngineWorker} worker  gets what has been wished for since it started */
  async #bringUpToDate(worker) {
    const { attachment } = this.#worker;
    await attachment.settled();
    const spec = this.#settings.spec(worker.device);
    if (!isSameModel(worker.model, spec)) await worker.loadModel(spec);
    const { source } = attachment;
    if (worker.attachment.source === source) return;
    await (source ? worker.attachment.attach(source) : worker.attachment.detach());
  }

  /** @param {HTMLCanvasElement} canvas */
  #create(canvas) {
    const worker = new EngineWorker(canvas);
    this.#listenTo(worker);
    return worker;
  }

  /** @param {EngineWorker} worker */
  #listenTo(worker) {
    worker.listen({ ...this.#on, onLost: (error) => this.#lost(error) });
  }

  async #startWorker() {
    const worker = this.#worker;
    const { backend, wish } = this.#choice;
    await inTime(backend, worker.start(this.#settings, backend));
    if (backend === 'wasm' || wish !== 'auto') return; // what goes wrong is told
    worker.ready.catch((error) => worker.abandon(error));
  }

  /** @param {MatteError} error */
  #lost(error) {
    if (this.#hasEnded || !this.#hasStarted) return;
    this.#on.onLost();
    this.#settings.isCautious = true;
    if (this.#failsOver(error) || this.#restarts.take()) this.#replace(error);
    else this.#on.onError(error);
  }

  /**
   * @param {unknown} error
   * @returns {boolean} whether there is another backend to go on with
   */
  #failsOver(error) {
    const { code } = MatteError.from(error, 'unknown', 'the engine failed');
    const isOther = this.#choice.failed(code === 'unknown' ? 'worker-lost' : code);
    if (isOther) this.#on.onBackend();
    return isOther;
  }

  /**
   * A new worker on a new canvas, with the settings and the source of the one before.
   * @param {MatteError} reason
   */
  async #replace(reason) {
    const startMs = performance.now();
    const { source } = this.#worker.attachment;
    const worker = this.#renew();
    try {
      await this.#startWorker();
      this.#on.onReplaced();
      if (!source) this.#on.onEvent(event('state', 'idle'));
      await worker.attachment.inherit(source);
      await worker.ready;
      this.#on.onRecovered({ reason: reason.detail, tookMs: performance.now() - startMs });
    } catch (error) {
      if (!worker.isDead && worker === this.#worker) this.#on.onError(error);
    }
  }

  #renew() {
    const { canvas } = this.#worker;
    this.#worker = this.#create(cloneOf(canvas));
    this.#show(this.#worker.canvas, canvas);
    return this.#worker;
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLCanvasElement} old
   */
  #show(canvas, old) {
    old.replaceWith(canvas);
    this.#on.onCanvas(canvas);
  }
}

/**
 * @param {ModelSpec | null} one
 * @param {ModelSpec} other
 */
function isSameModel(one, other) {
  return one?.url === other.url && one.file === other.file;
}

/** Only once can a canvas be handed to a worker. @param {HTMLCanvasElement} canvas */
function cloneOf(canvas) {
  return /** @type {HTMLCanvasElement} */ (canvas.cloneNode(false));
}

/**
 * @param {Backend} backend
 * @param {Promise<void>} work  its start
 * @throws {MatteError} 'start-timeout' when a GPU takes too long
 */
async function inTime(backend, work) {
  if (backend === 'wasm') return work;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new MatteError('start-timeout', 'WebGPU does not get ready: use the backend wasm'));
    }, GPU_LIMIT_MS);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
