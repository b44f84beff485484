/** The names of the visitor's own backgrounds: later ones come after earlier ones, in any list. */

const PREFIX = 'own:'; // the site's are file names without a colon

/** @param {string} name  of a background */
export function isOwnBackdrop(name) {
  return name.startsWith(PREFIX);
}

/**
 * @param {number} nowMs  since 1970
 * @param {Iterable<string>} taken
 * @returns {string}
 */
export function ownBackdropName(nowMs, taken) {
  const times = [...taken].map((name) => Number(name.slice(PREFIX.length)) + 1);
  const time = Math.max(Math.round(nowMs), ...times.filter(Number.isFinite));
  return `${PREFIX}${String(time).padStart(14, '0')}`;
}
