/**
 * Texts in the visitor's language. No DOM of its own: what it fills is passed in.
 *
 * @typedef {Record<string, string>} Texts  key → text; `{name}` stands for a parameter
 * @typedef {Record<string, Texts>} Locales
 * @typedef {Record<string, string | number>} Params
 */

/**
 * The first wish that there are texts for; a regional wish (zh-TW) is met by its language.
 * @param {readonly string[]} wishes  BCP 47 tags, the most wanted first
 * @param {readonly string[]} available
 * @param {string} otherwise
 * @returns {string}
 */
export function pickLocale(wishes, available, otherwise) {
  for (const wish of wishes) {
    const tag = wish.toLowerCase();
    const found =
      available.find((locale) => locale.toLowerCase() === tag) ??
      available.find((locale) => locale.toLowerCase() === tag.split('-')[0]);
    if (found) return found;
  }
  return otherwise;
}

/**
 * @param {string} text
 * @param {Params} params
 * @returns {string} a parameter that is not given stays as it is written
 */
export function fill(text, params) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

export class Translator {
  #locales;
  #locale;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {Locales} locales
   * @param {string} locale
   */
  constructor(locales, locale) {
    this.#locales = locales;
    this.#locale = locale;
  }

  get locale() {
    return this.#locale;
  }

  get available() {
    return Object.keys(this.#locales);
  }

  /** @param {string} locale  one of `available`; another one changes nothing */
  setLocale(locale) {
    if (locale === this.#locale || !(locale in this.#locales)) return;
    this.#locale = locale;
    for (const listener of this.#listeners) listener();
  }

  /**
   * @param {() => void} listener  called after the language changed
   */
  onChange(listener) {
    this.#listeners.add(listener);
  }

  /**
   * @param {string} key
   * @param {Params} [params]
   * @returns {string} the key itself when there is no such text
   */
  text(key, params = {}) {
    return fill(this.#locales[this.#locale]?.[key] ?? key, params);
  }

  /**
   * The text of `<key>.one`, `<key>.other`, … as the language counts; `{count}` is the number.
   * @param {string} key
   * @param {number} count
   */
  plural(key, count) {
    const form = new Intl.PluralRules(this.#locale).select(count);
    const texts = this.#locales[this.#locale] ?? {};
    return this.text(`${key}.${form}` in texts ? `${key}.${form}` : `${key}.other`, { count });
  }

  /**
   * @param {number} value
   * @param {number} [digits]  after the point
   */
  number(value, digits = 0) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(this.#locale, options).format(value);
  }

  /**
   * @param {number} value
   * @returns {string} in decimal kilobytes or megabytes
   */
  bytes(value) {
    return value < 1e6 ? `${this.number(value / 1e3)} KB` : `${this.number(value / 1e6, 1)} MB`;
  }
}

/**
 * Fills every element marked in the template: `data-i18n` names the text of an element,
 * `data-i18n-name` its accessible name, `data-i18n-title` its tooltip, `data-i18n-label` both.
 * @param {ParentNode} root
 * @param {Translator} translator
 */
export function translateTree(root, translator) {
  fillMarked(root, 'data-i18n', translator, (element, text) => {
    element.textContent = text;
  });
  fillMarked(root, 'data-i18n-name', translator, (element, text) => {
    element.setAttribute('aria-label', text);
  });
  fillMarked(root, 'data-i18n-title', translator, (element, text) => {
    element.setAttribute('title', text);
  });
  fillMarked(root, 'data-i18n-placeholder', translator, (element, text) => {
    element.setAttribute('placeholder', text);
  });
  fillMarked(root, 'data-i18n-label', translator, labelElement);
}

/**
 * @param {ParentNode} root
 * @param {string} mark  the attribute that holds the key
 * @param {Translator} translator
 * @param {(element: Element, text: string) => void} fillIn
 */
function fillMarked(root, mark, translator, fillIn) {
  for (const element of root.querySelectorAll(`[${mark}]`)) {
    fillIn(element, translator.text(element.getAttribute(mark) ?? ''));
  }
}

/**
 * @param {Element} element
 * @param {string} label
 */
export function labelElement(element, label) {
  element.setAttribute('aria-label', label);
  element.setAttribute('title', label);
}
