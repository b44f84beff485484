/**
 * What the page remembers from visit to visit, in the browser's own storage.
 *
 * @typedef {object} Settings
 * @property {string | null} locale   null: the browser's language
 * @property {EffectKind} effect
 * @property {number} strength        of the blur, 0..1
 * @property {string} color           '#rrggbb'
 * @property {string} backdrop        the name of a built-in or of an own one
 * @property {string | null} model    null: the site's default
 * @property {boolean} ownModel       the visitor's own in its place, if one has been kept
 * @property {import('./backend-choice.js').BackendWish} backend
 * @property {boolean} mirrored
 * @property {boolean} shortcuts      single keys act
 * @property {import('../shared/looks.js').Looks} looks
 * @property {import('./comments-control.js').CommentSettings} comments
 * @property {string | null} camera   a device's id; null: the browser's choice
 * @property {Resolution} resolution  of the camera
 * @property {boolean} microphone     is recorded too
 * @property {boolean} toFile         recordings are written to a file while they run
 * @typedef {import('../shared/effects.js').Effect['kind']} EffectKind
 */

import { checkComments } from '../shared/comments.js';
import { EFFECT_KINDS } from '../shared/effects.js';
import { checkLooks } from '../shared/looks.js';
import { BACKEND_WISHES } from './backend-choice.js';
import { PAGE_LOOKS } from './page-looks.js';
import { readLink } from './share-link.js';
import { useStorage } from './storage.js';

const KEY = 'livematte.settings';

export const RESOLUTIONS = Object.freeze(/** @type {const} */ (['360p', '720p', '1080p']));
/** @typedef {(typeof RESOLUTIONS)[number]} Resolution */

/** @type {Readonly<Settings>} */
export const DEFAULTS = Object.freeze({
  locale: null,
  effect: 'image', // shows at first sight what the page does, and hides the room
  strength: 0.5,
  color: '#00b140',
  backdrop: 'ridge',
  model: null,
  ownModel: false,
  backend: 'auto',
  mirrored: true,
  shortcuts: true,
  looks: PAGE_LOOKS,
  comments: Object.freeze({
    on: false,
    text: null,
    speed: 0.4,
    size: 0.4,
    density: 0.5,
    colors: 'mixed',
  }),
  camera: null,
  resolution: '720p',
  microphone: false,
  toFile: false,
});

/** @type {{[K in keyof Settings]: (value: unknown) => boolean}} */
const VALID = {
  locale: (value) => value === null || typeof value === 'string',
  effect: (value) => EFFECT_KINDS.includes(/** @type {EffectKind} */ (value)),
  strength: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  color: (value) => typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value),
  backdrop: (value) => typeof value === 'string',
  model: (value) => value === null || typeof value === 'string',
  ownModel: (value) => typeof value === 'boolean',
  backend: (value) => BACKEND_WISHES.some((wish) => wish === value),
  mirrored: (value) => typeof value === 'boolean',
  shortcuts: (value) => typeof value === 'boolean',
  looks: (value) => isAccepted(() => checkLooks(/** @type {any} */ (value)), value),
  comments: isCommentSettings,
  camera: (value) => value === null || typeof value === 'string',
  resolution: (value) => RESOLUTIONS.includes(/** @type {Resolution} */ (value)),
  microphone: (value) => typeof value === 'boolean',
  toFile: (value) => typeof value === 'boolean',
};

/**
 * @param {() => unknown} check  throws at what is none
 * @param {unknown} value
 */
function isAccepted(check, value) {
  if (value === null || typeof value !== 'object') return false;
  try {
    check();
    return true;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return false;
  }
}

/** @param {any} value */
function isCommentSettings(value) {
  const { on, text, ...flight } = value ?? {};
  if (typeof on !== 'boolean' || !(text === null || typeof text === 'string')) return false;
  return isAccepted(() => checkComments({ ...flight, lines: [] }), value);
}

/**
 * What was stored may be of an older version or damaged: each value is taken only if it fits.
 * @param {string | null} stored
 * @param {Readonly<Settings>} [defaults]
 * @returns {Settings}
 */
export function parseSettings(stored, defaults = DEFAULTS) {
  /** @type {any} */
  let found = null;
  try {
    found = JSON.parse(stored ?? 'null');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return validSettings(found, defaults);
}

/**
 * @param {any} found  of anywhere
 * @param {Readonly<Settings>} defaults  in place of what does not fit
 * @returns {Settings}
 */
export function validSettings(found, defaults) {
  const entries = Object.entries(defaults).map(([key, value]) => {
    const valid = VALID[/** @type {keyof Settings} */ (key)];
    return [key, valid(found?.[key]) ? found[key] : value];
  });
  return /** @type {Settings} */ (Object.fromEntries(entries));
}

/** What the site was built with comes before what the page is made with. */
export function siteDefaults() {
  const site = globalThis.document?.getElementById('site')?.textContent;
  const { comments, ...others } = (site && JSON.parse(site).defaults) || {};
  return { ...DEFAULTS, ...others, comments: { ...DEFAULTS.comments, ...comments } };
}

/** @returns {Settings} what was remembered, less what the page's address says */
export function loadSettings() {
  const stored = useStorage('localStorage', (storage) => storage.getItem(KEY));
  const remembered = parseSettings(stored, siteDefaults());
  return validSettings(readLink(globalThis.location?.search ?? '', remembered), remembered);
}

/** @type {Set<(changes: Partial<Settings>) => void>} */
const listeners = new Set();

/** @param {(changes: Partial<Settings>) => void} listener  told of each change */
export function onSettings(listener) {
  listeners.add(listener);
}

/** @param {Partial<Settings>} changes */
export function saveSettings(changes) {
  for (const listener of listeners) listener(changes);
  useStorage('localStorage', (storage) => {
    const all = { ...parseSettings(storage.getItem(KEY), siteDefaults()), ...changes };
    storage.setItem(KEY, JSON.stringify(all));
  });
}
