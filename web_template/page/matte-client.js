/**
 * The page's end of the engine: it starts the worker, hands it sources, effects and models, and
 * tells the page what the worker tells.
 *
 * @typedef {import('../shared/effects.js').Effect} Effect
 * @typedef {import('../shared/manifest.js').Manifest} Manifest
 * @typedef {import('../shared/messages.js').Capture} Capture
 * @typedef {import('../shared/messages.js').Events} WorkerEvents
 * @typedef {import('../shared/messages.js').State} State
 * @typedef {import('../shared/messages.js').Progress} Progress
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./sources.js').Source} Source
 * @typedef {import('./sources.js').Feed} Feed
 * @typedef {import('./output-track.js').OutputTrack} OutputTrack
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
 */

import { capabilities, threadCount } from '../shared/capabilities.js';
import { checkEffect } from '../shared/effects.js';
import { MatteError } from '../shared/errors.js';
import { modelSpec, runtimeSpec } from '../shared/manifest.js';
import { emptyStats } from '../shared/stats.js';
import { Emitter } from './emitter.js';
import { createOutputTrack } from './output-track.js';
import { Restarts } from './restarts.js';
import { openFeed } from './sources.js';
import { WorkerBridge } from './worker-bridge.js';
import { watchWorker } from './worker-watch.js';

/** How long the worker may take to close what it holds before it is ended. */
const DISPOSE_LIMIT_MS = 1000;

/** Made by `createMatte` only. */
export class Matte {
  #canvas;
  #manifest;
  #siteRoot;
  #effect;
  #emitter = /** @type {Emitter<MatteEvents>} */ (new Emitter());
  /** @type {WorkerBridge} */
  #bridge;
  #unwatch = () => {};
  #restarts = new Restarts();
  /** @type {Pick<import('./matte.js').MatteOptions, 'model' | 'threads' | 'compositor'>} */
  #wishes = {};
  #hasStarted = false;
  /** What is attached. @type {Source | null} */
  #source = null;
  /** @type {Feed | null} */
  #feed = null;
  #sourceId = 0;
  #disposed = false;
  /** @type {OutputTrack | null} */
  #output = null;
  #caps = { page: capabilities(), worker: capabilities() };
  /** Attaching and detaching happen one after the other. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** @type {Promise<void>} */
  #ready = Promise.resolve();
  /** @type {Stats} */
  #stats = emptyStats(capabilities().isolated);
  /** @type {State} */
  #state = 'idle';

  /** @param {{canvas: HTMLCanvasElement, manifest: Manifest, effect: Effect, siteRoot: URL}} parts */
  constructor({ canvas, manifest, effect, siteRoot }) {
    this.#canvas = canvas;
    this.#manifest = manifest;
    this.#effect = effect;
    this.#siteRoot = siteRoot;
    this.#bridge = this.#connect();
  }

  /**
   * @param {import('./matte.js').MatteOptions} options
   * @returns {Promise<void>} resolved when frames can be attached
   */
  async start({ model, threads, compositor }) {
    this.#wishes = { model, threads, compositor };
    await this.#startWorker();
    this.#hasStarted = true;
  }

  async #startWorker() {
    const { model, threads, compositor } = this.#wishes;
    const spec = modelSpec(this.#manifest, this.#siteRoot, model);
    const canvas = this.#canvas.transferControlToOffscreen();
    this.#caps.worker = await this.#bridge.request(
      'init',
      {
        canvas,
        runtime: runtimeSpec(this.#manifest, this.#siteRoot),
        threads: threadCount(capabilities(), threads),
        compositor,
        effect: this.#effect,
      },
      [canvas],
    );
    this.#ready = this.#bridge.request('load-model', { model: spec });
    this.#reportFailure(this.#ready);
    this.#unwatch = watchWorker(this.#bridge, {
      isSettled: () => this.#state === 'running',
      frameMs: () => this.#stats.stages.totalMs.p50,
      onStuck: (detail) => this.#bridge.abandon(detail),
    });
  }

  /**
   * The canvas that shows the composited frames. Only once can a canvas be handed to a worker, so
   * a new worker gets a new one: it takes the old one's place in the page, and `canvas` is told.
   */
  get canvas() {
    return this.#canvas;
  }

  /** Resolves when the model can run; refused with the reason why it cannot. */
  get ready() {
    return this.#ready;
  }

  /** The last figures; see the `stats` event. @returns {Stats} */
  get stats() {
    return this.#stats;
  }

  get state() {
    return this.#state;
  }

  /**
   * Mattes a source from now on, in place of the one before. Streams, tracks, elements and
   * bitmaps stay the caller's: the engine neither stops nor closes them. A video element is
   * played and looped by the caller; a video Blob is played once, then `ended` is told.
   * @param {Source} source
   * @returns {Promise<MediaStreamTrack | undefined>} for a track the matted one, which is `track`
   * @throws {MatteError} 'file-unreadable' | 'camera-missing' | 'browser-too-old'
   */
  async attach(source) {
    await this.#enqueue(() => this.#open(source));
    return source instanceof MediaStreamTrack ? this.track : undefined;
  }

  /** @param {Source} source */
  async #open(source) {
    this.#stopFeed();
    this.#source = null;
    const sourceId = ++this.#sourceId;
    const listeners = {
      onFrame: (/** @type {VideoFrame} */ frame) => this.#bridge.sendFrame(sourceId, frame),
      onEnded: () => this.#ended(sourceId),
      onError: (/** @type {MatteError} */ error) => this.#report(error),
    };
    const feed = await openFeed(source, listeners, this.#caps);
    this.#feed = feed;
    try {
      await this.#bridge.request('attach', { sourceId, input: feed.input }, feed.transfer);
      feed.start();
      this.#source = source;
    } catch (error) {
      this.#stopFeed();
      throw error;
    }
  }

  /**
   * What the canvas shows, as a track for a call; made when it is first asked for. It shows the
   * replacement background whenever the canvas does, goes on from one source to the next, and
   * ends with `dispose`. Once the receiver has stopped it, the next one asked for is a new one.
   * @returns {MediaStreamTrack}
   */
  get track() {
    if (this.#disposed && !this.#output) {
      throw new MatteError('unknown', 'the engine has been disposed of');
    }
    if (!this.#output || (this.#output.track.readyState === 'ended' && !this.#disposed)) {
      this.#output = createOutputTrack();
      this.#sendFrames(true);
    }
    return this.#output.track;
  }

  /** Lets go of the source; the canvas shows the replacement background. */
  detach() {
    this.#stopFeed();
    const detached = this.#enqueue(async () => {
      this.#stopFeed();
      this.#source = null;
      this.#sourceId++;
      await this.#bridge.request('detach', {});
    });
    this.#reportFailure(detached);
  }

  /**
   * Takes effect with the next frame; a paused video or a picture is drawn anew at once.
   * @param {Effect} effect
   * @throws {TypeError} when it is none
   */
  setEffect(effect) {
    this.#effect = checkEffect(effect);
    this.#reportFailure(this.#bridge.request('set-effect', { effect: this.#effect }));
  }

  /** @returns {Effect} */
  get effect() {
    return this.#effect;
  }

  /**
   * The old model goes on until the new one can take over.
   * @param {string} name
   * @returns {Promise<void>}
   * @throws {MatteError} 'model-unavailable' | 'wasm-blocked'
   */
  async setModel(name) {
    const model = modelSpec(this.#manifest, this.#siteRoot, name);
    this.#wishes.model = name;
    this.#ready = this.#bridge.request('load-model', { model });
    await this.#ready;
  }

  /**
   * The very frame that was composited last, with the alpha that was used for it.
   * @returns {Promise<Capture>}
   */
  capture() {
    return this.#bridge.request('capture', {});
  }

  /**
   * The composited picture as a file.
   * @param {string} [type]  an image MIME type; only image/png and image/webp keep transparency
   * @returns {Promise<Blob>}
   */
  snapshot(type = 'image/png') {
    return this.#bridge.request('snapshot', { type });
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

  /** Ends the worker and everything in it. The canvas keeps its last picture. */
  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#unwatch();
    this.#stopFeed();
    this.#sendFrames(false);
    this.#output?.end();
    // The worker closes the frames that it holds; one that hangs is ended without.
    const limit = new Promise((resolve) => setTimeout(resolve, DISPOSE_LIMIT_MS));
    const closed = this.#bridge.request('detach', {}).catch(() => {});
    Promise.race([closed, limit]).then(() => this.#bridge.terminate());
    this.#setState('idle');
    this.#emitter.clear();
  }

  #connect() {
    const worker = new Worker(new URL('../worker/worker.js', import.meta.url), {
      type: 'module',
      name: 'livematte',
    });
    return new WorkerBridge(worker, {
      onEvent: ({ name, value }) => this.#receive(name, value),
      onFrame: (frame) => this.#deliver(frame),
      onCrash: (error) => this.#crashed(error),
    });
  }

  /** @param {MatteError} error */
  #crashed(error) {
    this.#unwatch();
    this.#stopFeed();
    this.#setState('failed');
    if (this.#disposed) return;
    if (this.#hasStarted && this.#restarts.take()) this.#recover(error);
    else this.#report(error);
  }

  /**
   * A new worker on a new canvas, with the settings and the source of the one before.
   * @param {MatteError} reason
   */
  async #recover(reason) {
    const startMs = performance.now();
    const source = this.#source;
    this.#renewCanvas();
    const bridge = this.#connect();
    this.#bridge = bridge;
    try {
      await this.#startWorker();
      if (this.#output) this.#sendFrames(true);
      if (!source) this.#setState('idle');
      // Unless another one was attached, or it was detached, meanwhile.
      await this.#enqueue(async () => {
        if (source && source === this.#source) await this.#open(source);
      });
      await this.#ready;
      const tookMs = performance.now() - startMs;
      this.#emitter.emit('recovered', { reason: reason.detail, tookMs });
    } catch (error) {
      if (!bridge.isDead) this.#report(error);
    }
  }

  #renewCanvas() {
    const fresh = /** @type {HTMLCanvasElement} */ (this.#canvas.cloneNode(false));
    this.#canvas.replaceWith(fresh);
    this.#canvas = fresh;
    this.#emitter.emit('canvas', fresh);
  }

  /**
   * @param {keyof WorkerEvents} name
   * @param {any} value
   */
  #receive(name, value) {
    if (name === 'stats') this.#stats = value;
    if (name === 'state') this.#setState(value);
    else if (name === 'error') this.#report(MatteError.fromWire(value));
    else if (name === 'ended') this.#ended(value.sourceId);
    else if (name === 'frame-taken') this.#taken(value.sourceId);
    else if (name === 'broken') this.#bridge.abandon(MatteError.fromWire(value).message);
    else this.#emitter.emit(name, value);
  }

  /** @param {VideoFrame} frame  is taken over */
  async #deliver(frame) {
    if (this.#output?.track.readyState === 'live') {
      await this.#output.write(frame);
      return;
    }
    frame.close();
    this.#sendFrames(false);
  }

  /** @param {boolean} isOn */
  #sendFrames(isOn) {
    this.#reportFailure(this.#bridge.request('send-frames', { isOn }));
  }

  /** @param {number} sourceId */
  #taken(sourceId) {
    if (sourceId === this.#sourceId) this.#feed?.taken();
  }

  /** @param {number} sourceId */
  #ended(sourceId) {
    if (sourceId === this.#sourceId) this.#emitter.emit('ended', null);
  }

  /** @param {State} state */
  #setState(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#emitter.emit('state', state);
  }

  /** @param {unknown} error */
  #report(error) {
    if (this.#disposed) return;
    this.#emitter.emit('error', MatteError.from(error, 'unknown', 'the engine failed'));
  }

  /**
   * What is asked of a worker that dies is not told one by one: its end is told, or it is replaced.
   * @param {Promise<unknown>} work
   */
  #reportFailure(work) {
    const bridge = this.#bridge;
    work.catch((error) => {
      if (!bridge.isDead) this.#report(error);
    });
  }

  #stopFeed() {
    this.#feed?.stop();
    this.#feed = null;
  }

  /**
   * @param {() => Promise<void>} run
   * @returns {Promise<void>}
   */
  #enqueue(run) {
    const turn = this.#queue.catch(() => {}).then(run);
    this.#queue = turn;
    return turn;
  }
}
