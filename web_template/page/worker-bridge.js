/**
 * The page's only way to the worker: requests become promises, events reach listeners, and when
 * the worker dies every open promise is refused at once and `onCrash` is told, once.
 *
 * @typedef {import('../shared/messages.js').RequestType} RequestType
 * @typedef {import('../shared/messages.js').Requests} Requests
 * @typedef {import('../shared/messages.js').EventMessage} EventMessage
 * @typedef {import('../shared/messages.js').FromWorker} FromWorker
 *
 * @typedef {object} BridgeListeners
 * @property {(message: EventMessage) => void} onEvent
 * @property {(frame: VideoFrame) => Promise<void>} onFrame  takes a composited frame over
 * @property {(error: MatteError) => void} onCrash
 *
 * @typedef {object} WorkerLike  as much of a Worker as the bridge uses
 * @property {(message: any, transfer: Transferable[]) => void} postMessage
 * @property {(type: 'message' | 'messageerror' | 'error', listener: (event: any) => void) => void} addEventListener
 * @property {() => void} terminate
 */

import { MatteError } from '../shared/errors.js';
import { request } from '../shared/messages.js';

export class WorkerBridge {
  /** @type {Map<number, {type: RequestType, resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #pending = new Map();
  #nextId = 1;
  /** @type {MatteError | null} */
  #dead = null;
  #worker;
  #onEvent;
  #onFrame;
  #onCrash;

  /**
   * @param {WorkerLike} worker
   * @param {BridgeListeners} listeners
   */
  constructor(worker, { onEvent, onFrame, onCrash }) {
    this.#worker = worker;
    this.#onEvent = onEvent;
    this.#onFrame = onFrame;
    this.#onCrash = onCrash;
    worker.addEventListener('message', (event) => this.#receive(event.data));
    worker.addEventListener('messageerror', () => this.#crash('a message could not be read'));
    worker.addEventListener('error', (event) => {
      event.preventDefault?.();
      // A script that cannot be loaded has no message.
      this.#crash(event.message || 'its script could not be loaded');
    });
  }

  /**
   * @template {RequestType} T
   * @param {T} type
   * @param {Requests[T]['payload']} payload
   * @param {Transferable[]} [transfer]
   * @returns {Promise<Requests[T]['reply']>}
   */
  request(type, payload, transfer = []) {
    if (this.#dead) return Promise.reject(this.#dead);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      // Posted first: what cannot be cloned throws here and leaves nothing pending.
      this.#worker.postMessage(request(type, id, payload), transfer);
      this.#pending.set(id, { type, resolve, reject });
    });
  }

  /**
   * Gives a frame away; closes it itself when nobody is there to take it.
   * @param {number} sourceId
   * @param {VideoFrame} frame
   */
  sendFrame(sourceId, frame) {
    if (this.#dead) {
      frame.close();
      return;
    }
    this.#worker.postMessage({ type: 'frame', sourceId, frame }, [frame]);
  }

  get isDead() {
    return this.#dead !== null;
  }

  /** Whether an answer is awaited, pings apart. */
  get isBusy() {
    return [...this.#pending.values()].some(({ type }) => type !== 'ping');
  }

  /**
   * Ends a worker that is of no use any more, as if it had died.
   * @param {string} detail
   * @param {import('../shared/errors.js').MatteErrorCode} [code]
   */
  abandon(detail, code) {
    this.#crash(detail, code);
  }

  /** Ends the worker; whatever is still open is refused. */
  terminate() {
    this.#end(new MatteError('unknown', 'the engine has been disposed of'));
  }

  /** @param {FromWorker} message */
  #receive(message) {
    if (message.type === 'output') {
      this.#passOn(message.frame);
      return;
    }
    if (this.#dead) return;
    if (message.type === 'event') {
      this.#onEvent(message);
      return;
    }
    const waiting = this.#pending.get(message.id);
    if (!waiting) return;
    this.#pending.delete(message.id);
    if (message.ok) waiting.resolve(message.value);
    else waiting.reject(MatteError.fromWire(message.error));
  }

  /** @param {VideoFrame} frame */
  async #passOn(frame) {
    if (this.#dead) {
      frame.close();
      return;
    }
    await this.#onFrame(frame);
    if (!this.#dead) this.#worker.postMessage({ type: 'output-taken' }, []);
  }

  /**
   * @param {string} detail
   * @param {import('../shared/errors.js').MatteErrorCode} [code]
   */
  #crash(detail, code = 'unknown') {
    if (this.#dead) return;
    const error = new MatteError(code, 'the engine stopped: reload the page', detail);
    this.#end(error);
    this.#onCrash(error);
  }

  /** @param {MatteError} error */
  #end(error) {
    if (this.#dead) return;
    this.#dead = error;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
