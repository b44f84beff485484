/**
 * The line below the picture: what runs, and how fast.
 *
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./i18n.js').Translator} Translator
 * @typedef {{model: string, backend: string, threads: string, isolation: string, rate: string, time: string}} StatusTexts
 */

import { byId, setText } from './dom.js';

const UNKNOWN = '–';

/**
 * @param {Stats} stats
 * @param {string} modelTitle
 * @param {Translator} translator
 * @returns {StatusTexts}
 */
export function statusTexts(stats, modelTitle, translator) {
  const ran = stats.frames > 0;
  const { isolated, threads } = stats;
  const timeMs = translator.number(stats.stages.totalMs.p50, 1);
  // A picture is one frame: it has a time, but no rate.
  const moving = ran && stats.source !== 'picture' && stats.source !== null;
  return {
    model: modelTitle,
    backend: stats.model ? stats.backend : UNKNOWN,
    threads: threads > 0 ? translator.plural('status.threads', threads) : UNKNOWN,
    isolation: translator.text(isolated ? 'status.isolated' : 'status.notIsolated'),
    rate: moving
      ? translator.text('status.rateValue', { value: translator.number(stats.fps, 1) })
      : UNKNOWN,
    time: ran ? translator.text('status.timeValue', { value: timeMs }) : UNKNOWN,
  };
}

export class StatusLine {
  #translator;
  #titleOf;
  /** @type {Stats | null} */
  #stats = null;

  /**
   * @param {Translator} translator
   * @param {(model: string) => string} titleOf  a model's title in the visitor's language, of the
   *   chosen one when none runs yet
   */
  constructor(translator, titleOf) {
    this.#translator = translator;
    this.#titleOf = titleOf;
    translator.onChange(() => this.#render());
  }

  /** @param {Stats} stats */
  update(stats) {
    this.#stats = stats;
    this.#render();
  }

  #render() {
    const stats = this.#stats;
    if (!stats) return;
    const texts = statusTexts(stats, this.#titleOf(stats.model), this.#translator);
    for (const [name, text] of Object.entries(texts)) {
      setText(byId(`status-${name}`, HTMLElement), text);
    }
  }
}
