/**
 * The panel in which the engine shows its work: a running plot, a table of times, what runs and
 * why; all of it to be copied as text. Nothing is drawn while it is closed.
 *
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./i18n.js').Translator} Translator
 *
 * @typedef {object} FiguresOptions
 * @property {Translator} translator
 * @property {(model: string) => string} titleOf  in the visitor's language
 * @property {string} version                     of Livematte
 * @property {() => void} onCopied
 * @property {(error: unknown) => void} onRefused  the text is shown then, to be copied by hand
 */

import { STAGES } from '../shared/stats.js';
import { byId, setText } from './dom.js';
import { figureTexts, reportText } from './figure-texts.js';
import { MemoryMeter } from './memory-meter.js';
import { StageHistory } from './stage-history.js';
import { drawStagePlot } from './stage-plot.js';

/** Where it fits under the controls without scrolling. */
const ROOMY = '(min-width: 1000px) and (min-height: 980px)';

/** Samples from one drawing to the next where motion is not wanted: five seconds. */
const CALM_STEP = 10;

export class Figures {
  #options;
  #panel = byId('timings', HTMLDetailsElement);
  #plot = byId('plot', HTMLCanvasElement);
  #report = byId('report', HTMLTextAreaElement);
  #history = new StageHistory();
  #memory = new MemoryMeter();
  #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #sinceDrawn = 0;
  /** @type {Stats | null} */
  #stats = null;

  /** @param {FiguresOptions} options */
  constructor(options) {
    this.#options = options;
    this.#panel.open = matchMedia(ROOMY).matches;
    this.#panel.addEventListener('toggle', () => this.#render(true));
    byId('copy-report', HTMLButtonElement).addEventListener('click', () => this.#copy());
    options.translator.onChange(() => this.#render(true));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#render(true));
    new ResizeObserver(() => this.#render(true)).observe(this.#plot);
  }

  /** @param {Stats} stats */
  update(stats) {
    if (stats.frames < (this.#stats?.frames ?? 0)) this.#history.clear(); // another source
    this.#stats = stats;
    this.#history.push(stats);
    this.#render(false);
  }

  /** @param {boolean} anew  something other than the figures has changed */
  #render(anew) {
    const stats = this.#stats;
    if (!stats || !this.#panel.open) return;
    const { translator, titleOf } = this.#options;
    this.#measureMemory();
    const modelTitle = titleOf(stats.model);
    const texts = figureTexts(stats, { modelTitle, memory: this.#memory.last, translator });
    for (const [name, text] of Object.entries(texts)) {
      setText(byId(`figure-${name}`, HTMLElement), text);
    }
    this.#renderTimes(stats);
    if (anew || !this.#calm.matches || ++this.#sinceDrawn >= CALM_STEP) this.#draw(stats);
  }

  async #measureMemory() {
    if (!document.hidden && (await this.#memory.refresh())) this.#render(false);
  }

  /** @param {Stats} stats */
  #draw(stats) {
    this.#sinceDrawn = 0;
    drawStagePlot(this.#plot, this.#history);
    const total = this.#options.translator.number(stats.stages.totalMs.p50, 1);
    const label = this.#options.translator.text('figure.plotLabel', { total });
    this.#plot.setAttribute('aria-label', label);
  }

  /** @param {Stats} stats */
  #renderTimes(stats) {
    const longest = Math.max(1, stats.stages.totalMs.p95);
    for (const stage of STAGES) {
      const { p50, p95 } = stats.stages[stage];
      setText(byId(`timing-${stage}-p50`, HTMLElement), this.#options.translator.number(p50, 1));
      setText(byId(`timing-${stage}-p95`, HTMLElement), this.#options.translator.number(p95, 1));
      const share = Math.min(1, p50 / longest);
      byId(`timing-${stage}-bar`, HTMLElement).style.setProperty('--share', String(share));
    }
  }

  async #copy() {
    const stats = this.#stats;
    if (!stats) return;
    const { origin, pathname } = location;
    const text = reportText(stats, {
      version: this.#options.version,
      memory: this.#memory.last,
      userAgent: navigator.userAgent,
      page: `${origin}${pathname}`,
    });
    try {
      await navigator.clipboard.writeText(text);
      this.#report.hidden = true;
      this.#options.onCopied();
    } catch (error) {
      this.#report.value = text;
      this.#report.hidden = false;
      this.#report.focus();
      this.#report.select();
      this.#options.onRefused(error);
    }
  }
}
