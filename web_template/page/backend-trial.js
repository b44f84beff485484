/**
 * Tries WebGPU beside the backend that runs, once frames have flowed calmly for a while: a second
 * worker gets the same source, has to answer the golden frame, and races on the visitor's frames.
 * If it wins it takes over with its matte on the screen already; if not, nobody has seen it.
 *
 * @typedef {import('../shared/messages.js').Backend} Backend
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./engine-worker.js').EngineWorker} EngineWorker
 *
 * @typedef {object} BackendTrialOptions
 * @property {Pick<import('./worker-life.js').WorkerLife, 'worker' | 'understudy' | 'drop' | 'adopt'>} life
 * @property {import('./backend-choice.js').BackendChoice} choice
 * @property {() => void} onBackend  the choice, or its reason, is another one
 */

import { MatteError } from '../shared/errors.js';

/** So many frames of a source, three seconds of a camera, and the page has settled. */
const CALM_FRAMES = 90;

/** A median of fewer would be the warm-up's. */
const RACE_FRAMES = 60;

/** What has not shown so many frames by then does not keep up. */
const RACE_LIMIT_MS = 10_000;

/** For the first matte of a backend that was asked for; then it is shown without one. */
const MATTE_LIMIT_MS = 3000;

export class BackendTrial {
  #life;
  #choice;
  #onBackend;
  #isBusy = false;
  /** A wish of the page's ends what was begun before it. */
  #turn = 0;

  /** @param {BackendTrialOptions} options */
  constructor({ life, choice, onBackend }) {
    this.#life = life;
    this.#choice = choice;
    this.#onBackend = onBackend;
  }

  /** @param {Stats} stats  of the worker that is at work, each time that they are told */
  noticed({ source, frames }) {
    const flows = source === 'stream' || source === 'video';
    if (!this.#choice.isOpen || this.#isBusy || !flows || frames < CALM_FRAMES) return;
    this.#isBusy = true;
    this.#try().finally(() => {
      this.#isBusy = false;
    });
  }

  /**
   * @param {import('./backend-choice.js').BackendWish} wish
   * @returns {Promise<void>} when it is at work
   * @throws {MatteError} why it cannot be used; the one before goes on then
   * @throws {TypeError} when it is no backend
   */
  async force(wish) {
    const turn = ++this.#turn;
    const takeBack = this.#choice.choose(wish);
    try {
      await this.#bringUp(turn);
    } catch (error) {
      if (turn === this.#turn) takeBack();
      throw error;
    } finally {
      this.#onBackend();
    }
  }

  /** @param {number} turn */
  async #bringUp(turn) {
    const { backend } = this.#choice;
    if (this.#life.worker.backend === backend) return;
    const worker = await this.#life.understudy(backend);
    try {
      const shows = worker.attachment.source !== null;
      if (shows) await worker.until(() => worker.state === 'running', MATTE_LIMIT_MS);
      if (turn !== this.#turn) throw new DOMException('another backend was chosen', 'AbortError');
      await this.#life.adopt(worker);
    } finally {
      if (this.#life.worker !== worker) this.#life.drop(worker);
    }
  }

  async #try() {
    const turn = this.#turn;
    try {
      const answer = await this.#life.worker.request('ask-gpu', {});
      if (turn !== this.#turn) return;
      const backend = this.#choice.heard(answer);
      if (backend === 'webgpu') await this.#race(turn);
      else if (backend) await this.#bringUp(turn);
    } catch (error) {
      if (turn !== this.#turn || !this.#choice.isOpen) return;
      this.#choice.trialFailed(MatteError.from(error, 'unknown', 'WebGPU failed').code);
    } finally {
      this.#onBackend();
    }
  }

  /** @param {number} turn */
  async #race(turn) {
    // As it was without the other beside it: whoever challenges it has to bear that, too.
    const wasm = this.#life.worker.stats;
    const worker = await this.#life.understudy('webgpu');
    try {
      await worker.until(() => worker.stats.frames >= RACE_FRAMES, RACE_LIMIT_MS);
      const hasWon = turn === this.#turn && this.#choice.judge(wasm, worker.stats);
      if (hasWon) await this.#life.adopt(worker);
    } finally {
      if (this.#life.worker !== worker) this.#life.drop(worker);
    }
  }
}
