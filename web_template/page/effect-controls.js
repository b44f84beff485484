/**
 * The picker of what is behind the person. Its state is in the form's own controls; this turns
 * it into the engine's effects and remembers it.
 *
 * @typedef {import('../shared/effects.js').Effect} Effect
 * @typedef {Effect['kind']} EffectKind
 *
 * @typedef {object} EffectOptions
 * @property {import('./settings.js').Settings} settings
 * @property {import('./i18n.js').Translator} translator
 * @property {(effect: Effect) => void} onChange
 * @property {(error: unknown, name: string) => void} onError
 * @property {import('./own-backdrops.js').OwnBackdropsOptions['onNotKept']} onNotKept
 */

import { EFFECT_KINDS } from '../shared/effects.js';
import { backdropImage, paintBackdrop } from './backdrop-layer.js';
import { builtInBackdrop, ownBackdrop } from './backdrops.js';
import { all, byId, setText } from './dom.js';
import { isOwnBackdrop } from './own-backdrop-name.js';
import { OwnBackdrops } from './own-backdrops.js';
import { saveSettings } from './settings.js';

/** The tint of the Python reference. */
const OVERLAY_COLOR = '#00ff00';

export class EffectControls {
  #options;
  #panel = byId('effects', HTMLElement);
  #strength = byId('strength', HTMLInputElement);
  #custom = byId('custom-color', HTMLInputElement);
  #ownInput = byId('own-backdrop-file', HTMLInputElement);
  #color;
  #mirrored = false;
  #turn = 0;
  #own;
  /** An own one of an earlier visit, until the storage has answered. */
  #awaited = '';
  /** The bitmap that the engine was given, and what it shows. @type {{key: string, image: ImageBitmap} | null} */
  #bitmap = null;

  /** @param {EffectOptions} options */
  constructor(options) {
    this.#options = options;
    this.#color = options.settings.color;
    this.#own = new OwnBackdrops({
      ...options,
      onPicture: (picture) => this.#nextPicture(picture),
      onRemoved: (hadFocus) => this.#removed(hadFocus),
    });
    this.#restore(options.settings);
    this.#panel.addEventListener('input', (event) => this.#changed(event.target));
    this.#ownInput.addEventListener('change', () => {
      const [file] = this.#ownInput.files ?? [];
      this.#ownInput.value = ''; // the same file may be chosen again
      if (file) this.useOwnBackdrop(file);
    });
    options.translator.onChange(() => this.#render());
    this.#render();
    this.#restoreOwn();
  }

  /** What to start the engine with: transparent over the page's backdrop until the picture is there. */
  get startEffect() {
    return /** @type {Effect} */ (
      this.#simpleEffect() ?? this.#imageEffect() ?? { kind: 'cutout' }
    );
  }

  /** In the order of the picker. */
  get kinds() {
    return this.#radios('effect').map(({ value }) => /** @type {EffectKind} */ (value));
  }

  /** @param {EffectKind} kind */
  choose(kind) {
    this.#check('effect', kind);
    this.#changed(null);
  }

  /** @param {boolean} mirrored  whether the view is */
  setMirrored(mirrored) {
    if (mirrored === this.#mirrored) return;
    this.#mirrored = mirrored;
    if (this.#kind === 'image') this.apply();
  }

  /** @param {File} file  a picture or a video to put behind the person, from now on */
  async useOwnBackdrop(file) {
    const name = await this.#own.add(file);
    if (!name) return;
    this.#awaited = '';
    this.#check('backdrop', name);
    this.choose('image');
    await this.#own.keep(name);
  }

  /** The one of an earlier visit; where there is none, the first of the site stands for it. */
  async #restoreOwn() {
    if (!this.#awaited) return;
    await this.#own.restored;
    if (!this.#awaited) return; // another has been chosen meanwhile
    this.#check('backdrop', this.#awaited);
    this.#awaited = '';
    this.apply();
  }

  /**
   * An own one is gone; the first of the site takes the place of the one that was chosen.
   * @param {boolean} hadFocus
   */
  #removed(hadFocus) {
    const radios = this.#radios('backdrop');
    if (!radios.some(({ checked }) => checked)) {
      this.#check('backdrop', radios[0]?.value ?? '');
      this.#changed(null);
    }
    if (hadFocus) radios.find(({ checked }) => checked)?.focus();
  }

  /** @param {ImageBitmap} picture  the video's next one */
  #nextPicture(picture) {
    const { opened } = this.#own;
    if (!opened || this.#shownOwn !== opened.name) {
      picture.close();
      return;
    }
    opened.backdrop.picture.close();
    opened.backdrop.picture = picture;
    const old = this.#bitmap;
    this.#bitmap = { key: this.#backdropKey, image: ownBackdrop(picture, this.#mirrored) };
    this.#options.onChange({ kind: 'image', image: this.#bitmap.image });
    old?.image.close();
  }

  /** The name of the own one that is behind the person, or ''. */
  get #shownOwn() {
    return this.#kind === 'image' && isOwnBackdrop(this.#backdrop) ? this.#backdrop : '';
  }

  /** Gives the chosen effect to the engine; the newest choice wins over a slow picture. */
  async apply() {
    const turn = ++this.#turn;
    this.#render();
    const own = this.#shownOwn;
    if (!own) this.#own.opened?.backdrop.video?.pause();
    try {
      if (this.#kind === 'image') await this.#loadBitmap();
    } catch (error) {
      this.#options.onError(error, this.#own.fileName(own));
      return;
    }
    if (turn !== this.#turn) return;
    if (own) this.#own.opened?.backdrop.video?.play();
    this.#options.onChange(this.startEffect);
  }

  get #kind() {
    return /** @type {EffectKind} */ (this.#chosen('effect') || 'blur');
  }

  get #backdrop() {
    return this.#awaited || this.#chosen('backdrop');
  }

  get #backdropKey() {
    return `${this.#backdrop} ${this.#mirrored}`;
  }

  /** @param {EventTarget | null} control */
  #changed(control) {
    if (control === this.#ownInput) return;
    if (control === this.#custom) this.#color = this.#custom.value;
    else this.#color = this.#chosen('color') || this.#color;
    if (control === this.#custom) this.#check('color', this.#color);
    if (control instanceof HTMLInputElement && control.name === 'backdrop') this.#awaited = '';
    saveSettings({
      effect: this.#kind,
      strength: Number(this.#strength.value) / 100,
      color: this.#color,
      backdrop: this.#backdrop,
    });
    this.apply();
  }

  /** @returns {Effect | null} null for a picture */
  #simpleEffect() {
    const kind = this.#kind;
    if (kind === 'blur') return { kind, strength: Number(this.#strength.value) / 100 };
    if (kind === 'color') return { kind, color: this.#color };
    if (kind === 'overlay') return { kind, color: OVERLAY_COLOR };
    return kind === 'image' ? null : { kind };
  }

  /** @returns {Effect | null} */
  #imageEffect() {
    const ready = this.#bitmap?.key === this.#backdropKey ? this.#bitmap : null;
    return ready && { kind: 'image', image: ready.image };
  }

  async #loadBitmap() {
    const key = this.#backdropKey;
    if (this.#bitmap?.key === key) return;
    const image = await this.#paintedBackdrop();
    if (!image) return;
    if (key === this.#backdropKey) this.#bitmap = { key, image };
    else image.close();
  }

  /** @returns {Promise<ImageBitmap | null>} null where it is not there, or not any more */
  async #paintedBackdrop() {
    const own = this.#shownOwn;
    if (own) {
      const opened = await this.#own.use(own);
      return opened && ownBackdrop(opened.picture, this.#mirrored);
    }
    const tile = this.#backdropImage();
    return tile && (await builtInBackdrop(tile, this.#mirrored));
  }

  #backdropImage() {
    return this.#awaited ? null : backdropImage(this.#panel, this.#backdrop);
  }

  #render() {
    const { translator } = this.#options;
    const image = this.#backdropImage()?.src ?? '';
    paintBackdrop(this.#kind, { color: this.#color, image });
    this.#panel.dataset.effect = this.#kind;
    this.#panel.style.setProperty('--chosen-color', this.#color);
    byId('effect-image-preview', HTMLImageElement).src = image;
    const percent = translator.number(Number(this.#strength.value));
    setText(
      byId('strength-value', HTMLElement),
      translator.text('effect.percent', { value: percent }),
    );
    this.#panel.style.setProperty('--strength', `${this.#strength.value}%`);
    const preset = this.#chosen('color') !== '';
    this.#custom.parentElement?.classList.toggle('is-chosen', !preset);
    this.#custom.value = this.#color;
  }

  /** @param {import('./settings.js').Settings} settings */
  #restore({ effect, strength, color, backdrop }) {
    this.#check('effect', EFFECT_KINDS.includes(effect) ? effect : 'blur');
    this.#check('color', color);
    if (isOwnBackdrop(backdrop)) this.#awaited = backdrop;
    else this.#check('backdrop', backdrop);
    this.#strength.value = String(Math.round(strength * 100));
  }

  /**
   * @param {string} name  of a group of radio buttons
   * @returns {string} '' when none is chosen
   */
  #chosen(name) {
    const radio = this.#radios(name).find(({ checked }) => checked);
    return radio?.value ?? '';
  }

  /**
   * A value that no button has leaves a picture as it is, and no colour chosen.
   * @param {string} name
   * @param {string} value
   */
  #check(name, value) {
    const radios = this.#radios(name);
    if (name !== 'color' && !radios.some((radio) => radio.value === value)) return;
    for (const radio of radios) radio.checked = radio.value === value;
  }

  /** @param {string} name */
  #radios(name) {
    return all(this.#panel, `input[name="${name}"]`, HTMLInputElement);
  }
}
