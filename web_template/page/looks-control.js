/**
 * The panel of the looks: how the matte is made and drawn. The sliders' ranges are the engine's own.
 *
 * @typedef {import('../shared/looks.js').Looks} Looks
 * @typedef {import('./i18n.js').Translator} Translator
 */

import { LOOKS_RANGES } from '../shared/looks.js';
import { all, byId, setText } from './dom.js';
import { PAGE_LOOKS } from './page-looks.js';

/** @typedef {keyof typeof LOOKS_RANGES} NumberLook */

export class LooksControl {
  #translator;
  #onChange;
  #sliders = all(byId('looks', HTMLElement), 'input[data-look]', HTMLInputElement);
  #islands = byId('looks-islands', HTMLInputElement);
  #region = byId('looks-region', HTMLInputElement);
  #reset = byId('looks-reset', HTMLButtonElement);
  /** @type {Looks} */
  #looks;

  /**
   * @param {Looks} looks
   * @param {Translator} translator
   * @param {(looks: Looks) => void} onChange
   */
  constructor(looks, translator, onChange) {
    this.#looks = looks;
    this.#translator = translator;
    this.#onChange = onChange;
    for (const slider of this.#sliders) {
      const { min, max } = LOOKS_RANGES[nameOf(slider)];
      slider.min = String(100 * min);
      slider.max = String(100 * max);
      slider.addEventListener('input', () => this.#change());
    }
    this.#islands.addEventListener('change', () => this.#change());
    this.#region.addEventListener('change', () => this.#change());
    this.#reset.addEventListener('click', () => this.#take(PAGE_LOOKS));
    translator.onChange(() => this.#render());
    this.#render();
  }

  get looks() {
    return this.#looks;
  }

  #change() {
    const numbers = this.#sliders.map((slider) => [nameOf(slider), Number(slider.value) / 100]);
    const switches = { islands: this.#islands.checked, region: this.#region.checked };
    this.#take({ ...this.#looks, ...Object.fromEntries(numbers), ...switches });
  }

  /** @param {Looks} looks */
  #take(looks) {
    this.#looks = looks;
    this.#render();
    this.#onChange(looks);
  }

  #render() {
    for (const slider of this.#sliders) {
      const name = nameOf(slider);
      const percent = Math.round(100 * this.#looks[name]);
      if (slider.value !== String(percent)) slider.value = String(percent);
      const { min, max } = LOOKS_RANGES[name];
      const share = (this.#looks[name] - min) / (max - min);
      slider.style.setProperty('--share', `${100 * share}%`);
      const value = this.#translator.text('effect.percent', {
        value: this.#translator.number(percent),
      });
      setText(byId(`looks-${name}-value`, HTMLElement), value);
    }
    this.#islands.checked = this.#looks.islands !== false;
    this.#region.checked = this.#looks.region;
    const changed = Object.entries(PAGE_LOOKS).filter(
      ([name, value]) => this.#looks[/** @type {keyof Looks} */ (name)] !== value,
    );
    this.#reset.disabled = changed.length === 0;
    const state =
      changed.length > 0 ? this.#translator.plural('looks.changed', changed.length) : '';
    setText(byId('looks-state', HTMLElement), state);
  }
}

/** @param {HTMLInputElement} slider */
function nameOf(slider) {
  return /** @type {NumberLook} */ (slider.dataset.look);
}
