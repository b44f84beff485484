/**
 * The comments of one engine: what a compositor draws between person and background, and the clock
 * that draws them while nothing else moves, before a picture or a paused video.
 *
 * @typedef {import('../../shared/comments.js').Comments} Comments
 * @typedef {import('./sprites.js').Sprite} Sprite
 *
 * @typedef {object} PlacedSprite
 * @property {Sprite} sprite
 * @property {number} x        of its left edge, pixels; it may be outside of the picture
 * @property {number} y
 * @property {number} opacity  0..1
 *
 * @typedef {object} LayerOptions
 * @property {() => void} redraw   draws what is shown once more
 * @property {() => boolean} isBusy  a frame is on its way, and brings them along
 * @property {() => number} [now]  milliseconds
 */

import { CommentFlow } from './flow.js';
import { Sprites } from './sprites.js';

const FRAME_MS = 33;

export class CommentLayer {
  #options;
  #now;
  #sprites = new Sprites();
  /** @type {Comments | null} */
  #comments = null;
  /** @type {CommentFlow | null} */
  #flow = null;
  #flowSize = '';
  #drawnMs = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {LayerOptions} options */
  constructor({ now = () => performance.now(), ...options }) {
    this.#options = options;
    this.#now = now;
  }

  /** @param {Comments | null} comments  null or no lines: none */
  set(comments) {
    this.stop();
    const before = this.#comments;
    this.#comments = comments && comments.lines.length > 0 ? comments : null;
    const goesOn = this.#comments?.size === before?.size;
    if (this.#comments && goesOn) this.#flow?.update(this.#comments);
    else this.#flow = null;
    if (this.#comments) this.#timer = setInterval(() => this.#tick(), FRAME_MS);
    else this.#sprites.clear();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * @param {number} width   of the picture, pixels
   * @param {number} height
   * @returns {PlacedSprite[]} that are to be drawn now
   */
  place(width, height) {
    const comments = this.#comments;
    if (!comments) return [];
    this.#drawnMs = this.#now();
    const flow = this.#flowFor(comments, width, height);
    const { lineHeight } = flow;
    return flow.at(this.#drawnMs / 1000).flatMap(({ text, color, x, y, opacity }) => {
      const sprite = this.#sprites.get(text, color, lineHeight, comments.mirrored);
      if (!sprite) return [];
      const left = comments.mirrored ? width - x - sprite.width + sprite.pad : x - sprite.pad;
      return [{ sprite, x: left, y: y - sprite.pad, opacity }];
    });
  }

  /**
   * @param {Comments} comments
   * @param {number} width
   * @param {number} height
   */
  #flowFor(comments, width, height) {
    const size = `${width} ${height}`;
    if (this.#flow && size === this.#flowSize) return this.#flow;
    this.#flowSize = size;
    const measure = (/** @type {string} */ text, /** @type {number} */ lineHeight) =>
      this.#sprites.measure(text, lineHeight);
    this.#flow = new CommentFlow(comments, { width, height }, measure);
    return this.#flow;
  }

  #tick() {
    if (this.#options.isBusy() || this.#now() - this.#drawnMs < FRAME_MS * 0.8) return;
    this.#options.redraw();
  }
}
