/**
 * Comments (弹幕) that fly between the person and the background, over any effect.
 *
 * @typedef {object} Comments
 * @property {readonly string[]} lines  in any script; one may begin with its colour, '#ff6699 text'
 * @property {number} speed    0..1
 * @property {number} size     0..1
 * @property {number} density  0..1
 * @property {'white' | 'mixed'} colors  of the lines that name none
 * @property {boolean} mirrored  drawn the other way round, for a view that is mirrored
 * @property {boolean} calm    they stand and fade instead of flying
 */

export const COMMENT_COLORS = Object.freeze(/** @type {const} */ (['white', 'mixed']));

/** @type {Readonly<Comments>} */
export const DEFAULT_COMMENTS = Object.freeze({
  lines: Object.freeze([]),
  speed: 0.4,
  size: 0.4,
  density: 0.5,
  colors: 'mixed',
  mirrored: false,
  calm: false,
});

/** More would only be seen by who waits for hours; longer ones cross no screen. */
export const MAX_LINES = 500;
export const MAX_LENGTH = 120;

/** Bright enough for any background, in the order in which they are taken. */
const MIXED = Object.freeze([
  '#ffffff',
  '#ffffff',
  '#ffe066',
  '#8ce99a',
  '#74c0fc',
  '#ffa8a8',
  '#e5b3ff',
]);

/**
 * The comments, checked, as a new frozen object.
 * @param {Partial<Comments>} wanted  what is left out is as in `DEFAULT_COMMENTS`
 * @returns {Readonly<Comments>}
 * @throws {TypeError} that says what would be right
 */
export function checkComments(wanted) {
  const comments = { ...DEFAULT_COMMENTS, ...wanted };
  for (const name of /** @type {const} */ (['speed', 'size', 'density'])) {
    const value = comments[name];
    if (typeof value === 'number' && value >= 0 && value <= 1) continue;
    throw new TypeError(`${name} of the comments ${value}: it is a number from 0 to 1`);
  }
  if (!COMMENT_COLORS.includes(comments.colors)) {
    throw new TypeError(`colours of the comments: use one of ${COMMENT_COLORS.join(', ')}`);
  }
  if (!Array.isArray(comments.lines) || comments.lines.some((line) => typeof line !== 'string')) {
    throw new TypeError('lines of the comments: give a list of strings');
  }
  const lines = Object.freeze(cleanLines(comments.lines));
  const { mirrored, calm } = comments;
  return Object.freeze({ ...comments, lines, mirrored: mirrored === true, calm: calm === true });
}

/**
 * @param {readonly string[]} lines
 * @returns {string[]} without empty ones, each no longer than a screen takes
 */
export function cleanLines(lines) {
  return lines
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '')
    .slice(0, MAX_LINES)
    .map((line) => Array.from(line).slice(0, MAX_LENGTH).join(''));
}

/**
 * @param {string} line
 * @param {number} index   how many came before it
 * @param {Comments['colors']} colors
 * @returns {{text: string, color: string}} color: '#rrggbb'
 */
export function readLine(line, index, colors) {
  const own = /^(#[0-9a-f]{6})\s+(.+)$/i.exec(line);
  if (own) return { text: own[2], color: own[1].toLowerCase() };
  return { text: line, color: colors === 'mixed' ? MIXED[index % MIXED.length] : '#ffffff' };
}
