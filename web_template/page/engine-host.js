/**
 * Holds the one running engine, and starts another when it broke: the page outlives its engine.
 *
 * @typedef {import('./matte.js').Matte} Matte
 * @typedef {import('../shared/effects.js').Effect} Effect
 *
 * @typedef {object} HostOptions
 * @property {HTMLCanvasElement} canvas
 * @property {() => Pick<import('./matte.js').MatteOptions, 'effect' | 'model' | 'looks' | 'backend'>} wishes  asked at each start
 * @property {import('../shared/manifest.js').Manifest} manifest
 * @property {(matte: Matte, canvas: HTMLCanvasElement) => void} onStart  to listen to it
 */

import { MatteError } from '../shared/errors.js';

export class EngineHost {
  #options;
  #canvas;
  /** @type {Promise<Matte> | null} */
  #starting = null;
  /** @type {Matte | null} */
  #matte = null;
  #used = false;

  /** @param {HostOptions} options */
  constructor(options) {
    this.#options = options;
    this.#canvas = options.canvas;
  }

  /** The engine that runs, if one does. */
  get current() {
    return this.#matte;
  }

  /**
   * @returns {Promise<Matte>} the running engine, or a new one; a failed start is forgotten
   */
  get() {
    this.#starting ??= this.#start().catch((error) => {
      this.#starting = null;
      throw error;
    });
    return this.#starting;
  }

  /** Ends an engine that broke; the next `get` starts another. */
  discard() {
    if (this.#matte) this.#canvas = this.#matte.canvas; // the engine may have replaced it
    this.#matte?.dispose();
    this.#matte = null;
    this.#starting = null;
  }

  async #start() {
    const { createMatte } = await importEngine();
    if (this.#used) this.#renewCanvas();
    this.#used = true;
    const { manifest, wishes } = this.#options;
    const matte = await createMatte({ ...wishes(), canvas: this.#canvas, manifest });
    this.#matte = matte;
    this.#options.onStart(matte, this.#canvas);
    return matte;
  }

  /** A canvas can be handed to a worker only once. */
  #renewCanvas() {
    const fresh = /** @type {HTMLCanvasElement} */ (this.#canvas.cloneNode(false));
    this.#canvas.replaceWith(fresh);
    this.#canvas = fresh;
  }
}

/** Imported late, so that the page can say what is wrong when a file is missing. */
async function importEngine() {
  try {
    return await import('./matte.js');
  } catch (error) {
    throw MatteError.from(error, 'model-unavailable', 'the engine could not be loaded');
  }
}
