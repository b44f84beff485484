/**
 * The engine's worker and its life: it is started on a canvas and watched; when it breaks, a new
 * one takes its place on a new canvas, unless that has happened too often within a minute.
 *
 * @typedef {import('../shared/messages.js').EventMessage} EventMessage
 * @typedef {import('../shared/messages.js').RequestType} RequestType
 * @typedef {import('../shared/messages.js').Requests} Requests
 *
 * @typedef {object} WorkerLifeListeners
 * @property {(bridge: WorkerBridge, canvas: OffscreenCanvas) => Promise<void>} onStart
 *   tells a new worker what it needs; resolved when it takes sources
 * @property {() => void} onLost  the worker is gone, and what it was given with it
 * @property {() => Promise<void>} onReplaced  gives the new one what the one before had
 * @property {(recovered: {reason: string, tookMs: number}) => void} onRecovered
 * @property {(canvas: HTMLCanvasElement) => void} onCanvas  another one has taken the old one's place
 * @property {(message: EventMessage) => void} onEvent
 * @property {(frame: VideoFrame) => Promise<void>} onFrame  takes a composited frame over
 * @property {(error: unknown) => void} onFailure
 * @property {() => boolean} isSettled  frames are being matted
 * @property {() => number} frameMs     what one usually takes
 */

import { Restarts } from './restarts.js';
import { WorkerBridge } from './worker-bridge.js';
import { watchWorker } from './worker-watch.js';

/** How long the worker may take to close what it holds before it is ended. */
const DISPOSE_LIMIT_MS = 1000;

export class WorkerLife {
  #canvas;
  #on;
  /** @type {WorkerBridge} */
  #bridge;
  #unwatch = () => {};
  #restarts = new Restarts();
  /** The first start is the caller's to try again. */
  #hasStarted = false;
  #hasEnded = false;

  /**
   * @param {HTMLCanvasElement} canvas  one that has no context yet
   * @param {WorkerLifeListeners} listeners
   */
  constructor(canvas, listeners) {
    this.#canvas = canvas;
    this.#on = listeners;
    this.#bridge = this.#connect();
  }

  /** Only once can a canvas be handed to a worker: a new worker draws to a new one. */
  get canvas() {
    return this.#canvas;
  }

  /** @returns {Promise<void>} resolved when the worker takes sources */
  async start() {
    await this.#startWorker();
    this.#hasStarted = true;
  }

  /**
   * @template {RequestType} T
   * @param {T} type
   * @param {Requests[T]['payload']} payload
   * @param {Transferable[]} [transfer]
   * @returns {Promise<Requests[T]['reply']>}
   */
  request(type, payload, transfer) {
    return this.#bridge.request(type, payload, transfer);
  }

  /**
   * A request whose answer nobody waits for; what goes wrong is told as a failure.
   * @template {RequestType} T
   * @param {T} type
   * @param {Requests[T]['payload']} payload
   */
  tell(type, payload) {
    this.reportFailure(this.#bridge.request(type, payload));
  }

  /**
   * @param {number} sourceId
   * @param {VideoFrame} frame  is taken over
   */
  sendFrame(sourceId, frame) {
    this.#bridge.sendFrame(sourceId, frame);
  }

  /**
   * What is asked of a worker that dies is not told one by one: its end is told, or it is replaced.
   * @param {Promise<unknown>} work
   */
  reportFailure(work) {
    const bridge = this.#bridge;
    work.catch((error) => {
      if (!bridge.isDead) this.#on.onFailure(error);
    });
  }

  /**
   * The worker is of no use any more.
   * @param {string} reason
   */
  abandon(reason) {
    this.#bridge.abandon(reason);
  }

  /** Ends the worker: it closes the frames that it holds; one that hangs is ended without. */
  end() {
    this.#hasEnded = true;
    this.#unwatch();
    const limit = new Promise((resolve) => setTimeout(resolve, DISPOSE_LIMIT_MS));
    const closed = this.#bridge.request('detach', {}).catch(() => {});
    Promise.race([closed, limit]).then(() => this.#bridge.terminate());
  }

  #connect() {
    const worker = new Worker(new URL('../worker/worker.js', import.meta.url), {
      type: 'module',
      name: 'livematte',
    });
    return new WorkerBridge(worker, {
      onEvent: (message) => this.#on.onEvent(message),
      onFrame: (frame) => this.#on.onFrame(frame),
      onCrash: (error) => this.#crashed(error),
    });
  }

  async #startWorker() {
    const bridge = this.#bridge;
    await this.#on.onStart(bridge, this.#canvas.transferControlToOffscreen());
    this.#unwatch = watchWorker(bridge, {
      isSettled: this.#on.isSettled,
      frameMs: this.#on.frameMs,
      onStuck: (detail) => bridge.abandon(detail),
    });
  }

  /** @param {import('../shared/errors.js').MatteError} error */
  #crashed(error) {
    this.#unwatch();
    this.#on.onLost();
    if (this.#hasEnded) return;
    if (this.#hasStarted && this.#restarts.take()) this.#replace(error);
    else this.#on.onFailure(error);
  }

  /** @param {import('../shared/errors.js').MatteError} reason */
  async #replace(reason) {
    const startMs = performance.now();
    this.#renewCanvas();
    const bridge = this.#connect();
    this.#bridge = bridge;
    try {
      await this.#startWorker();
      await this.#on.onReplaced();
      this.#on.onRecovered({ reason: reason.detail, tookMs: performance.now() - startMs });
    } catch (error) {
      if (!bridge.isDead) this.#on.onFailure(error);
    }
  }

  #renewCanvas() {
    const fresh = /** @type {HTMLCanvasElement} */ (this.#canvas.cloneNode(false));
    this.#canvas.replaceWith(fresh);
    this.#canvas = fresh;
    this.#on.onCanvas(fresh);
  }
}
