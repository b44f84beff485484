/**
 * The last minute of the engine's figures, for the plot: one sample for each time that they came.
 *
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {object} Sample
 * @property {number[]} stages  milliseconds of each of PLOTTED, medians
 * @property {number} worst     95 of 100 frames took no longer, milliseconds
 */

/** The stages that add up to a frame, in their order. */
export const PLOTTED = Object.freeze(
  /** @type {const} */ (['sampleMs', 'inferMs', 'maskMs', 'compositeMs']),
);

/** A minute, at two samples a second. */
export const CAPACITY = 120;

/** The scale ends on one of these, so that it seldom changes; milliseconds. */
const ENDS = [10, 20, 40, 100, 200, 500, 1000, 2000, 5000];

/** The first frames compile and warm up; they would be all that the plot shows. */
const WARM_FRAMES = 30;

/** One frame that hung would flatten all others: the line of the slowest may leave the plot. */
const MOST_OF_MEDIAN = 4;

export class StageHistory {
  /** @type {Sample[]} oldest first */
  samples = [];

  /** @param {Stats} stats */
  push(stats) {
    if (stats.frames < WARM_FRAMES) return;
    const stages = PLOTTED.map((stage) => stats.stages[stage].p50);
    this.samples.push({ stages, worst: stats.stages.totalMs.p95 });
    if (this.samples.length > CAPACITY) this.samples.shift();
  }

  clear() {
    this.samples = [];
  }

  /** Where the plot's scale ends, milliseconds. */
  get scaleMs() {
    const tallest = Math.max(0, ...this.samples.map(({ stages }) => sum(stages)));
    const worst = Math.max(0, ...this.samples.map((sample) => sample.worst));
    const most = Math.max(tallest, Math.min(worst, MOST_OF_MEDIAN * tallest));
    return ENDS.find((end) => end >= most) ?? most;
  }
}

/** @param {readonly number[]} values */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
