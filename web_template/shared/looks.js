/**
 * How the matte is made and drawn, whatever the effect. The Python reference has the same
 * (`builder/looks.py`). At the defaults nothing is changed and nothing costs anything.
 *
 * @typedef {object} Looks
 * @property {number} shrink      −1..1: > 0 moves the edge into the person, < 0 out of it
 * @property {number} softness    0..1: how wide the edge is; 0.5 is the model's own
 * @property {number} spill       0..1: how much of the old background's colour is taken out of the
 *   edge where the background is replaced
 * @property {number} lightWrap   0..1: how much of a replaced background's light laps over the edge
 * @property {number} brightness  −1..1: of the person; a gamma curve of 2^−brightness
 * @property {number} steadiness  0..1: the blend over time; 0 is none
 * @property {boolean} flow       what is blended is moved first, as the picture has; not on WebGPU
 * @property {boolean | 'largest'} islands  true: remove what hangs together with no sure person;
 *   'largest': all but the largest person too
 * @property {boolean} region     look closer at the person's region
 */

/** @type {Readonly<Looks>} */
export const DEFAULT_LOOKS = Object.freeze({
  shrink: 0,
  softness: 0.5,
  spill: 0,
  lightWrap: 0,
  brightness: 0,
  steadiness: 1,
  flow: false,
  islands: false,
  region: true,
});

/** From where to where a number goes; the other looks are switches. */
export const LOOKS_RANGES = Object.freeze({
  shrink: Object.freeze({ min: -1, max: 1 }),
  softness: Object.freeze({ min: 0, max: 1 }),
  spill: Object.freeze({ min: 0, max: 1 }),
  lightWrap: Object.freeze({ min: 0, max: 1 }),
  brightness: Object.freeze({ min: -1, max: 1 }),
  steadiness: Object.freeze({ min: 0, max: 1 }),
});

const LARGEST = 'largest';

/** How far the centre of the ramp moves at full shrink, in alpha. */
const SHRINK_REACH = 0.35;
/** How much wider the ramp is at full softness, and narrower at none. */
const SOFTNESS_FACTOR = 4;
/** The ramp keeps off both ends: a background that is a little unsure must not shine through. */
const MARGIN = 0.02;
const CENTRE_MARGIN = 0.1;

/**
 * The looks, checked, as a new frozen object.
 * @param {Partial<Looks>} [wanted]  what is left out, or undefined, is as in `base`
 * @param {Looks} [base]
 * @returns {Readonly<Looks>}
 * @throws {TypeError} that says what would be right
 */
export function checkLooks(wanted = {}, base = DEFAULT_LOOKS) {
  if (wanted === null || typeof wanted !== 'object') {
    throw new TypeError(`looks ${JSON.stringify(wanted)}: give an object such as {shrink: 0.2}`);
  }
  const looks = { ...base };
  for (const [key, value] of Object.entries(wanted)) {
    if (value !== undefined) Object.assign(looks, { [key]: checkLook(key, value) });
  }
  return Object.freeze(looks);
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function checkLook(key, value) {
  if (!Object.hasOwn(DEFAULT_LOOKS, key)) {
    const known = Object.keys(DEFAULT_LOOKS).join(', ');
    throw new TypeError(`unknown look ${JSON.stringify(key)}: use one of ${known}`);
  }
  if (!Object.hasOwn(LOOKS_RANGES, key)) {
    if (typeof value === 'boolean' || (key === 'islands' && value === LARGEST)) return value;
    const or = key === 'islands' ? `, false or "${LARGEST}"` : ' or false';
    throw new TypeError(`${key} ${JSON.stringify(value)}: it is true${or}`);
  }
  const { min, max } = LOOKS_RANGES[/** @type {keyof typeof LOOKS_RANGES} */ (key)];
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new TypeError(`${key} ${JSON.stringify(value)}: it is a number from ${min} to ${max}`);
}

/**
 * The ramp of a matte's edge (see `shapeAlpha`) with shrink and softness. Both work on the enlarged
 * alpha: shrink moves the ramp's centre up, softness widens it about its centre by a factor from
 * 1/4 to 4. A model without a ramp counts as one with a ramp from 0 to 1 as soon as either is set.
 * @param {readonly [lo: number, hi: number] | null} ramp  the model's own
 * @param {Pick<Looks, 'shrink' | 'softness'>} looks
 * @returns {readonly [lo: number, hi: number] | null}
 */
export function rampWith(ramp, { shrink, softness }) {
  if (shrink === DEFAULT_LOOKS.shrink && softness === DEFAULT_LOOKS.softness) return ramp;
  const [low, high] = ramp ?? [0, 1];
  const moved = (low + high) / 2 + SHRINK_REACH * shrink;
  const centre = Math.min(1 - CENTRE_MARGIN, Math.max(CENTRE_MARGIN, moved));
  const half = ((high - low) / 2) * SOFTNESS_FACTOR ** (2 * softness - 1);
  return [Math.max(MARGIN, centre - half), Math.min(1 - MARGIN, centre + half)];
}
