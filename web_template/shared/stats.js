/**
 * What the engine measures of itself, over a window of recent frames.
 *
 * @typedef {{p50: number, p95: number}} Percentiles  milliseconds; 0 before the first frame
 * @typedef {object} StageStats
 * @property {Percentiles} sampleMs     frame → model input
 * @property {Percentiles} inferMs      model input → alpha
 * @property {Percentiles} maskMs       the filter over the alpha
 * @property {Percentiles} compositeMs  the compositor's calls (a GPU may still be at work after them)
 * @property {Percentiles} totalMs      arrival in the worker → composited
 *
 * @typedef {object} GovernorState  how far the quality has been brought down to keep up
 * @property {number} level        steps down from what is usual; −1: a larger model than usual
 * @property {number} stride       the model looks at one of so many frames
 * @property {string} model        that it has chosen, or that was wished for
 * @property {boolean} refinement  looks that cost are drawn
 * @property {'start' | 'slow' | 'time-left'} reason
 *
 * @typedef {object} Stats
 * @property {string} model          '' until one is loaded
 * @property {string} variant        'optimized' | 'fp16' | …; '' until one is loaded
 * @property {'wasm' | 'webgpu'} backend
 * @property {string} backendReason  why it is this one; see page/backend-choice.js. '' in the worker
 * @property {number} threads        that the runtime really uses
 * @property {boolean} isolated      cross-origin isolated, so threads are possible
 * @property {string} compositor     'webgl2' | 'cpu'; '' until there is one
 * @property {string} sampler        how frames are read: 'planes' | 'rgba' | 'webgl2' | 'canvas2d'; '' before the first frame
 * @property {Readonly<Record<string, number>>} samplerTimes  milliseconds for a frame, of each way that was tried
 * @property {GovernorState | null} governor  null while nothing is governed
 * @property {number} fps            composited frames a second, over the last seconds
 * @property {number} frames         composited since the source was attached
 * @property {number} droppedFrames  arrived and replaced by a newer one before they were looked at
 * @property {StageStats} stages
 * @property {number} width          of the composited picture, pixels
 * @property {number} height
 * @property {'stream' | 'video' | 'picture' | null} source
 */

export const STAGES = Object.freeze(
  /** @type {const} */ (['sampleMs', 'inferMs', 'maskMs', 'compositeMs', 'totalMs']),
);
/** @typedef {(typeof STAGES)[number]} Stage */

/**
 * Before anything has been measured.
 * @param {boolean} isolated
 * @returns {Stats}
 */
export function emptyStats(isolated) {
  return {
    model: '',
    variant: '',
    backend: 'wasm',
    backendReason: '',
    threads: 0,
    isolated,
    compositor: '',
    sampler: '',
    samplerTimes: {},
    governor: null,
    ...new FrameStats().summary(0),
    width: 0,
    height: 0,
    source: null,
  };
}

/** A ring of the last `capacity` numbers; nothing is allocated after construction. */
export class RollingWindow {
  #values;
  #sorted;
  #next = 0;
  #count = 0;

  /** @param {number} [capacity] */
  constructor(capacity = 150) {
    this.#values = new Float64Array(capacity);
    this.#sorted = new Float64Array(capacity);
  }

  get count() {
    return this.#count;
  }

  /** @param {number} value */
  push(value) {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#count = Math.min(this.#count + 1, this.#values.length);
  }

  clear() {
    this.#next = 0;
    this.#count = 0;
  }

  /** @returns {Percentiles} by the nearest-rank definition */
  percentiles() {
    if (this.#count === 0) return { p50: 0, p95: 0 };
    const sorted = this.#sorted.subarray(0, this.#count);
    sorted.set(this.#values.subarray(0, this.#count));
    sorted.sort();
    return { p50: nearestRank(sorted, 0.5), p95: nearestRank(sorted, 0.95) };
  }
}

/**
 * @param {Float64Array} sorted  ascending, not empty
 * @param {number} quantile  0..1
 */
function nearestRank(sorted, quantile) {
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)];
}

/** Events a second over a sliding window of time. */
export class RateMeter {
  #times;
  #windowMs;
  #next = 0;
  #count = 0;

  /**
   * @param {number} [windowMs]
   * @param {number} [capacity]  the most events that fit into a window
   */
  constructor(windowMs = 2000, capacity = 512) {
    this.#windowMs = windowMs;
    this.#times = new Float64Array(capacity);
  }

  /** @param {number} nowMs */
  tick(nowMs) {
    this.#times[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#times.length;
    this.#count = Math.min(this.#count + 1, this.#times.length);
  }

  clear() {
    this.#next = 0;
    this.#count = 0;
  }

  /**
   * Intervals over the time that they took; a source that stopped counts down to 0.
   * @param {number} nowMs
   */
  rate(nowMs) {
    let events = 0;
    let oldest = nowMs;
    let newest = 0;
    for (let i = 0; i < this.#count; i++) {
      const time = this.#times[i];
      if (nowMs - time > this.#windowMs) continue;
      events++;
      oldest = Math.min(oldest, time);
      newest = Math.max(newest, time);
    }
    if (events < 2) return 0;
    const intervalMs = (newest - oldest) / (events - 1);
    // The time since the last event counts once it is longer than an interval: a stall shows at once.
    const spanMs = newest - oldest + Math.max(0, nowMs - newest - intervalMs);
    return spanMs > 0 ? ((events - 1) * 1000) / spanMs : 0;
  }
}

/** The figures of one source, filled by the frame loop. */
export class FrameStats {
  frames = 0;
  droppedFrames = 0;
  #rate = new RateMeter();
  #windows = Object.fromEntries(STAGES.map((stage) => [stage, new RollingWindow()]));

  reset() {
    this.frames = 0;
    this.droppedFrames = 0;
    this.#rate.clear();
    for (const stage of STAGES) this.#windows[stage].clear();
  }

  /**
   * @param {Stage} stage
   * @param {number} ms
   */
  add(stage, ms) {
    this.#windows[stage].push(ms);
  }

  /** @param {number} nowMs */
  composited(nowMs) {
    this.frames++;
    this.#rate.tick(nowMs);
  }

  /** @param {number} nowMs */
  summary(nowMs) {
    return {
      fps: this.#rate.rate(nowMs),
      frames: this.frames,
      droppedFrames: this.droppedFrames,
      stages: /** @type {StageStats} */ (
        Object.fromEntries(STAGES.map((stage) => [stage, this.#windows[stage].percentiles()]))
      ),
    };
  }
}
