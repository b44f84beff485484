/**
 * How the picture looks, in the page's address: who opens it sees the same. What is left out is as
 * the site has it; what does not fit is left out.
 *
 * @typedef {import('./settings.js').Settings} Settings
 */

import { LOOKS_RANGES } from '../shared/looks.js';
import { isOwnBackdrop } from './own-backdrop-name.js';
import { PAGE_LOOKS } from './page-looks.js';

const PLAIN = /** @type {const} */ (['effect', 'color', 'backdrop', 'model']);
const COMMENT_NUMBERS = /** @type {const} */ (['speed', 'size', 'density']);
/** Addresses longer than this are cut off by some programs. */
const MAX_TEXT = 1500;

/**
 * @param {string} search  '?effect=blur&strength=0.7'
 * @param {Settings} settings  that hold where the address says nothing
 * @returns {Record<string, unknown>} settings that it names, not yet checked
 */
export function readLink(search, settings) {
  const given = new URLSearchParams(search);
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const name of PLAIN) if (given.has(name)) found[name] = given.get(name);
  if (given.has('model')) found.ownModel = false;
  if (given.has('strength')) found.strength = Number(given.get('strength'));
  const looks = readLooks(given);
  if (Object.keys(looks).length > 0) found.looks = { ...PAGE_LOOKS, ...looks };
  if (given.get('comments-on') === '0') {
    found.comments = { ...settings.comments, on: false };
  } else if (given.has('comments')) {
    const numbers = COMMENT_NUMBERS.filter((name) => given.has(`comments-${name}`)).map((name) => [
      name,
      Number(given.get(`comments-${name}`)),
    ]);
    const colors = given.get('comments-colors');
    found.comments = {
      ...settings.comments,
      on: true,
      ...(given.get('comments') ? { text: given.get('comments') } : {}),
      ...Object.fromEntries(numbers),
      ...(colors ? { colors } : {}),
    };
  }
  return found;
}

/** @param {URLSearchParams} given */
function readLooks(given) {
  /** @type {Record<string, unknown>} */
  const looks = {};
  for (const name of Object.keys(LOOKS_RANGES)) {
    if (given.has(name)) looks[name] = Number(given.get(name));
  }
  for (const name of ['islands', 'region', 'flow']) {
    if (given.has(name)) looks[name] = given.get(name) === '1';
  }
  return looks;
}

/**
 * @param {Settings} settings
 * @param {Settings} defaults  the site's: they need not be said
 * @param {string | null} [backend]  that the address asks for, which says nothing of the looks
 * @returns {string} '?…', or '' when there is nothing to say
 */
export function writeLink(settings, defaults, backend = null) {
  const link = new URLSearchParams();
  const { effect, looks, comments, ownModel } = settings;
  if (effect !== defaults.effect) link.set('effect', effect);
  if (effect === 'blur') link.set('strength', String(settings.strength));
  if (effect === 'color') link.set('color', settings.color);
  const isOtherPicture =
    settings.backdrop !== defaults.backdrop && !isOwnBackdrop(settings.backdrop); // nor this
  if (effect === 'image' && isOtherPicture) link.set('backdrop', settings.backdrop);
  const model = ownModel ? null : settings.model; // nobody else has one's own
  if (model && model !== defaults.model) link.set('model', model);
  for (const [name, value] of Object.entries(looks)) {
    if (value === PAGE_LOOKS[/** @type {keyof typeof looks} */ (name)]) continue;
    link.set(name, typeof value === 'boolean' ? String(Number(value)) : String(value));
  }
  if (comments.on) {
    link.set('comments', (comments.text ?? '').slice(0, MAX_TEXT));
    for (const name of COMMENT_NUMBERS) {
      if (comments[name] !== defaults.comments[name]) {
        link.set(`comments-${name}`, String(comments[name]));
      }
    }
    if (comments.colors !== defaults.comments.colors) link.set('comments-colors', comments.colors);
  } else if (defaults.comments.on) {
    link.set('comments-on', '0');
  }
  if (backend) link.set('backend', backend);
  const text = link.toString();
  return text && `?${text}`;
}
