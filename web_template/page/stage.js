/**
 * The picture's place on the page: its shape, and what is said over it.
 *
 * @typedef {import('./i18n.js').Translator} Translator
 */

import { byId, setText } from './dom.js';

/** A sliver of a picture would leave no room for anything; beyond this it is letterboxed. */
const MIN_ASPECT = 0.56;
const MAX_ASPECT = 2.4;

export class Stage {
  #stage = byId('stage', HTMLElement);
  #frame = byId('frame', HTMLElement);
  #loading = byId('loading', HTMLElement);
  #loadingText = byId('loading-text', HTMLElement);
  #loadingBar = byId('loading-bar', HTMLProgressElement);
  #badge = byId('badge-text', HTMLElement);
  #translator;
  /** @type {{loaded: number, total: number} | null} */
  #progress = null;

  /** @param {Translator} translator */
  constructor(translator) {
    this.#translator = translator;
    translator.onChange(() => this.#renderProgress());
  }

  /** @param {{width: number, height: number}} size  of the picture */
  setSize({ width, height }) {
    if (!(width > 0 && height > 0)) return;
    const aspect = Math.min(MAX_ASPECT, Math.max(MIN_ASPECT, width / height));
    this.#stage.style.setProperty('--aspect', String(aspect));
  }

  /** @param {{loaded: number, total: number}} progress  bytes */
  setProgress(progress) {
    this.#progress = progress;
    this.#renderProgress();
  }

  /** The canvas shows a matted picture. */
  setMatted() {
    this.#frame.dataset.state = 'running';
    this.#loading.hidden = true;
  }

  /** A source was attached and has no matte yet. */
  setWaiting() {
    this.#frame.dataset.state = 'loading';
    this.#loading.hidden = false;
    this.#renderProgress();
  }

  setEmpty() {
    this.#frame.dataset.state = 'empty';
    this.#loading.hidden = true;
  }

  setFailed() {
    this.#frame.dataset.state = 'failed';
    this.#loading.hidden = true;
  }

  /**
   * @param {string} kind  of the source
   * @param {string} text
   */
  setBadge(kind, text) {
    this.#frame.dataset.source = kind;
    setText(this.#badge, text);
  }

  /** @param {boolean} mirrored */
  setMirrored(mirrored) {
    this.#frame.classList.toggle('is-mirrored', mirrored);
  }

  #renderProgress() {
    const { loaded, total } = this.#progress ?? { loaded: 0, total: 0 };
    if (total === 0 || loaded >= total) {
      this.#loadingBar.removeAttribute('value');
      setText(this.#loadingText, this.#translator.text(total ? 'stage.starting' : 'stage.loading'));
      return;
    }
    this.#loadingBar.value = loaded / total;
    const bytes = {
      loaded: this.#translator.bytes(loaded),
      total: this.#translator.bytes(total),
    };
    setText(this.#loadingText, this.#translator.text('stage.loadingBytes', bytes));
  }
}
