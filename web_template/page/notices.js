/**
 * What went wrong, said in one sentence with what to do about it; and, for those who do not see
 * the picture, what happened.
 */

import { ERROR_CODES } from '../shared/errors.js';
import { byId, setText } from './dom.js';

/** What the page itself can fail at, beside the engine's errors. */
export const PAGE_CODES = Object.freeze(
  /** @type {const} */ ([
    'snapshot',
    'clipboard-refused',
    'backdrop-not-kept',
    'backdrop-too-large',
    'model-not-kept',
    'recording-unsupported',
    'recording-failed',
    'microphone-denied',
    'storage-full',
    'window-refused',
  ]),
);

/** @typedef {(typeof ERROR_CODES)[number] | (typeof PAGE_CODES)[number]} NoticeCode */

/** More at once would hide the picture. */
const MAX_NOTICES = 2;

/**
 * @param {unknown} error  a MatteError or anything else that was thrown
 * @returns {NoticeCode}
 */
export function noticeCode(error) {
  const code = /** @type {any} */ (error)?.code;
  return ERROR_CODES.includes(code) ? code : 'unknown';
}

export class Notices {
  #list = byId('notices', HTMLElement);
  #template = byId('notice-template', HTMLTemplateElement);
  #live = byId('live', HTMLElement);
  #translator;
  /** @type {Map<NoticeCode, {element: HTMLElement, name: string, reason: string}>} newest last */
  #shown = new Map();

  /** @param {import('./i18n.js').Translator} translator */
  constructor(translator) {
    this.#translator = translator;
    translator.onChange(() => this.#translate());
  }

  /**
   * @param {NoticeCode} code
   * @param {string} [name]    of the file that it is about
   * @param {string} [reason]  key of a text that says why
   */
  show(code, name = '', reason = '') {
    this.dismiss(code);
    const element = /** @type {HTMLElement} */ (
      this.#template.content.firstElementChild?.cloneNode(true)
    );
    element.dataset.code = code;
    element.querySelector('button')?.addEventListener('click', () => this.dismiss(code));
    this.#shown.set(code, { element, name, reason });
    this.#translate();
    this.#list.append(element); // with its text, so that it is read out whole
    for (const old of [...this.#shown.keys()].slice(0, -MAX_NOTICES)) this.dismiss(old);
  }

  /** @param {NoticeCode} code */
  dismiss(code) {
    this.#shown.get(code)?.element.remove();
    this.#shown.delete(code);
  }

  /** The newest one. @returns {boolean} whether there was one */
  dismissLast() {
    const [last] = [...this.#shown.keys()].slice(-1);
    if (last) this.dismiss(last);
    return last !== undefined;
  }

  /** What a source's start proves to be over. */
  clear() {
    for (const code of [...this.#shown.keys()]) this.dismiss(code);
  }

  /** @param {string} text  read out, not shown */
  announce(text) {
    setText(this.#live, text);
  }

  #translate() {
    for (const [code, { element, name, reason: key }] of this.#shown) {
      const reason = key && this.#translator.text(key);
      const text = element.querySelector('p');
      const button = element.querySelector('button');
      if (text) setText(text, this.#translator.text(`error.${code}`, { name, reason }));
      button?.setAttribute('aria-label', this.#translator.text('notice.dismiss'));
    }
  }
}
