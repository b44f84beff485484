/**
 * The model that frames go through: loaded one after the other, and the old one goes on until the
 * new one can take over.
 *
 * @typedef {import('../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../shared/messages.js').PrepareRequest} PrepareRequest
 * @typedef {import('./engine.js').OpenWay} OpenWay
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./ways/frame-way.js').FrameWay} FrameWay
 *
 * @typedef {object} ModelSlotParts
 * @property {() => Session} session  throws before there is one
 * @property {() => import('../shared/looks.js').Looks} looks
 * @property {(progress: import('../shared/messages.js').Progress) => void} onProgress
 * @property {(state: 'loading' | 'failed') => void} onState  while there is no model to go on with
 * @property {() => void} onLoaded
 */

import { capabilities, threadCount } from '../shared/capabilities.js';
import { modelSpec, runtimeSpec } from '../shared/manifest.js';
import { Prepared } from './prepared.js';

export class ModelSlot {
  #parts;
  #prepared = new Prepared();
  /** @type {FrameWay | null} */
  #way = null;
  #isEmpty = false;
  /** @type {Promise<unknown>} */
  #loading = Promise.resolve();

  /** @param {ModelSlotParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @returns {FrameWay | null} null until the first model is there */
  get way() {
    return this.#way;
  }

  /** The model could not be loaded, and there is none from before: no frame can be matted. */
  get isEmpty() {
    return this.#isEmpty;
  }

  /**
   * @param {ModelSpec} model
   * @returns {Promise<void>} when frames go through it
   */
  queue(model) {
    const turn = this.#loading.catch(() => {}).then(() => this.#try(model));
    this.#loading = turn;
    return turn;
  }

  /**
   * Opens a model that is likely to be asked for, before there is a session.
   * @param {PrepareRequest} request
   * @param {OpenWay} openWay
   */
  prepare({ manifest, siteRoot, model }, openWay) {
    const root = new URL(siteRoot);
    const options = {
      runtime: runtimeSpec(manifest, root),
      model: modelSpec(manifest, root, model),
      threads: threadCount(capabilities()),
      onProgress: this.#parts.onProgress,
    };
    this.#prepared.begin(options, openWay);
  }

  /** @param {ModelSpec} model */
  async #try(model) {
    if (this.#isEmpty) this.#parts.onState('loading');
    this.#isEmpty = false;
    try {
      await this.#load(model);
    } catch (error) {
      this.#isEmpty = this.#way === null;
      if (this.#isEmpty) this.#parts.onState('failed');
      throw error;
    }
  }

  /** @param {ModelSpec} model */
  async #load(model) {
    const { loop, settings, openWay, quality } = this.#parts.session();
    const { runtime, threads } = settings;
    const options = { runtime, threads, model, onProgress: this.#parts.onProgress };
    const way = await (this.#prepared.take(options) ?? openWay(options));
    way.setLooks(this.#parts.looks());
    const old = this.#way;
    this.#way = way;
    way.watch?.((error) => {
      if (this.#way === way) loop.fail(error);
    });
    await loop.setWay(way);
    quality.setWay(way);
    await old?.dispose();
    this.#parts.onLoaded();
  }
}
