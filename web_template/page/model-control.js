/**
 * The choice of model, with what the build says about each.
 *
 * @typedef {import('../shared/manifest.js').Manifest} Manifest
 * @typedef {import('../shared/own-model.js').OwnModel} OwnModel
 */

import { automaticModels } from '../shared/manifest.js';
import { byId, setText } from './dom.js';

/** The engine chooses. */
const AUTOMATIC = 'auto';

export class ModelControl {
  #select = byId('model', HTMLSelectElement);
  #facts = byId('model-facts', HTMLElement);
  #home = byId('model-home', HTMLAnchorElement);
  #manifest;
  #translator;
  /** The visitor's own, if one has been taken. @type {OwnModel | null} */
  #own = null;

  /**
   * @param {Manifest} manifest
   * @param {import('./i18n.js').Translator} translator
   * @param {string | null} wanted  remembered from before; it may be gone
   */
  constructor(manifest, translator, wanted) {
    this.#manifest = manifest;
    this.#translator = translator;
    const isChoice = automaticModels(manifest).length > 1;
    if (!isChoice) this.#select.querySelector(`[value="${AUTOMATIC}"]`)?.remove();
    const known = [...this.#select.options].some(({ value }) => value === wanted);
    const usual = isChoice ? AUTOMATIC : manifest.defaultModel;
    this.#select.value = known && wanted ? wanted : usual;
    translator.onChange(() => this.#render());
    this.#render();
  }

  get name() {
    return this.#select.value;
  }

  /** What the engine is to be given. @returns {string | OwnModel} */
  get wish() {
    return this.#own?.name === this.name ? this.#own : this.name;
  }

  /** @param {(name: string) => Promise<void>} listener  the control waits for it */
  onChange(listener) {
    this.#select.addEventListener('change', async () => {
      this.#render();
      await this.#busy('model.switching', () => listener(this.name));
    });
  }

  /**
   * @param {() => Promise<OwnModel | undefined>} check
   * @returns {Promise<void>} whatever it throws is thrown; the choice is as before then
   */
  async tryOwn(check) {
    await this.#busy('model.checking', async () => {
      const own = await check();
      if (!own) return;
      this.#own = own;
      this.#select.querySelector('[data-own]')?.remove();
      const option = new Option(own.name, own.name, false, true);
      option.dataset.own = '';
      this.#select.append(option);
    });
  }

  /**
   * @param {string} key  of what is said meanwhile
   * @param {() => Promise<void>} work
   */
  async #busy(key, work) {
    this.#select.setAttribute('aria-busy', 'true');
    setText(this.#facts, this.#translator.text(key));
    try {
      await work();
    } finally {
      this.#select.removeAttribute('aria-busy');
      this.#render();
    }
  }

  /** @param {string} name  the model that runs, after another could not be loaded */
  show(name) {
    if ([...this.#select.options].some(({ value }) => value === name)) this.#select.value = name;
    this.#render();
  }

  /** @param {string} name @returns {string} in the visitor's language */
  titleOf(name) {
    if (name === AUTOMATIC) return this.#translator.text('model.automatic');
    const model = this.#manifest.models.find((each) => each.name === name);
    if (!model) return name === this.#own?.name ? name : '–';
    return model.title[/** @type {'en' | 'zh'} */ (this.#translator.locale)] ?? model.title.en;
  }

  #render() {
    for (const option of this.#select.options) option.text = this.titleOf(option.value);
    const model = this.#manifest.models.find(({ name }) => name === this.name);
    this.#home.hidden = !model;
    if (this.name === AUTOMATIC) {
      setText(this.#facts, this.#translator.text('model.automaticFacts'));
      return;
    }
    if (!model) {
      this.#renderOwn();
      return;
    }
    const variant =
      model.variants.find(({ name }) => name === model.preferred) ?? model.variants[0];
    const facts = {
      width: model.width,
      height: model.height,
      bytes: this.#translator.bytes(variant?.bytes ?? 0),
      variant: variant?.name ?? '',
    };
    setText(this.#facts, this.#translator.text('model.facts', facts));
    setText(this.#home, this.#translator.text('model.licence', { licence: model.licence }));
    this.#home.href = model.homepage;
  }

  #renderOwn() {
    if (!this.#own) return;
    const { width, height, file, inferMs } = this.#own;
    const facts = {
      width,
      height,
      bytes: this.#translator.bytes(file.size),
      time: this.#translator.number(inferMs, 1),
    };
    setText(this.#facts, this.#translator.text('model.ownFacts', facts));
  }
}
