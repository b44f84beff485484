/**
 * What the page remembers from visit to visit, in the browser's own storage.
 *
 * @typedef {object} Settings
 * @property {string | null} locale   null: the browser's language
 * @property {EffectKind} effect
 * @property {number} strength        of the blur, 0..1
 * @property {string} color           '#rrggbb'
 * @property {string} backdrop        a built-in one's name
 * @property {string | null} model    null: the site's default
 * @property {boolean} mirrored
 * @property {boolean} shortcuts      single keys act
 * @typedef {import('../shared/effects.js').Effect['kind']} EffectKind
 */

import { EFFECT_KINDS } from '../shared/effects.js';

const KEY = 'livematte.settings';

/** @type {Readonly<Settings>} */
export const DEFAULTS = Object.freeze({
  locale: null,
  effect: 'image', // shows at first sight what the page does, and hides the room
  strength: 0.5,
  color: '#00b140',
  backdrop: 'ridge',
  model: null,
  mirrored: true,
  shortcuts: true,
});

/** @type {{[K in keyof Settings]: (value: unknown) => boolean}} */
const VALID = {
  locale: (value) => value === null || typeof value === 'string',
  effect: (value) => EFFECT_KINDS.includes(/** @type {EffectKind} */ (value)),
  strength: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  color: (value) => typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value),
  backdrop: (value) => typeof value === 'string',
  model: (value) => value === null || typeof value === 'string',
  mirrored: (value) => typeof value === 'boolean',
  shortcuts: (value) => typeof value === 'boolean',
};

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
  const entries = Object.entries(defaults).map(([key, value]) => {
    const valid = VALID[/** @type {keyof Settings} */ (key)];
    return [key, valid(found?.[key]) ? found[key] : value];
  });
  return /** @type {Settings} */ (Object.fromEntries(entries));
}

/** What the site was built with comes before what the page is made with. */
function siteDefaults() {
  const site = globalThis.document?.getElementById('site')?.textContent;
  return { ...DEFAULTS, ...(site && JSON.parse(site).defaults) };
}

/** @returns {Settings} */
export function loadSettings() {
  const stored = useStorage((storage) => storage.getItem(KEY));
  return parseSettings(stored, siteDefaults());
}

/** @param {Partial<Settings>} changes */
export function saveSettings(changes) {
  useStorage((storage) => {
    const all = { ...parseSettings(storage.getItem(KEY), siteDefaults()), ...changes };
    storage.setItem(KEY, JSON.stringify(all));
    return null;
  });
}

/**
 * Storage can be forbidden or full; the page works without it.
 * @param {(storage: Storage) => string | null} use
 */
function useStorage(use) {
  try {
    return use(globalThis.localStorage);
  } catch (error) {
    if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
    return null;
  }
}
