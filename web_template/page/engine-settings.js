/**
 * All that is wished of the engine, apart from its source: what each new worker is told.
 *
 * @typedef {import('../shared/effects.js').Effect} Effect
 * @typedef {import('../shared/comments.js').Comments} Comments
 * @typedef {import('../shared/looks.js').Looks} Looks
 * @typedef {import('../shared/manifest.js').Device} Device
 * @typedef {import('../shared/manifest.js').Manifest} Manifest
 * @typedef {import('../shared/messages.js').Backend} Backend
 * @typedef {import('../shared/messages.js').OutputView} OutputView
 * @typedef {import('./matte.js').MatteOptions} MatteOptions
 * @typedef {import('../shared/own-model.js').OwnModel} OwnModel
 */

import { capabilities, threadCount } from '../shared/capabilities.js';
import { MatteError } from '../shared/errors.js';
import { automaticSpec, gpuRuntimeSpec, modelSpec, runtimeSpec } from '../shared/manifest.js';
import { ownSpec } from '../shared/own-model.js';
import { checkModel } from './model-check.js';

export class EngineSettings {
  #manifest;
  #siteRoot;
  /** @type {Pick<MatteOptions, 'threads' | 'compositor'>} */
  #fixed;

  /**
   * @param {{manifest: Manifest, siteRoot: URL, effect: Effect, looks: Looks}
   *   & Pick<MatteOptions, 'model' | 'threads' | 'compositor' | 'governor'>} wishes
   */
  constructor({ manifest, siteRoot, effect, looks, model, threads, compositor, governor }) {
    this.#manifest = manifest;
    this.#siteRoot = siteRoot;
    this.#fixed = { threads, compositor };
    this.model = model;
    this.effect = effect;
    this.looks = looks;
    /** @type {Readonly<Comments> | null} */
    this.comments = null;
    /** @type {OutputView} */
    this.output = { mirrored: false, alpha: false };
    this.governor = governor ?? true;
    /** A worker was lost: whatever it was, the next one takes no runtime that lacks anything. */
    this.isCautious = false;
    /** While nobody looks. @type {number | null} */
    this.maxFps = null;
  }

  /**
   * @param {OffscreenCanvas} canvas
   * @param {Backend} backend
   * @returns {import('../shared/messages.js').InitRequest}
   * @throws {MatteError} 'gpu-unavailable' when the site has nothing for it
   */
  initRequest(canvas, backend) {
    const { threads, compositor } = this.#fixed;
    return {
      canvas,
      backend,
      runtime: this.#runtime(backend),
      threads: threadCount(capabilities(), threads),
      compositor,
      governor: this.governor,
      effect: this.effect,
      looks: this.looks,
      comments: this.comments,
      output: this.output,
      maxFps: this.maxFps,
    };
  }

  /**
   * Tells a worker anew what may have changed since it was initialised.
   * @param {Pick<import('./engine-worker.js').EngineWorker, 'tell'>} worker
   */
  repeatTo(worker) {
    worker.tell('set-effect', { effect: this.effect });
    worker.tell('set-looks', { looks: this.looks });
    worker.tell('set-comments', { comments: this.comments });
    worker.tell('set-output', this.output);
    worker.tell('set-pace', { maxFps: this.maxFps });
    worker.tell('set-governor', { isOn: this.governor });
  }

  /**
   * @param {Device} device  of the worker that is to run it: each has its own variants
   * @param {string | OwnModel} [model]  the one that is wished for otherwise
   * @throws {MatteError} 'model-unavailable'
   */
  spec(device, model = this.model) {
    if (typeof model === 'object') return ownSpec(model);
    if (model === 'auto') return automaticSpec(this.#manifest, this.#siteRoot, device);
    return modelSpec(this.#manifest, this.#siteRoot, model, device);
  }

  /**
   * @param {Blob | {name: string, bytes: BlobPart}} file  a model of the visitor's own
   * @returns {Promise<OwnModel>} once it has been tried
   * @throws {MatteError} 'model-refused' | 'model-unavailable'
   */
  checkModel(file) {
    const blob = file instanceof Blob ? file : new Blob([file.bytes]);
    const name = 'name' in file ? String(file.name) : 'own.onnx';
    return checkModel(blob, name, runtimeSpec(this.#manifest, this.#siteRoot));
  }

  /** @param {Backend} backend */
  #runtime(backend) {
    if (backend === 'wasm') {
      const runtime = runtimeSpec(this.#manifest, this.#siteRoot);
      return this.isCautious ? { ...runtime, reduced: null } : runtime;
    }
    const runtime = gpuRuntimeSpec(this.#manifest, this.#siteRoot, capabilities().jspi);
    if (runtime) return runtime;
    throw new MatteError(
      'gpu-unavailable',
      'this site carries no WebGPU runtime for this browser: use the backend wasm',
    );
  }
}
