/**
 * `<live-matte>`: the engine as an element.
 *
 *     <script type="module" src="./live-matte.js"></script>
 *     <live-matte camera effect="blur" strength="0.6"></live-matte>
 *
 * Attributes, each also a property; they may change at any time:
 *   camera           opens the visitor's camera, and again when it was unplugged and is back
 *   src              URL of a picture or a video, which loops
 *   effect           blur | color | cutout | overlay | mask
 *   strength, color  of the effect
 *   model            a name of the site's manifest
 *   backend          auto | wasm | webgpu
 *   autoplay         "false" waits for play()
 * The property `source` takes whatever `attach` takes, and goes before `camera` and `src`.
 *
 * The events 'state', 'size', 'first-matte', 'ended', 'recovered', 'backend' and 'error' carry the
 * engine's value as `detail` and do not bubble. The engine lives while the element is in a document: taken
 * out, it lets go of camera, worker and memory; put back, it starts again.
 *
 * @typedef {import('./matte.js').Effect} Effect
 * @typedef {import('./matte.js').Matte} Matte
 * @typedef {import('./backend-choice.js').BackendWish} BackendWish
 * @typedef {import('./sources.js').Source} Source
 */

import { DEFAULT_EFFECT } from '../shared/effects.js';
import { MatteError } from '../shared/errors.js';
import { openWish } from './live-matte-source.js';
import { createMatte } from './matte.js';

const FORWARDED = /** @type {const} */ ([
  'state',
  'size',
  'first-matte',
  'ended',
  'recovered',
  'backend',
  'error',
]);
const DEFAULT_COLOR = '#00b140';

/** A sheet that a script makes is no inline style: the strictest policy lets it be. */
const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
  :host { display: inline-block; overflow: hidden; }
  :host([hidden]) { display: none; }
  canvas { display: block; width: 100%; height: 100%; object-fit: contain; }
  video { position: absolute; width: 1px; height: 1px; opacity: 0; }
`);

export class LiveMatteElement extends HTMLElement {
  static observedAttributes = ['camera', 'src', 'effect', 'strength', 'color', 'model', 'backend'];

  #root = this.attachShadow({ mode: 'open' });
  /** @type {Promise<Matte> | null} */
  #starting = null;
  /** @type {Matte | null} */
  #matte = null;
  /** @type {Source | null} */
  #source = null;
  /** Closes what the element has opened itself. */
  #release = () => {};
  /** Each wish makes the ones before it void. */
  #turn = 0;
  #isCameraLost = false;
  #watch = new AbortController();

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [SHEET];
  }

  /** The engine, once it has started. @returns {Matte | null} */
  get matte() {
    return this.#matte;
  }

  /** @returns {import('../shared/messages.js').State} */
  get state() {
    return this.#matte?.state ?? 'idle';
  }

  /** What the element shows as a track for a call, once it has started. */
  get track() {
    return this.#matte?.track ?? null;
  }

  /** @returns {Source | null} */
  get source() {
    return this.#source;
  }

  set source(source) {
    this.#source = source;
    if (this.#matte || this.#starting) this.play();
  }

  get camera() {
    return this.hasAttribute('camera');
  }

  set camera(isOn) {
    this.toggleAttribute('camera', isOn);
  }

  get src() {
    return this.getAttribute('src') ?? '';
  }

  set src(url) {
    this.setAttribute('src', url);
  }

  get model() {
    return this.getAttribute('model') ?? '';
  }

  set model(name) {
    this.setAttribute('model', name);
  }

  /** As it was wished for; which one runs is in the figures. @returns {BackendWish} */
  get backend() {
    const wish = this.getAttribute('backend') || 'auto';
    return /** @type {BackendWish} */ (wish); // checked where it is set
  }

  set backend(wish) {
    this.setAttribute('backend', wish);
  }

  /** As the attributes say. @returns {Effect} */
  get effect() {
    const kind = this.getAttribute('effect') ?? DEFAULT_EFFECT.kind;
    const strength = Number(this.getAttribute('strength') ?? 0.5);
    const color = this.getAttribute('color') ?? DEFAULT_COLOR;
    return /** @type {Effect} */ ({ kind, strength, color }); // checked where it is set
  }

  /** An image has no attribute: it is set on the engine alone. @param {Effect} effect */
  set effect(effect) {
    if (effect.kind === 'image') {
      this.#matte?.setEffect(effect);
      return;
    }
    if ('strength' in effect) this.setAttribute('strength', String(effect.strength));
    if ('color' in effect) this.setAttribute('color', effect.color);
    this.setAttribute('effect', effect.kind);
  }

  connectedCallback() {
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#cameraIsBack(), {
      signal,
    });
    if (this.getAttribute('autoplay') !== 'false') this.play();
  }

  disconnectedCallback() {
    this.#watch.abort();
    this.#stop();
    this.#starting?.then((matte) => matte.dispose()).catch(() => {}); // told when it happened
    this.#starting = null;
    this.#matte = null;
    this.#root.replaceChildren();
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} now
   */
  attributeChangedCallback(name, before, now) {
    if (!this.#starting || before === now) return;
    if (name === 'camera' || name === 'src') this.play();
    else if (name === 'model') this.#setModel();
    else if (name === 'backend') this.#setBackend();
    else this.#guard(async () => (await this.#starting)?.setEffect(this.effect));
  }

  /** Shows what `source`, `camera` or `src` name; failures are told as 'error' events. */
  play() {
    return this.#guard(() => this.#play());
  }

  async #play() {
    const turn = ++this.#turn;
    this.#isCameraLost = false;
    this.#starting ??= this.#start();
    const starting = this.#starting;
    starting.catch(() => {}); // awaited below, once there is something to show
    const opened = await openWish(this, this.#root);
    const matte = await starting.catch((error) => {
      opened?.release();
      throw error;
    });
    if (turn !== this.#turn) {
      opened?.release();
      return;
    }
    this.#release();
    this.#release = opened?.release ?? (() => {});
    if (opened) await matte.attach(opened.source);
    else matte.detach();
  }

  async #start() {
    const { signal } = this.#watch;
    const canvas = document.createElement('canvas');
    this.#root.append(canvas);
    const { effect, backend, model } = this;
    const starting = createMatte({ canvas, effect, backend, model: model || undefined, signal });
    const matte = await starting.catch((error) => {
      if (!signal.aborted) this.#starting = null; // the next play() tries again
      canvas.remove();
      throw error;
    });
    for (const name of FORWARDED) matte.on(name, (value) => this.#tell(name, value));
    matte.on('error', ({ code }) => {
      if (code === 'camera-lost') this.#isCameraLost = true;
    });
    this.#matte = matte;
    return matte;
  }

  #setModel() {
    this.#guard(async () => {
      const matte = await this.#starting;
      if (this.model) await matte?.setModel(this.model);
    });
  }

  #setBackend() {
    this.#guard(async () => (await this.#starting)?.setBackend(this.backend));
  }

  #cameraIsBack() {
    if (this.camera && this.#isCameraLost) this.play();
  }

  #stop() {
    this.#turn++;
    this.#release();
    this.#release = () => {};
  }

  /** @param {() => Promise<unknown>} run */
  async #guard(run) {
    const { signal } = this.#watch;
    try {
      await run();
    } catch (error) {
      if (signal.aborted) return; // it was taken out meanwhile
      if (/** @type {Error} */ (error).name === 'AbortError') return; // a later wish goes before it
      this.#tell('error', MatteError.from(error, 'unknown', 'the source cannot be shown'));
    }
  }

  /**
   * @param {string} name
   * @param {unknown} detail
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

if (!customElements.get('live-matte')) customElements.define('live-matte', LiveMatteElement);
