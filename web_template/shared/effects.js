/**
 * What is drawn around the person, or instead of the background.
 *
 * @typedef {{kind: 'blur', strength: number}} BlurEffect  strength 0..1
 * @typedef {{kind: 'color', color: string}} ColorEffect  '#rrggbb'
 * @typedef {{kind: 'image', image: ImageBitmap}} ImageEffect  drawn to cover the frame
 * @typedef {{kind: 'cutout'}} CutoutEffect  the person on transparency
 * @typedef {{kind: 'overlay', color: string}} OverlayEffect  the frame, the person half tinted
 * @typedef {{kind: 'mask'}} MaskEffect  the alpha itself, white is person
 * @typedef {BlurEffect | ColorEffect | ImageEffect | CutoutEffect | OverlayEffect | MaskEffect} Effect
 * @typedef {readonly [red: number, green: number, blue: number, alpha: number]} Rgba  0..1, not premultiplied
 */

export const EFFECT_KINDS = Object.freeze(
  /** @type {const} */ (['blur', 'color', 'image', 'cutout', 'overlay', 'mask']),
);

/** @type {Effect} */
export const DEFAULT_EFFECT = Object.freeze({ kind: 'blur', strength: 0.5 });

/** Drawn in place of a background that is made from the frame, while there is no alpha for it. */
const NEUTRAL = /** @type {Rgba} */ (Object.freeze([0.16, 0.17, 0.19, 1]));
const TRANSPARENT = /** @type {Rgba} */ (Object.freeze([0, 0, 0, 0]));
const BLACK = /** @type {Rgba} */ (Object.freeze([0, 0, 0, 1]));

/**
 * The effect, checked, as a new frozen object without foreign keys.
 * @param {Effect} effect
 * @returns {Effect}
 * @throws {TypeError} that says what would be right
 */
export function checkEffect(effect) {
  switch (effect?.kind) {
    case 'blur':
      return Object.freeze({ kind: 'blur', strength: checkStrength(effect.strength) });
    case 'color':
      return Object.freeze({ kind: 'color', color: checkColor(effect.color) });
    case 'overlay':
      return Object.freeze({ kind: 'overlay', color: checkColor(effect.color) });
    case 'image':
      return Object.freeze({ kind: 'image', image: checkImage(effect.image) });
    case 'cutout':
    case 'mask':
      return Object.freeze({ kind: effect.kind });
    default:
      throw new TypeError(
        `unknown effect ${JSON.stringify(/** @type {any} */ (effect)?.kind)}: use one of ${EFFECT_KINDS.join(', ')}`,
      );
  }
}

/**
 * What the canvas shows of an effect while there is no alpha: never the frame.
 * (An image effect draws its image; this is the colour beneath it.)
 * @param {Effect} effect
 * @returns {Rgba}
 */
export function standInColor(effect) {
  switch (effect.kind) {
    case 'color':
      return parseColor(effect.color);
    case 'cutout':
      return TRANSPARENT;
    case 'mask':
      return BLACK;
    default:
      return NEUTRAL;
  }
}

/**
 * @param {string} color  '#rrggbb'
 * @returns {Rgba}
 */
export function parseColor(color) {
  const value = Number.parseInt(checkColor(color).slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255, 1];
}

/** @param {unknown} strength */
function checkStrength(strength) {
  if (typeof strength !== 'number' || !(strength >= 0 && strength <= 1)) {
    throw new TypeError(`blur strength ${strength}: it is a number from 0 to 1`);
  }
  return strength;
}

/** @param {unknown} color */
function checkColor(color) {
  if (typeof color !== 'string' || !/^#[0-9a-f]{6}$/i.test(color)) {
    throw new TypeError(`colour ${JSON.stringify(color)}: write it as #rrggbb`);
  }
  return color;
}

/** @param {unknown} image */
function checkImage(image) {
  const size = /** @type {ImageBitmap | undefined} */ (image);
  if (!(Number(size?.width) > 0 && Number(size?.height) > 0)) {
    throw new TypeError('the image effect needs an ImageBitmap that is not closed');
  }
  return /** @type {ImageBitmap} */ (image);
}
