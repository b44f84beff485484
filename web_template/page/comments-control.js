/**
 * The panel of the comments that fly behind the person. What is written at the top flies at once
 * and joins the list below it.
 *
 * @typedef {import('../shared/comments.js').Comments} Comments
 * @typedef {import('./i18n.js').Translator} Translator
 *
 * @typedef {object} CommentSettings
 * @property {boolean} on
 * @property {string | null} text  lines; null: those that come with the page, in its language
 * @property {number} speed    0..1
 * @property {number} size     0..1
 * @property {number} density  0..1
 * @property {Comments['colors']} colors
 *
 * @typedef {object} CommentOptions
 * @property {Translator} translator
 * @property {(comments: Comments | null) => void} onChange
 * @property {(settings: CommentSettings) => void} onSave
 */

import { checkComments, cleanLines } from '../shared/comments.js';
import { all, byId, setText } from './dom.js';

const SLIDERS = /** @type {const} */ (['speed', 'size', 'density']);

export class CommentsControl {
  #settings;
  #options;
  #mirrored = false;
  #isCalm = matchMedia('(prefers-reduced-motion: reduce)');
  #panel = byId('comments', HTMLDetailsElement);
  #on = byId('comments-on', HTMLInputElement);
  #lines = byId('comments-lines', HTMLTextAreaElement);
  #line = byId('comments-line', HTMLInputElement);

  /**
   * @param {CommentSettings} settings
   * @param {CommentOptions} options
   */
  constructor(settings, options) {
    this.#settings = settings;
    this.#options = options;
    this.#panel.addEventListener('input', (event) => this.#changed(event.target));
    byId('comments-say', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.say(this.#line.value);
      this.#line.value = '';
    });
    this.#isCalm.addEventListener('change', () => this.#tell());
    options.translator.onChange(() => {
      this.#render();
      this.#tell();
    });
    this.#render();
    this.#panel.open = settings.on;
  }

  /** What the engine is to draw. @returns {Comments | null} */
  get comments() {
    const { on, speed, size, density, colors } = this.#settings;
    if (!on) return null;
    const lines = this.#text.split('\n');
    const calm = this.#isCalm.matches;
    return checkComments({ lines, speed, size, density, colors, calm, mirrored: this.#mirrored });
  }

  /** Shows them or takes them away. */
  toggle() {
    this.#take({ on: !this.#settings.on });
  }

  /** @param {string} text  flies at once */
  say(text) {
    const [line] = cleanLines([text]);
    if (!line) return;
    const others = this.#text.split('\n').filter((each) => each.trim() !== line);
    this.#take({ on: true, text: [...others, line].join('\n') });
  }

  /** @param {boolean} mirrored  whether the view is: the letters are not */
  setMirrored(mirrored) {
    if (mirrored === this.#mirrored) return;
    this.#mirrored = mirrored;
    this.#tell();
  }

  get #text() {
    return this.#settings.text ?? this.#options.translator.text('comments.preset');
  }

  /** @param {EventTarget | null} control */
  #changed(control) {
    if (control === this.#line) return;
    const values = SLIDERS.map((name) => [name, Number(this.#slider(name).value) / 100]);
    const chosen = this.#colors.find(({ checked }) => checked)?.value;
    this.#take({
      on: this.#on.checked,
      ...(control === this.#lines ? { text: this.#lines.value } : {}),
      ...Object.fromEntries(values),
      colors: chosen === 'white' ? 'white' : 'mixed',
    });
  }

  /** @param {Partial<CommentSettings>} changes */
  #take(changes) {
    this.#settings = { ...this.#settings, ...changes };
    this.#render();
    this.#options.onSave(this.#settings);
    this.#tell();
  }

  #tell() {
    this.#options.onChange(this.comments);
  }

  #render() {
    const { on, colors } = this.#settings;
    this.#on.checked = on;
    const state = on ? this.#options.translator.text('comments.on') : '';
    setText(byId('comments-state', HTMLElement), state);
    if (this.#lines.value !== this.#text) this.#lines.value = this.#text;
    for (const name of SLIDERS) {
      const slider = this.#slider(name);
      slider.value = String(Math.round(100 * this.#settings[name]));
      slider.style.setProperty('--share', `${slider.value}%`);
    }
    for (const radio of this.#colors) radio.checked = radio.value === colors;
  }

  /** @param {(typeof SLIDERS)[number]} name */
  #slider(name) {
    return byId(`comments-${name}`, HTMLInputElement);
  }

  get #colors() {
    return all(this.#panel, 'input[name="comment-colors"]', HTMLInputElement);
  }
}
