/**
 * The engine's public face on the page: what is asked of it goes to the worker, what the worker
 * tells becomes events. Its parts: `worker-life.js` the worker, `attachment.js` the sources,
 * `track-outlet.js` the track.
 *
 * @typedef {import('../shared/effects.js').Effect} Effect
 * @typedef {import('../shared/looks.js').Looks} Looks
 * @typedef {import('../shared/comments.js').Comments} Comments
 * @typedef {import('../shared/messages.js').OutputView} OutputView
 * @typedef {import('../shared/manifest.js').Manifest} Manifest
 * @typedef {import('../shared/messages.js').Capture} Capture
 * @typedef {import('../shared/messages.js').EventMessage} EventMessage
 * @typedef {import('../shared/messages.js').State} State
 * @typedef {import('../shared/messages.js').Progress} Progress
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./sources.js').Source} Source
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
import { checkComments } from '../shared/comments.js';
import { checkEffect } from '../shared/effects.js';
import { MatteError } from '../shared/errors.js';
import { checkLooks } from '../shared/looks.js';
import { modelSpec, runtimeSpec } from '../shared/manifest.js';
import { emptyStats } from '../shared/stats.js';
import { Attachment } from './attachment.js';
import { Emitter } from './emitter.js';
import { TrackOutlet } from './track-outlet.js';
import { WorkerLife } from './worker-life.js';

/** Made by `createMatte` only. */
export class Matte {
  #manifest;
  #siteRoot;
  #effect;
  #looks;
  /** @type {Readonly<Comments> | null} */
  #comments = null;
  /** @type {OutputView} */
  #output = { mirrored: false, alpha: false };
  #emitter = /** @type {Emitter<MatteEvents>} */ (new Emitter());
  #life;
  #attachment;
  #outlet;
  /** Goes on with the source that a lost worker had. @type {(() => Promise<void>) | null} */
  #resume = null;
  /** @type {Pick<import('./matte.js').MatteOptions, 'model' | 'threads' | 'compositor'>} */
  #wishes = {};
  #disposed = false;
  #caps = { page: capabilities(), worker: capabilities() };
  /** @type {Promise<void>} */
  #ready = Promise.resolve();
  /** @type {Stats} */
  #stats = emptyStats(capabilities().isolated);
  /** @type {State} */
  #state = 'idle';

  /**
   * @param {{canvas: HTMLCanvasElement, manifest: Manifest, effect: Effect, looks: Looks,
   *   siteRoot: URL}} parts
   */
  constructor({ canvas, manifest, effect, looks, siteRoot }) {
    this.#manifest = manifest;
    this.#effect = effect;
    this.#looks = looks;
    this.#siteRoot = siteRoot;
    this.#life = new WorkerLife(canvas, {
      onStart: (bridge, offscreen) => this.#setUp(bridge, offscreen),
      onLost: () => this.#lost(),
      onReplaced: () => this.#goOn(),
      onRecovered: (recovered) => this.#emitter.emit('recovered', recovered),
      onCanvas: (fresh) => this.#emitter.emit('canvas', fresh),
      onEvent: (message) => this.#receive(message),
      onFrame: (frame) => this.#outlet.deliver(frame),
      onFailure: (error) => this.#report(error),
      isSettled: () => this.#state === 'running',
      frameMs: () => this.#stats.stages.totalMs.p50,
    });
    this.#attachment = new Attachment({
      worker: this.#life,
      caps: () => this.#caps,
      onEnded: () => this.#emitter.emit('ended', null),
      onError: (error) => this.#report(error),
    });
    this.#outlet = new TrackOutlet((isOn) => this.#life.tell('send-frames', { isOn }));
  }

  /**
   * @param {import('./matte.js').MatteOptions} options
   * @returns {Promise<void>} resolved when frames can be attached
   */
  async start({ model, threads, compositor }) {
    this.#wishes = { model, threads, compositor };
    await this.#life.start();
  }

  /**
   * Tells a new worker all that is wished for, but for its source.
   * @param {import('./worker-bridge.js').WorkerBridge} bridge
   * @param {OffscreenCanvas} canvas
   */
  async #setUp(bridge, canvas) {
    const { model, threads, compositor } = this.#wishes;
    const spec = modelSpec(this.#manifest, this.#siteRoot, model);
    this.#caps.worker = await bridge.request(
      'init',
      {
        canvas,
        runtime: runtimeSpec(this.#manifest, this.#siteRoot),
        threads: threadCount(capabilities(), threads),
        compositor,
        effect: this.#effect,
        looks: this.#looks,
        comments: this.#comments,
        output: this.#output,
      },
      [canvas],
    );
    this.#ready = bridge.request('load-model', { model: spec });
    this.#life.reportFailure(this.#ready);
  }

  /**
   * The canvas that shows the composited frames. Only once can a canvas be handed to a worker, so
   * a new worker gets a new one: it takes the old one's place in the page, and `canvas` is told.
   */
  get canvas() {
    return this.#life.canvas;
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
    await this.#attachment.attach(source);
    return source instanceof MediaStreamTrack ? this.track : undefined;
  }

  /**
   * What the canvas shows, as a track for a call; made when it is first asked for. It shows the
   * replacement background whenever the canvas does, goes on from one source to the next, and
   * ends with `dispose`. Once the receiver has stopped it, the next one asked for is a new one.
   * @returns {MediaStreamTrack}
   */
  get track() {
    return this.#outlet.track;
  }

  /** Lets go of the source; the canvas shows the replacement background. */
  detach() {
    this.#life.reportFailure(this.#attachment.detach());
  }

  /**
   * Takes effect with the next frame; a paused video or a picture is drawn anew at once.
   * @param {Effect} effect
   * @throws {TypeError} when it is none
   */
  setEffect(effect) {
    this.#effect = checkEffect(effect);
    this.#life.tell('set-effect', { effect: this.#effect });
  }

  /** @returns {Effect} */
  get effect() {
    return this.#effect;
  }

  /**
   * Changes some looks, the others stay. Takes effect with the next frame; a paused video or a
   * picture is drawn anew at once.
   * @param {Partial<Looks>} looks
   * @throws {TypeError} when one is none
   */
  setLooks(looks) {
    this.#looks = checkLooks(looks, this.#looks);
    this.#life.tell('set-looks', { looks: this.#looks });
  }

  /** @returns {Readonly<Looks>} */
  get looks() {
    return this.#looks;
  }

  /**
   * Comments that fly between person and background, over any effect but the mask.
   * @param {Partial<Comments> | null} comments  null: none
   * @throws {TypeError} when they are none
   */
  setComments(comments) {
    this.#comments = comments && checkComments(comments);
    this.#life.tell('set-comments', { comments: this.#comments });
  }

  /** @returns {Readonly<Comments> | null} */
  get comments() {
    return this.#comments;
  }

  /**
   * How the track shows the picture: as it is and opaque, for calls, unless this says otherwise.
   * @param {Partial<OutputView>} view
   */
  setOutput(view) {
    this.#output = { ...this.#output, ...view };
    this.#life.tell('set-output', this.#output);
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
    this.#ready = this.#life.request('load-model', { model });
    await this.#ready;
  }

  /**
   * The very frame that was composited last, with the alpha that was used for it.
   * @returns {Promise<Capture>}
   */
  capture() {
    return this.#life.request('capture', {});
  }

  /**
   * The composited picture as a file.
   * @param {string} [type]  an image MIME type; only image/png and image/webp keep transparency
   * @returns {Promise<Blob>}
   */
  snapshot(type = 'image/png') {
    return this.#life.request('snapshot', { type });
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
    this.#attachment.stop();
    this.#outlet.end();
    this.#life.end();
    this.#setState('idle');
    this.#emitter.clear();
  }

  /** The worker is gone. */
  #lost() {
    this.#resume = this.#attachment.suspend();
    this.#setState('failed');
  }

  /** Another worker has been set up. */
  async #goOn() {
    this.#outlet.resume();
    if (this.#resume) await this.#resume();
    else this.#setState('idle');
    await this.#ready;
  }

  /** @param {EventMessage} message */
  #receive({ name, value }) {
    switch (name) {
      case 'state':
        this.#setState(value);
        break;
      case 'error':
        this.#report(MatteError.fromWire(value));
        break;
      case 'ended':
        this.#attachment.ended(value.sourceId);
        break;
      case 'frame-taken':
        this.#attachment.taken(value.sourceId);
        break;
      case 'broken':
        this.#life.abandon(MatteError.fromWire(value).message);
        break;
      case 'stats':
        this.#stats = value;
        this.#emitter.emit('stats', value);
        break;
      default:
        this.#emitter.emit(name, value);
    }
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
}
