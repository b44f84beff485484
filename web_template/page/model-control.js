/**
 * The choice of model, with what the build says about each.
 *
 * @typedef {import('../shared/manifest.js').Manifest} Manifest
 * @typedef {import('../shared/own-model.js').OwnModel} OwnModel
 */

import { automaticModels } from '../shared/manifest.js';
import { byId, setText } from './dom.js';
import { labelElement } from './i18n.js';

/** The engine chooses. */
const AUTOMATIC = 'auto';

/**
 * @typedef {object} Own  the visitor's own
 * @property {File} file
 * @property {OwnModel | null} checked  null until it has been tried, at this visit
 * @property {boolean} isKept           for the next visit
 */

export class ModelControl {
  #select = byId('model', HTMLSelectElement);
  #facts = byId('model-facts', HTMLElement);
  #home = byId('model-home', HTMLAnchorElement);
  #remove = byId('own-model-remove', HTMLButtonElement);
  #manifest;
  #translator;
  #usual;
  /** @type {Own | null} */
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
    this.#usual = isChoice ? AUTOMATIC : manifest.defaultModel;
    this.#select.value = known && wanted ? wanted : this.#usual;
    translator.onChange(() => this.#render());
    this.#render();
  }

  get name() {
    return this.#select.value;
  }

  /** What the engine is to be given. @returns {string | OwnModel} */
  get wish() {
    if (!this.#isOwn) return this.name;
    return this.#own?.checked ?? this.#usual;
  }

  /** The visitor's own that is chosen and has yet to be tried. @returns {File | null} */
  get untried() {
    return this.#isOwn && !this.#own?.checked ? (this.#own?.file ?? null) : null;
  }

  /** @param {(name: string) => Promise<void>} listener  the control waits for it */
  onChange(listener) {
    this.#select.addEventListener('change', async () => {
      this.#render();
      await this.#busy('model.switching', () => listener(this.name));
    });
  }

  /** @param {(wasChosen: boolean) => void} listener  the visitor's own is gone */
  onRemove(listener) {
    this.#remove.addEventListener('click', () => {
      const wasChosen = this.#isOwn;
      this.#own = null;
      this.#option?.remove();
      if (wasChosen) this.#select.value = this.#usual;
      this.#select.focus(); // the button is not there any more
      this.#render();
      listener(wasChosen);
    });
  }

  /** @param {File} file  the visitor's own of an earlier visit, to choose from */
  offerOwn(file) {
    this.#takeOwn({ file, checked: null, isKept: true }, false);
  }

  /**
   * @param {File} file
   * @param {() => Promise<OwnModel | undefined>} check
   * @returns {Promise<void>} whatever it throws is thrown; the choice is as before then
   */
  async tryOwn(file, check) {
    const before = this.name;
    await this.#busy('model.checking', async () => {
      const checked = await check();
      const isKept = this.#own?.file === file && this.#own.isKept;
      const isWanted = this.name === before; // no other has been chosen meanwhile
      if (checked) this.#takeOwn({ file, checked, isKept }, isWanted);
    });
  }

  /** @param {boolean} isKept  the visitor's own is, for the next visit */
  setKept(isKept) {
    if (this.#own) this.#own.isKept = isKept;
    this.#render();
  }

  get #option() {
    return /** @type {HTMLOptionElement | null} */ (this.#select.querySelector('[data-own]'));
  }

  get #isOwn() {
    return this.#own?.file.name === this.name;
  }

  /**
   * @param {Own} own
   * @param {boolean} isChosen
   */
  #takeOwn(own, isChosen) {
    this.#own = own;
    const option = this.#option ?? new Option();
    option.value = own.file.name;
    option.dataset.own = '';
    this.#select.append(option);
    if (isChosen) option.selected = true;
    this.#render();
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
    if (!model) return name === this.#own?.file.name ? name : '–';
    return model.title[/** @type {'en' | 'zh'} */ (this.#translator.locale)] ?? model.title.en;
  }

  #render() {
    for (const option of this.#select.options) option.text = this.titleOf(option.value);
    this.#renderRemove();
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
    if (!this.#own?.checked) return;
    const { width, height, file, inferMs } = this.#own.checked;
    const facts = {
      width,
      height,
      bytes: this.#translator.bytes(file.size),
      time: this.#translator.number(inferMs, 1),
      kept: this.#translator.text(this.#own.isKept ? 'model.ownKept' : 'model.ownNotKept'),
    };
    setText(this.#facts, this.#translator.text('model.ownFacts', facts));
  }

  #renderRemove() {
    this.#remove.hidden = !this.#own;
    const name = this.#own?.file.name ?? '';
    labelElement(this.#remove, this.#translator.text('model.ownRemove', { name }));
  }
}
