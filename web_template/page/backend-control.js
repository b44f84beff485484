/**
 * The choice of the backend: the page's own, or one that the visitor insists on.
 *
 * @typedef {import('./backend-choice.js').BackendWish} BackendWish
 * @typedef {import('../shared/stats.js').Stats} Stats
 */

import { BACKEND_WISHES } from './backend-choice.js';
import { byId, setText } from './dom.js';
import { reasonText } from './figure-texts.js';

/**
 * @param {string} search  of the page's address, '?backend=wasm'
 * @returns {BackendWish | null} null where it says none that there is
 */
export function askedBackend(search) {
  const asked = new URLSearchParams(search).get('backend');
  return BACKEND_WISHES.find((each) => each === asked) ?? null;
}

export class BackendControl {
  #select = byId('backend', HTMLSelectElement);
  #facts = byId('backend-facts', HTMLElement);
  #translator;
  /** @type {Pick<Stats, 'model' | 'backend' | 'backendReason'> | null} */
  #stats = null;

  /**
   * @param {import('./i18n.js').Translator} translator
   * @param {BackendWish} wish
   */
  constructor(translator, wish) {
    this.#translator = translator;
    this.#select.value = wish;
    translator.onChange(() => this.#render());
  }

  get wish() {
    return /** @type {BackendWish} */ (this.#select.value);
  }

  /** @param {(wish: BackendWish) => Promise<void>} listener  the control waits for it */
  onChange(listener) {
    this.#select.addEventListener('change', async () => {
      this.#select.setAttribute('aria-busy', 'true');
      setText(this.#facts, this.#translator.text('backend.switching'));
      try {
        await listener(this.wish);
      } finally {
        this.#select.removeAttribute('aria-busy');
        this.#render();
      }
    });
  }

  /** @param {BackendWish} wish  that holds, after another could not be met */
  show(wish) {
    this.#select.value = wish;
  }

  /** @param {Stats} stats */
  update(stats) {
    this.#stats = stats;
    if (!this.#select.hasAttribute('aria-busy')) this.#render();
  }

  #render() {
    const { model = '', backend = 'wasm', backendReason = '' } = this.#stats ?? {};
    const reason = reasonText(backendReason, this.#translator);
    const name = this.#translator.text(backend === 'wasm' ? 'backend.wasm' : 'backend.webgpu');
    const text = this.#translator.text('backend.now', { backend: name, reason });
    setText(this.#facts, model === '' ? '' : text);
  }
}
