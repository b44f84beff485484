/**
 * What the page is told of the engine: its events, and what they said last.
 *
 * @typedef {import('../shared/messages.js').Backend} Backend
 * @typedef {import('../shared/messages.js').EventMessage} EventMessage
 * @typedef {import('../shared/messages.js').State} State
 * @typedef {import('../shared/messages.js').Progress} Progress
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./backend-choice.js').BackendReason} BackendReason
 * @typedef {{backend: Backend, reason: BackendReason}} ChosenBackend
 *
 * @typedef {object} MatteEvents  what `on` listens to
 * @property {Stats} stats                  a few times a second while frames flow
 * @property {State} state                  'idle' | 'loading' | 'running' | 'failed'
 * @property {Progress} progress            bytes of model and runtime while a model loads
 * @property {{width: number, height: number}} size  of the canvas, when it changes
 * @property {{startupMs: number}} first-matte  once for each source
 * @property {null} ended                   a video or a stream came to its end
 * @property {MatteError} error
 * @property {{reason: string, tookMs: number}} recovered  a worker that broke was replaced
 * @property {HTMLCanvasElement} canvas     another one has taken the place of the one before
 * @property {ChosenBackend} backend        another one, or for another reason
 */

import { capabilities } from '../shared/capabilities.js';
import { MatteError } from '../shared/errors.js';
import { emptyStats } from '../shared/stats.js';
import { Emitter } from './emitter.js';

export class MatteNews {
  #emitter = /** @type {Emitter<MatteEvents>} */ (new Emitter());
  #backend;
  /** @type {Stats} */
  #stats;
  /** @type {State} */
  #state = 'idle';
  #hasEnded = false;

  /** @param {ChosenBackend} chosen  with which the engine begins */
  constructor({ backend, reason }) {
    this.#backend = { backend, reason };
    this.#stats = { ...emptyStats(capabilities().isolated), backendReason: reason };
  }

  get stats() {
    return this.#stats;
  }

  get state() {
    return this.#state;
  }

  /**
   * @template {keyof MatteEvents} T
   * @param {T} name
   * @param {(value: MatteEvents[T]) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /**
   * @template {keyof MatteEvents} T
   * @param {T} name
   * @param {MatteEvents[T]} value
   */
  tell(name, value) {
    if (!this.#hasEnded) this.#emitter.emit(name, value);
  }

  /** @param {EventMessage} message  of the worker */
  passOn({ name, value }) {
    if (name === 'state') {
      this.tellState(value);
    } else if (name === 'stats') {
      this.#stats = { ...value, backendReason: this.#backend.reason };
      this.tell('stats', this.#stats);
    } else if (name === 'progress' || name === 'size' || name === 'first-matte') {
      this.tell(name, /** @type {any} */ (value));
    }
  }

  /** @param {ChosenBackend} chosen  maybe the one that it has been */
  tellBackend({ backend, reason }) {
    if (backend === this.#backend.backend && reason === this.#backend.reason) return;
    this.#backend = { backend, reason };
    this.#stats = { ...this.#stats, backendReason: reason };
    this.tell('backend', this.#backend);
  }

  /** @param {State} state */
  tellState(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.tell('state', state);
  }

  /** @param {unknown} error */
  tellError(error) {
    this.tell('error', MatteError.from(error, 'unknown', 'the engine failed'));
  }

  /** Nobody is told anything any more. */
  end() {
    this.tellState('idle');
    this.#hasEnded = true;
    this.#emitter.clear();
  }
}
