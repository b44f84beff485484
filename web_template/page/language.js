/** The page's own translator; importing it puts the page into the visitor's language. */

import { byId, readData, setText } from './dom.js';
import { pickLocale, Translator, translateTree } from './i18n.js';
import { loadSettings } from './settings.js';

/**
 * @typedef {object} Site
 * @property {string | Record<string, string>} title
 * @property {string} version
 * @property {string} engine
 * @property {Partial<import('./settings.js').Settings>} defaults  what a first visit shows
 */

/** @type {Site} */
export const site = readData('site');

/** @type {import('./i18n.js').Locales} */
const locales = readData('locales');
const remembered = loadSettings().locale;
const wishes = remembered ? [remembered, ...navigator.languages] : navigator.languages;

export const translator = new Translator(
  locales,
  pickLocale(wishes, Object.keys(locales), document.documentElement.lang),
);

/** The site's name in the language that is spoken now. */
export function siteTitle() {
  const { title } = site;
  return typeof title === 'string' ? title : (title[translator.locale] ?? title.en);
}

function speak() {
  document.documentElement.lang = translator.locale;
  document.title = siteTitle();
  setText(byId('site-title', HTMLElement), siteTitle());
  translateTree(document, translator);
}

translator.onChange(speak);
speak();
