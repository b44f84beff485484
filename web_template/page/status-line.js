/**
 * The engine's figures in words, and the two places that show them.
 *
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./i18n.js').Translator} Translator
 * @typedef {{model: string, backend: string, threads: string, isolation: string, rate: string, time: string}} StatusTexts
 */

import { STAGES } from '../shared/stats.js';
import { byId, setText } from './dom.js';

const UNKNOWN = '–';

/** Where the timings fit under the controls without scrolling. */
const ROOMY = '(min-width: 1000px) and (min-height: 980px)';

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
    backend: threads > 0 ? stats.backend : UNKNOWN,
    threads: threads > 0 ? translator.plural('status.threads', threads) : UNKNOWN,
    isolation: translator.text(isolated ? 'status.isolated' : 'status.notIsolated'),
    rate: moving
      ? translator.text('status.rateValue', { value: translator.number(stats.fps, 1) })
      : UNKNOWN,
    time: ran ? translator.text('status.timeValue', { value: timeMs }) : UNKNOWN,
  };
}

/**
 * How frames are read, and what the race of the ways measured.
 * @param {Pick<Stats, 'sampler' | 'samplerTimes'>} stats
 * @param {Translator} translator
 */
export function samplerText({ sampler, samplerTimes }, translator) {
  if (sampler === '') return '';
  const times = Object.entries(samplerTimes)
    .sort(([, a], [, b]) => a - b)
    .map(([way, ms]) => `${way} ${translator.number(ms, 1)}`)
    .join(', ');
  const key = times ? 'timing.samplerTimes' : 'timing.sampler';
  return translator.text(key, { way: sampler, times });
}

export class StatusLine {
  #translator;
  #titleOf;
  /** @type {Stats | null} */
  #stats = null;
  #timings = byId('timings', HTMLDetailsElement);

  /**
   * @param {Translator} translator
   * @param {(model: string) => string} titleOf  a model's title in the visitor's language, of the
   *   chosen one when none runs yet
   */
  constructor(translator, titleOf) {
    this.#translator = translator;
    this.#titleOf = titleOf;
    translator.onChange(() => this.#render());
    this.#timings.open = matchMedia(ROOMY).matches;
    this.#timings.addEventListener('toggle', () => this.#render());
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
    if (this.#timings.open) this.#renderTimings(stats);
  }

  /** @param {Stats} stats */
  #renderTimings(stats) {
    const longest = Math.max(1, stats.stages.totalMs.p95);
    for (const stage of STAGES) {
      const { p50, p95 } = stats.stages[stage];
      setText(byId(`timing-${stage}-p50`, HTMLElement), this.#translator.number(p50, 1));
      setText(byId(`timing-${stage}-p95`, HTMLElement), this.#translator.number(p95, 1));
      const share = Math.min(1, p50 / longest);
      byId(`timing-${stage}-bar`, HTMLElement).style.setProperty('--share', String(share));
    }
    const counts = {
      frames: this.#translator.number(stats.frames),
      dropped: this.#translator.number(stats.droppedFrames),
    };
    setText(byId('timing-note', HTMLElement), this.#translator.text('timing.note', counts));
    setText(byId('timing-sampler', HTMLElement), samplerText(stats, this.#translator));
  }
}
