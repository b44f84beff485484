/**
 * What a visitor takes away: a picture as a file or in the clipboard, a recording, a small window,
 * the whole screen.
 *
 * @typedef {import('../notices.js').Notices} Notices
 * @typedef {import('../i18n.js').Translator} Translator
 *
 * @typedef {object} TakeAwayOptions
 * @property {() => import('../matte.js').Matte | null} matte
 * @property {() => boolean} isMirrored  the view is
 * @property {Notices} notices
 * @property {Translator} translator
 * @property {import('../settings.js').Settings} settings
 */

import { byId } from '../dom.js';
import { download, fileName, mirrorPicture } from '../snapshot.js';
import { RecordControl } from './record-control.js';
import { SharedTrack } from './shared-track.js';
import { canShowSmall, toggleSmallWindow } from './small-window.js';

export class TakeAway {
  #options;
  #shared;
  #record;
  #copy = byId('copy', HTMLButtonElement);
  #small = byId('small', HTMLButtonElement);

  /** @param {TakeAwayOptions} options */
  constructor(options) {
    this.#options = options;
    const { notices, translator, settings } = options;
    this.#shared = new SharedTrack(options.matte);
    this.#record = new RecordControl({
      translator,
      shared: this.#shared,
      wishes: settings,
      onError: (code) => notices.show(code),
      announce: (text) => notices.announce(text),
      onStart: () => this.#asSeen(),
    });
    this.#copy.addEventListener('click', () => this.copy());
    this.#small.addEventListener('click', () => this.#toggleSmall());
    this.#small.hidden = !canShowSmall();
  }

  /** By single keys. */
  get keys() {
    return { r: () => this.#record.toggle(), w: () => this.#small.click() };
  }

  /** @param {boolean} hasPicture */
  setAvailable(hasPicture) {
    this.#copy.disabled = !hasPicture;
    this.#small.disabled = !hasPicture;
    this.#record.setAvailable(hasPicture);
    if (hasPicture) this.#options.matte()?.setOutput({ mirrored: this.#options.isMirrored() });
  }

  /** The engine is about to go: what was recorded so far is saved. */
  stop() {
    return this.#record.stop();
  }

  /** Saves what is shown, with its transparency. */
  async save() {
    const { notices, translator } = this.#options;
    try {
      const picture = await this.#picture();
      if (!picture) return;
      download(picture, fileName(new Date()));
      notices.announce(translator.text('announce.snapshot'));
    } catch (error) {
      console.warn(error);
      notices.show('snapshot');
    }
  }

  async copy() {
    const { notices, translator } = this.#options;
    try {
      // A promise, since Safari takes only what was asked for in the very click.
      const picture = this.#picture().then(
        (blob) => blob ?? Promise.reject(new Error('no picture')),
      );
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
      notices.announce(translator.text('announce.copied'));
    } catch (error) {
      console.info('not copied:', error);
      notices.show('clipboard-refused');
    }
  }

  async #picture() {
    const picture = await this.#options.matte()?.snapshot('image/png');
    return picture && this.#options.isMirrored() ? mirrorPicture(picture) : picture;
  }

  /** The track shows what the visitor sees: mirrored, and transparent where the effect is. */
  #asSeen() {
    const matte = this.#options.matte();
    const alpha = matte?.effect.kind === 'cutout';
    matte?.setOutput({ mirrored: this.#options.isMirrored(), alpha });
  }

  async #toggleSmall() {
    try {
      this.#asSeen();
      await toggleSmallWindow(this.#shared);
    } catch (error) {
      console.info('no small window:', error);
      this.#options.notices.show('window-refused');
    }
  }
}

/** The picture alone, on the whole screen, or back. */
export function toggleFullscreen() {
  const frame = byId('frame', HTMLElement);
  const change = document.fullscreenElement ? document.exitFullscreen() : frame.requestFullscreen();
  change.catch((error) => console.info(error)); // the page stays as it is
}
