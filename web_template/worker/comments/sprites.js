/**
 * Comments as pictures: white or coloured letters with a dark rim and a soft shadow, so that they
 * can be read before anything. Each is drawn once, when it is first seen.
 *
 * @typedef {object} Sprite
 * @property {OffscreenCanvas} canvas
 * @property {number} width   pixels, with the rim
 * @property {number} height
 * @property {number} pad     how far the rim and the shadow reach beyond the letters
 */

/** The system's own letters, for every script; emoji come from the system too. */
const FONT =
  '600 {size}px "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans", system-ui, sans-serif';

/** Letters in a line's height. */
const LETTER_SHARE = 0.72;
/** More are not seen at once; older ones are drawn again. */
const MAX_SPRITES = 160;

export class Sprites {
  /** In the order of their last use. @type {Map<string, Sprite>} */
  #sprites = new Map();
  /** @type {OffscreenCanvasRenderingContext2D | null} */
  #ruler = null;

  /**
   * @param {string} text
   * @param {number} lineHeight  pixels
   * @returns {number} pixels
   */
  measure(text, lineHeight) {
    this.#ruler ??= new OffscreenCanvas(1, 1).getContext('2d');
    if (!this.#ruler) return text.length * lineHeight;
    this.#ruler.font = fontOf(lineHeight);
    return Math.ceil(this.#ruler.measureText(text).width);
  }

  /**
   * @param {string} text
   * @param {string} color
   * @param {number} lineHeight  pixels
   * @param {boolean} mirrored
   * @returns {Sprite | null} null where there is no canvas to draw on
   */
  get(text, color, lineHeight, mirrored) {
    const key = `${lineHeight} ${mirrored} ${color} ${text}`;
    const found = this.#sprites.get(key) ?? this.#draw(text, color, lineHeight, mirrored);
    if (!found) return null;
    this.#sprites.delete(key);
    this.#sprites.set(key, found);
    const [oldest] = this.#sprites.keys();
    if (this.#sprites.size > MAX_SPRITES) this.#sprites.delete(oldest);
    return found;
  }

  clear() {
    this.#sprites.clear();
  }

  /**
   * @param {string} text
   * @param {string} color
   * @param {number} lineHeight
   * @param {boolean} mirrored
   */
  #draw(text, color, lineHeight, mirrored) {
    const pad = Math.ceil(lineHeight * 0.16);
    const width = this.measure(text, lineHeight) + 2 * pad;
    const height = lineHeight + 2 * pad;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return null;
    if (mirrored) {
      context.translate(width, 0);
      context.scale(-1, 1);
    }
    context.font = fontOf(lineHeight);
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    const [x, y] = [pad, height / 2];
    context.shadowColor = 'rgb(0 0 0 / 55%)';
    context.shadowBlur = lineHeight * 0.14;
    context.shadowOffsetY = lineHeight * 0.03;
    context.strokeStyle = 'rgb(12 16 14 / 82%)';
    context.lineWidth = Math.max(2, lineHeight * 0.085);
    context.strokeText(text, x, y);
    context.shadowColor = 'transparent';
    context.fillStyle = color;
    context.fillText(text, x, y);
    return { canvas, width, height, pad };
  }
}

/** @param {number} lineHeight */
function fontOf(lineHeight) {
  return FONT.replace('{size}', String(Math.round(lineHeight * LETTER_SHARE)));
}
