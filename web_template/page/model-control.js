/**
 * The choice of model, with what the build says about each.
 *
 * @typedef {import('../shared/manifest.js').Manifest} Manifest
 */

import { byId, setText } from './dom.js';

export class ModelControl {
  #select = byId('model', HTMLSelectElement);
  #facts = byId('model-facts', HTMLElement);
  #home = byId('model-home', HTMLAnchorElement);
  #manifest;
  #translator;

  /**
   * @param {Manifest} manifest
   * @param {import('./i18n.js').Translator} translator
   * @param {string | null} wanted  remembered from before; it may be gone
   */
  constructor(manifest, translator, wanted) {
    this.#manifest = manifest;
    this.#translator = translator;
    const known = manifest.models.some(({ name }) => name === wanted);
    this.#select.value = known && wanted ? wanted : manifest.defaultModel;
    translator.onChange(() => this.#render());
    this.#render();
  }

  get name() {
    return this.#select.value;
  }

  /** @param {(name: string) => Promise<void>} listener  the control waits for it */
  onChange(listener) {
    this.#select.addEventListener('change', async () => {
      this.#render();
      this.#select.setAttribute('aria-busy', 'true');
      setText(this.#facts, this.#translator.text('model.switching'));
      try {
        await listener(this.name);
      } finally {
        this.#select.removeAttribute('aria-busy');
        this.#render();
      }
    });
  }

  /** @param {string} name  the model that runs, after another could not be loaded */
  show(name) {
    if (this.#manifest.models.some((model) => model.name === name)) this.#select.value = name;
    this.#render();
  }

  /** @param {string} name @returns {string} in the visitor's language */
  titleOf(name) {
    const model = this.#manifest.models.find((each) => each.name === name);
    if (!model) return '–';
    return model.title[/** @type {'en' | 'zh'} */ (this.#translator.locale)] ?? model.title.en;
  }

  #render() {
    for (const option of this.#select.options) option.text = this.titleOf(option.value);
    const model = this.#manifest.models.find(({ name }) => name === this.name);
    if (!model) return;
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
}
