/** Asks before many pictures are cut out, shows how far it is, and hands the archive over. */

import { byId, setText } from '../dom.js';
import { download, fileName } from '../snapshot.js';

/**
 * @typedef {object} DialogOptions
 * @property {import('../i18n.js').Translator} translator
 * @property {() => import('../matte.js').MatteOptions} wishes
 * @property {(error: unknown) => void} onError
 */

export class BatchDialog {
  #options;
  #dialog = byId('batch', HTMLDialogElement);
  #text = byId('batch-text', HTMLElement);
  #bar = byId('batch-bar', HTMLProgressElement);
  #start = byId('batch-start', HTMLButtonElement);
  #cancel = byId('batch-cancel', HTMLButtonElement);
  /** @type {readonly File[]} */
  #files = [];
  /** @type {AbortController | null} */
  #running = null;
  /** What it says. @type {{key: string, params: Record<string, string | number>}} */
  #said = { key: 'batch.ask', params: {} };

  /** @param {DialogOptions} options */
  constructor(options) {
    this.#options = options;
    this.#start.addEventListener('click', () => this.#run());
    this.#cancel.addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('close', () => this.#running?.abort());
    options.translator.onChange(() => this.#render());
  }

  /** @param {readonly File[]} files  pictures */
  open(files) {
    this.#files = files;
    this.#bar.hidden = true;
    this.#start.hidden = false;
    this.#say('batch.ask', { count: files.length });
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  async #run() {
    const { translator, wishes, onError } = this.#options;
    const running = new AbortController();
    this.#running = running;
    this.#start.hidden = true;
    this.#bar.hidden = false;
    this.#bar.max = this.#files.length;
    const onProgress = (/** @type {number} */ done, /** @type {string} */ name) => {
      this.#bar.value = done;
      this.#say('batch.running', { done: done + 1, count: this.#files.length, name });
    };
    try {
      const { cutOutAll } = await import('./batch.js');
      const { signal } = running;
      const result = await cutOutAll({ files: this.#files, wishes: wishes(), onProgress, signal });
      this.#bar.value = this.#files.length;
      const name = fileName(new Date(), 'zip');
      if (result.done > 0) download(result.archive, name);
      const list = new Intl.ListFormat(translator.locale, { style: 'narrow', type: 'unit' });
      const failed = list.format(result.failed.slice(0, 5));
      if (failed) this.#say('batch.someFailed', { done: result.done, failed });
      else this.#say('batch.done', { done: result.done, name });
    } catch (error) {
      this.#dialog.close();
      if (!running.signal.aborted) onError(error);
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  /**
   * @param {string} key
   * @param {Record<string, string | number>} params
   */
  #say(key, params) {
    this.#said = { key, params };
    this.#render();
  }

  #render() {
    const { key, params } = this.#said;
    setText(this.#text, this.#options.translator.text(key, params));
  }
}
