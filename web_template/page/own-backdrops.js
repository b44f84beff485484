/**
 * The visitor's own backgrounds: their tiles in the picker, and the browser's storage that keeps
 * them for the next visit. Nothing of them is in the address. One at a time is opened.
 *
 * @typedef {import('./own-backdrop.js').OwnBackdrop} OwnBackdrop
 * @typedef {object} OwnBackdropsOptions
 * @property {import('./i18n.js').Translator} translator
 * @property {(picture: ImageBitmap) => void} onPicture  a video's next one, to be taken over
 * @property {(hadFocus: boolean) => void} onRemoved
 * @property {(error: unknown, name: string) => void} onError
 * @property {(code: 'backdrop-not-kept' | 'backdrop-too-large') => void} onNotKept  it is used, but
 *   only until the page is closed
 */

import { all, byId } from './dom.js';
import { labelElement } from './i18n.js';
import { dropFile, keepFile, keptFiles } from './kept-files.js';
import { endOwnBackdrop, isVideo, openOwnBackdrop, stillOf } from './own-backdrop.js';
import { isOwnBackdrop, ownBackdropName } from './own-backdrop-name.js';

/** The oldest one leaves for one more. */
export const MAX_OWN = 8;
/** A longer video would take the storage from everything else. */
export const MAX_KEPT_VIDEO = 20e6;

export class OwnBackdrops {
  #options;
  #template = byId('own-backdrop-template', HTMLTemplateElement);
  #add = byId('own-backdrop-add', HTMLElement);
  /** Oldest first. @type {Map<string, {file: File, tile: HTMLElement, url: string}>} */
  #entries = new Map();
  /** @type {{name: string, backdrop: OwnBackdrop} | null} */
  #opened = null;
  #wanted = '';

  /** @param {OwnBackdropsOptions} options */
  constructor(options) {
    this.#options = options;
    options.translator.onChange(() => this.#translate());
    /** Those of earlier visits are there. */
    this.restored = this.#restore();
  }

  /** The one that is in use. */
  get opened() {
    return this.#opened;
  }

  /** @param {string} name */
  has(name) {
    return this.#entries.has(name);
  }

  /**
   * Takes a file in and opens it.
   * @param {File} file
   * @returns {Promise<string | null>} its name; null where it cannot be read, which is told
   */
  async add(file) {
    await this.restored;
    const name = ownBackdropName(Date.now(), this.#entries.keys());
    try {
      const backdrop = await this.#open(name, file);
      this.#show(name, file, await stillOf(file, backdrop));
      this.#use(name, backdrop);
    } catch (error) {
      this.#options.onError(error, file.name);
      return null;
    }
    return name;
  }

  /**
   * One that was added is there at the next visit, or it is told why not.
   * @param {string} name
   */
  async keep(name) {
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_OWN) await this.remove(oldest);
    const file = this.#entries.get(name)?.file;
    if (!file) return;
    if (isVideo(file) && file.size > MAX_KEPT_VIDEO) {
      this.#options.onNotKept('backdrop-too-large');
      return;
    }
    try {
      await keepFile(name, file);
    } catch (error) {
      console.info('not kept:', error);
      this.#options.onNotKept('backdrop-not-kept');
    }
  }

  /**
   * @param {string} name
   * @returns {Promise<OwnBackdrop | null>} null where there is none, or another was asked for since
   * @throws {import('../shared/errors.js').MatteError} 'file-unreadable'
   */
  async use(name) {
    this.#wanted = name;
    if (this.#opened?.name === name) return this.#opened.backdrop;
    const file = this.#entries.get(name)?.file;
    if (!file) return null;
    const backdrop = await this.#open(name, file);
    if (this.#wanted !== name || !this.has(name)) {
      endOwnBackdrop(backdrop);
      return null;
    }
    this.#use(name, backdrop);
    return backdrop;
  }

  /**
   * What to call it in a message.
   * @param {string} name
   */
  fileName(name) {
    return this.#entries.get(name)?.file.name ?? '';
  }

  /** @param {string} name  of one that goes, from the storage too */
  async remove(name) {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    const hadFocus = entry.tile.contains(document.activeElement);
    entry.tile.remove();
    this.#options.onRemoved(hadFocus);
    URL.revokeObjectURL(entry.url);
    if (this.#opened?.name === name) {
      endOwnBackdrop(this.#opened.backdrop);
      this.#opened = null;
    }
    try {
      await dropFile(name);
    } catch (error) {
      console.info('nothing was kept:', error);
    }
  }

  /**
   * @param {string} name
   * @param {File} file
   */
  #open(name, file) {
    return openOwnBackdrop(file, (picture) => {
      if (this.#opened?.name === name) this.#options.onPicture(picture);
      else picture.close();
    });
  }

  /**
   * @param {string} name
   * @param {OwnBackdrop} backdrop
   */
  #use(name, backdrop) {
    endOwnBackdrop(this.#opened?.backdrop ?? null);
    this.#wanted = name;
    this.#opened = { name, backdrop };
  }

  async #restore() {
    for (const [name, file] of await keptFiles()) {
      if (!isOwnBackdrop(name)) continue;
      try {
        this.#show(name, file, isVideo(file) ? await stillOfVideo(file) : file);
      } catch (error) {
        console.info('not readable any more:', file.name, error);
      }
    }
  }

  /**
   * @param {string} name
   * @param {File} file
   * @param {Blob} picture  a still of it
   */
  #show(name, file, picture) {
    const tile = /** @type {HTMLElement} */ (
      this.#template.content.firstElementChild?.cloneNode(true)
    );
    const url = URL.createObjectURL(picture);
    for (const image of all(tile, 'img', HTMLImageElement)) image.src = url;
    for (const input of all(tile, 'input', HTMLInputElement)) input.value = name;
    for (const button of all(tile, 'button', HTMLButtonElement)) {
      button.addEventListener('click', () => this.remove(name));
    }
    this.#entries.set(name, { file, tile, url });
    this.#add.before(tile);
    this.#translate();
  }

  #translate() {
    const { translator } = this.#options;
    for (const { file, tile } of this.#entries.values()) {
      const params = { name: file.name };
      for (const input of all(tile, 'input', HTMLInputElement)) {
        labelElement(input, translator.text('backdrop.own', params));
      }
      for (const button of all(tile, 'button', HTMLButtonElement)) {
        labelElement(button, translator.text('backdrop.remove', params));
      }
    }
  }
}

/** @param {File} file */
async function stillOfVideo(file) {
  const own = await openOwnBackdrop(file, (picture) => picture.close());
  try {
    return await stillOf(file, own);
  } finally {
    endOwnBackdrop(own);
  }
}
