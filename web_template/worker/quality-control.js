/**
 * What the governor decides, carried out: looks that cost, the model, how often it looks. The one
 * place that decides which model runs when the choice is automatic.
 *
 * Automatic means: the model whose shape is closest to the frame's, the smaller one where two are;
 * a larger one while there is plenty of time; a smaller one before the model looks at fewer frames.
 *
 * @typedef {import('../shared/looks.js').Looks} Looks
 * @typedef {import('../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../shared/stats.js').GovernorState} GovernorState
 * @typedef {import('./quality-governor.js').Rung} Rung
 * @typedef {import('./ways/frame-way.js').FrameWay} FrameWay
 * @typedef {Rung & {model: ModelSpec | null, refinement: boolean, stride: number}} Quality
 *
 * @typedef {object} QualityListeners
 * @property {(looks: Looks) => void} draw  with these looks from now on
 * @property {(model: ModelSpec) => Promise<void>} load  the old one goes on until it runs
 */

import { DEFAULT_LOOKS } from '../shared/looks.js';
import { QualityGovernor } from './quality-governor.js';

/** Shapes of frames and models that are as close to each other as these count as equally close. */
const SAME_SHAPE = 0.05;

/**
 * Whether there are looks that cost.
 * @param {Looks} looks
 */
function isRefined({ spill, lightWrap }) {
  return spill > 0 || lightWrap > 0;
}

export class QualityControl {
  #on;
  #isGoverned;
  #now;
  #governor = new QualityGovernor();
  /** @type {readonly Quality[]} */
  #ladder = [];
  #looks = DEFAULT_LOOKS;
  /** To choose from; none when a certain one is wished for. @type {readonly ModelSpec[]} */
  #choices = [];
  /** @type {FrameWay | null} */
  #way = null;
  #aspect = 16 / 9;
  /** Figures of a time in which a model was being loaded tell nothing. */
  #loading = '';

  /**
   * @param {QualityListeners} listeners
   * @param {{isGoverned?: boolean, now?: () => number}} [options]
   */
  constructor(listeners, { isGoverned = true, now = () => performance.now() } = {}) {
    this.#on = listeners;
    this.#isGoverned = isGoverned;
    this.#now = now;
    this.#climb();
  }

  /** @returns {GovernorState | null} null while nothing is governed */
  get state() {
    if (!this.#isGoverned) return null;
    const { refinement, stride } = this.#quality;
    const model = this.#way?.model.name ?? '';
    const usual = this.#ladder.findIndex(({ name }) => name === 'base');
    const { level, reason } = this.#governor;
    return { level: level - usual, stride, model, refinement, reason };
  }

  /** @param {boolean} isGoverned  false: the usual quality, at any load */
  setGoverned(isGoverned) {
    if (isGoverned === this.#isGoverned) return;
    this.#isGoverned = isGoverned;
    this.#governor.restart('base');
    this.#apply();
  }

  /** @param {Looks} looks  that are wished for */
  setLooks(looks) {
    const had = isRefined(this.#looks);
    this.#looks = looks;
    if (had !== isRefined(looks)) this.#climb();
    this.#draw();
  }

  /** @param {readonly ModelSpec[]} models  to choose from; none: the one that is loaded stays */
  setChoices(models) {
    this.#choices = models;
    this.#climb();
  }

  /** @param {FrameWay} way  frames go this way now */
  setWay(way) {
    this.#way = way;
    this.#climb();
    this.#apply();
  }

  /**
   * Of the frames, upright.
   * @param {number} width
   * @param {number} height
   */
  setSize(width, height) {
    this.#aspect = width / height;
    this.#climb();
    this.#apply();
  }

  /** Another source. */
  reset() {
    this.#governor.reset();
  }

  /** @param {number} timestampUs  of a frame that has come */
  arrived(timestampUs) {
    this.#governor.arrived(this.#now(), timestampUs / 1000);
  }

  /** @param {number} busyMs  that the frame has taken */
  done(busyMs) {
    if (!this.#isGoverned || this.#loading) return;
    if (this.#governor.done(this.#now(), busyMs)) this.#apply();
  }

  get #quality() {
    return this.#ladder[this.#governor.level];
  }

  /** The ladder depends on the looks, the models, the frame's shape and the way. */
  #climb() {
    const [base, larger, smaller] = this.#models();
    const whole = { refinement: true, stride: 1, relief: 1 };
    const hasRefinement = isRefined(this.#looks);
    const least = smaller ?? base;
    /** @type {(Quality | null)[]} */
    const rungs = [
      larger && { ...whole, name: 'large', model: larger, room: 0.5 },
      { ...whole, name: 'base', model: base, relief: larger ? 0.6 : 1 },
      hasRefinement
        ? { ...whole, name: 'plain', model: base, refinement: false, relief: 0.85 }
        : null,
      smaller && { ...whole, name: 'small', model: smaller, refinement: false, relief: 0.65 },
    ];
    if (this.#way?.setStride) {
      const seldom = { ...whole, model: least, refinement: false };
      rungs.push({ ...seldom, name: 'half', stride: 2, relief: 0.75 });
      rungs.push({ ...seldom, name: 'third', stride: 3, relief: 0.9 });
    }
    this.#ladder = rungs.filter((rung) => rung !== null);
    this.#governor.setLadder(this.#ladder, 'base');
  }

  /**
   * @returns {[base: ModelSpec | null, larger: ModelSpec | null, smaller: ModelSpec | null]}
   */
  #models() {
    if (this.#choices.length === 0) return [null, null, null];
    const bySize = [...this.#choices].sort((a, b) => a.width * a.height - b.width * b.height);
    /** @param {ModelSpec} model */
    const farness = ({ width, height }) => Math.abs(Math.log(width / height / this.#aspect));
    const closest = Math.min(...bySize.map(farness)) + SAME_SHAPE;
    const index = bySize.findIndex((model) => farness(model) <= closest);
    return [bySize[index], bySize[index + 1] ?? null, bySize[index - 1] ?? null];
  }

  #apply() {
    this.#way?.setStride?.(this.#quality.stride);
    this.#draw();
    const { model } = this.#quality;
    const current = this.#way?.model.name;
    if (model && current && model.name !== current) this.#load(model);
  }

  #draw() {
    const looks = this.#looks;
    this.#on.draw(this.#quality.refinement ? looks : { ...looks, spill: 0, lightWrap: 0 });
  }

  /** @param {ModelSpec} model */
  async #load(model) {
    if (this.#loading) return; // what is wished for then is looked at once it is there
    this.#loading = model.name;
    try {
      await this.#on.load(model);
    } catch {
      // It cannot be had, so it is no choice; the one that runs goes on.
      this.#choices = this.#choices.filter(({ name }) => name !== model.name);
      this.#climb();
    } finally {
      this.#loading = '';
    }
    this.#apply();
  }
}
