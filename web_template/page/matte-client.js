/**
 * The engine's public face on the page: what is asked of it goes to the worker, what the worker
 * tells becomes events. Its parts: `engine-settings.js` what is wished for, `matte-news.js` what is
 * told, `worker-life.js` the workers, `attachment.js` their sources, `backend-trial.js` their
 * backends, `track-outlet.js` the track.
 *
 * @typedef {import('../shared/effects.js').Effect} Effect
 * @typedef {import('../shared/looks.js').Looks} Looks
 * @typedef {import('../shared/comments.js').Comments} Comments
 * @typedef {import('../shared/messages.js').Capture} Capture
 * @typedef {import('../shared/messages.js').OutputView} OutputView
 * @typedef {import('../shared/own-model.js').OwnModel} OwnModel
 * @typedef {import('./backend-choice.js').BackendWish} BackendWish
 * @typedef {import('./sources.js').Source} Source
 * @typedef {import('./matte-news.js').MatteEvents} MatteEvents
 */

import { capabilities } from '../shared/capabilities.js';
import { checkComments } from '../shared/comments.js';
import { checkEffect } from '../shared/effects.js';
import { checkLooks } from '../shared/looks.js';
import { gpuRuntimeSpec } from '../shared/manifest.js';
import { BackendChoice } from './backend-choice.js';
import { createBackendMemory } from './backend-memory.js';
import { BackendTrial } from './backend-trial.js';
import { EngineSettings } from './engine-settings.js';
import { HiddenPace } from './hidden-pace.js';
import { MatteNews } from './matte-news.js';
import { TrackOutlet } from './track-outlet.js';
import { WorkerLife } from './worker-life.js';

/** Made by `createMatte` only. */
export class Matte {
  #settings;
  #news;
  #choice;
  #life;
  #trial;
  #outlet;
  #pace;
  #hasStarted = false;
  #modelTurn = 0;
  #disposed = false;

  /**
   * @param {{canvas: HTMLCanvasElement, backend?: BackendWish, hiddenRate: number | null}
   *   & ConstructorParameters<typeof EngineSettings>[0]} parts
   */
  constructor({ canvas, backend, hiddenRate, ...wishes }) {
    const { manifest, siteRoot } = wishes;
    this.#settings = new EngineSettings(wishes);
    this.#choice = new BackendChoice({
      memory: createBackendMemory(manifest),
      hasGpuBuild: gpuRuntimeSpec(manifest, siteRoot, capabilities().jspi) !== null,
      wish: backend,
    });
    this.#news = new MatteNews(this.#choice);
    const onBackend = () => this.#news.tellBackend(this.#choice);
    this.#life = new WorkerLife({
      canvas,
      settings: this.#settings,
      choice: this.#choice,
      listeners: {
        onLost: () => this.#news.tellState('failed'),
        onReplaced: () => this.#outlet.resume(),
        onRecovered: (recovered) => this.#news.tell('recovered', recovered),
        onCanvas: (fresh) => this.#news.tell('canvas', fresh),
        onBackend,
        onEvent: (message) => {
          this.#news.passOn(message);
          if (message.name === 'stats') this.#trial.noticed(message.value);
        },
        onFrame: (frame) => this.#outlet.deliver(frame),
        onEnded: () => this.#news.tell('ended', null),
        onError: (error) => this.#news.tellError(error),
      },
    });
    this.#trial = new BackendTrial({ life: this.#life, choice: this.#choice, onBackend });
    this.#outlet = new TrackOutlet((isOn) => this.#life.worker.tell('send-frames', { isOn }));
    this.#pace = new HiddenPace(hiddenRate, (maxFps) => {
      this.#settings.maxFps = maxFps;
      if (this.#hasStarted) this.#life.worker.tell('set-pace', { maxFps });
    });
  }

  /** @returns {Promise<void>} resolved when frames can be attached */
  async start() {
    await this.#life.start();
    this.#hasStarted = true;
    this.#life.worker.tell('set-pace', { maxFps: this.#settings.maxFps });
  }

  /**
   * The canvas that shows the composited frames. Only once can a canvas be handed to a worker, so
   * a new worker gets a new one: it takes the old one's place in the page, and `canvas` is told.
   */
  get canvas() {
    return this.#life.worker.canvas;
  }

  /** Resolves when the model can run; refused with the reason why it cannot. */
  get ready() {
    return this.#life.worker.ready;
  }

  /** The last figures; see the `stats` event. */
  get stats() {
    return this.#news.stats;
  }

  get state() {
    return this.#news.state;
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
    await this.#life.worker.attachment.attach(source);
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

  /**
   * Keeps the rate while the page is hidden, for those who use the canvas itself: captureStream, a
   * picture in a window of its own. A `track` that is sent needs no word.
   * @returns {() => void} ends it
   */
  keepRate() {
    return this.#pace.hold();
  }

  /** Lets go of the source; the canvas shows the replacement background. */
  detach() {
    this.#life.worker.reportFailure(this.#life.worker.attachment.detach());
  }

  /**
   * Takes effect with the next frame; a paused video or a picture is drawn anew at once.
   * @param {Effect} effect
   * @throws {TypeError} when it is none
   */
  setEffect(effect) {
    this.#settings.effect = checkEffect(effect);
    this.#life.worker.tell('set-effect', { effect: this.#settings.effect });
  }

  /** @returns {Effect} */
  get effect() {
    return this.#settings.effect;
  }

  /**
   * Changes some looks, the others stay. Takes effect with the next frame; a paused video or a
   * picture is drawn anew at once.
   * @param {Partial<Looks>} looks
   * @throws {TypeError} when one is none
   */
  setLooks(looks) {
    this.#settings.looks = checkLooks(looks, this.#settings.looks);
    this.#life.worker.tell('set-looks', { looks: this.#settings.looks });
  }

  /** @returns {Readonly<Looks>} */
  get looks() {
    return this.#settings.looks;
  }

  /**
   * Whether the quality may be brought down where frames take too long. Switched off, it is the
   * usual one again at once, and `stats.governor` is null.
   * @param {boolean} isOn
   * @throws {TypeError} when it is none
   */
  setGovernor(isOn) {
    if (typeof isOn !== 'boolean') throw new TypeError('a governor is on, true, or off, false');
    this.#settings.governor = isOn;
    this.#life.worker.tell('set-governor', { isOn });
  }

  /**
   * Comments that fly between person and background, over any effect but the mask.
   * @param {Partial<Comments> | null} comments  null: none
   * @throws {TypeError} when they are none
   */
  setComments(comments) {
    this.#settings.comments = comments && checkComments(comments);
    this.#life.worker.tell('set-comments', { comments: this.#settings.comments });
  }

  /** @returns {Readonly<Comments> | null} */
  get comments() {
    return this.#settings.comments;
  }

  /**
   * How the track shows the picture: as it is and opaque, for calls, unless this says otherwise.
   * @param {Partial<OutputView>} view
   */
  setOutput(view) {
    this.#settings.output = { ...this.#settings.output, ...view };
    this.#life.worker.tell('set-output', this.#settings.output);
  }

  /**
   * The old model goes on until the new one can take over. One of the visitor's own, an ONNX file
   * that keeps the contract, is tried first; what it resolves to may be given to `createMatte` too.
   * @param {string | Blob | {name: string, bytes: BlobPart} | OwnModel} model
   * @returns {Promise<OwnModel | undefined>}
   * @throws {MatteError} 'model-unavailable' | 'wasm-blocked' | 'model-refused', for one of the
   *   visitor's own that does not keep it: `detail` is a code of shared/own-model.js
   */
  async setModel(model) {
    const turn = ++this.#modelTurn;
    const isFile = typeof model === 'object' && !('file' in model);
    const wanted = isFile ? await this.#settings.checkModel(model) : model;
    const own = typeof wanted === 'object' ? wanted : undefined;
    if (turn !== this.#modelTurn) return own; // another was asked for meanwhile
    const spec = this.#settings.spec(this.#life.worker.device, wanted);
    this.#settings.model = wanted;
    await this.#life.worker.loadModel(spec);
    return own;
  }

  /**
   * Another backend takes over, once it runs; the picture goes on meanwhile. 'auto' leaves the
   * choice to what has been found out about this machine.
   * @param {BackendWish} backend
   * @returns {Promise<void>}
   * @throws {MatteError} why it cannot be used here, 'gpu-unavailable' for one; all goes on as before
   * @throws {TypeError} when it is none
   */
  setBackend(backend) {
    return this.#trial.force(backend);
  }

  /** What was asked for last and could be met; which one runs is in the figures. */
  get backend() {
    return this.#choice.wish;
  }

  /**
   * The very frame that was composited last, with the alpha that was used for it.
   * @param {{picture?: string}} [wishes]  picture: an image MIME type, for the composited picture of
   *   this frame as a file
   * @returns {Promise<Capture>}
   */
  capture({ picture } = {}) {
    return this.#life.worker.request('capture', { picture });
  }

  /**
   * The composited picture as a file.
   * @param {string} [type]  an image MIME type; only image/png and image/webp keep transparency
   * @returns {Promise<Blob>}
   */
  snapshot(type = 'image/png') {
    return this.#life.worker.request('snapshot', { type });
  }

  /**
   * @template {keyof MatteEvents} T
   * @param {T} name
   * @param {(value: MatteEvents[T]) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    return this.#news.on(name, listener);
  }

  /** Ends the worker and everything in it. The canvas keeps its last picture. */
  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pace.end();
    this.#outlet.end();
    this.#life.end();
    this.#news.end();
  }
}
