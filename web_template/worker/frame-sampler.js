/**
 * Frame → model input, by the fastest way that this browser can go: the frame's own planes, planes
 * that the browser converts, the GPU, a 2D canvas. All give the same numbers within 2/255, and the
 * fastest is found on the first frames; frames of another format or another size are another race.
 * What is used is always the leader's answer. A way that throws is out until the next race.
 *
 * @typedef {import('./sampling/frame-planes.js').Rect} Rect
 *
 * @typedef {object} SamplingWay
 * @property {(frame: VideoFrame) => boolean} supports
 * @property {(frame: VideoFrame, out: Float32Array, rect?: Rect) => Promise<void>} sample
 * @property {() => void} [dispose]  lets go of what it holds; it may be used again after that
 *
 * @typedef {object} FrameSampler
 * @property {(frame: VideoFrame, out: Float32Array, rect?: Rect) => Promise<void>} sample
 *   fills out, [3, height, width] RGB 0..1, with what `rect` of the upright visible pixels shows, or
 *   all of them; the frame stays the caller's
 * @property {string} way  that the last frame took; '' before the first
 * @property {Readonly<Record<string, number>>} times  milliseconds for a frame, of each way that was tried
 * @property {() => void} dispose
 */

import { isUpright, orientationOf, uprightSize } from './orientation.js';
import { CanvasSampler } from './sampling/canvas-sampler.js';
import { PlaneSampler } from './sampling/plane-sampler.js';
import { SamplingRace } from './sampling/sampling-race.js';
import { Webgl2Sampler } from './sampling/webgl2-sampler.js';

/**
 * Mean disagreement up to which two ways answer the same. Converters round differently (libyuv's
 * blue of BT.709 is off by up to 7/255); what is upside down, shifted or black is far beyond.
 */
const ALIKE = 6 / 255;
/** Least range of a picture's values by which ways can be told apart: a closed lens is no proof. */
const TELLING = 0.2;

/**
 * @param {number} width   of the model's input
 * @param {number} height
 * @param {[name: string, way: SamplingWay][]} [ways]  the one to begin with first
 * @param {() => number} [now]  milliseconds
 * @returns {FrameSampler}
 */
export function createFrameSampler(
  width,
  height,
  ways = standardWays(width, height),
  now = () => performance.now(),
) {
  return new RacingSampler(new Map(ways), now);
}

class RacingSampler {
  way = '';
  #ways;
  #now;
  #race = new SamplingRace([]);
  #kind = '';
  #scratch = new Float32Array(0);

  /**
   * @param {Map<string, SamplingWay>} ways
   * @param {() => number} now
   */
  constructor(ways, now) {
    this.#ways = ways;
    this.#now = now;
  }

  get times() {
    return this.#race.times;
  }

  /**
   * @param {VideoFrame} frame
   * @param {Float32Array} out
   * @param {Rect} [rect]
   */
  async sample(frame, out, rect) {
    this.#followKind(frame);
    const leaderMs = await this.#lead(frame, out, rect);
    const challenger = this.#race.next();
    if (challenger && isTelling(out)) await this.#try(challenger, leaderMs, frame, out, rect);
  }

  dispose() {
    for (const way of this.#ways.values()) way.dispose?.();
  }

  /** @param {VideoFrame} frame */
  #followKind(frame) {
    const kind = kindOf(frame);
    if (kind === this.#kind) return;
    this.#kind = kind;
    const able = [...this.#ways].filter(([, way]) => way.supports(frame));
    this.#race = new SamplingRace(able.map(([name]) => name));
  }

  /**
   * @param {VideoFrame} frame
   * @param {Float32Array} out
   * @param {Rect} [rect]
   * @returns {Promise<number>} milliseconds
   */
  async #lead(frame, out, rect) {
    for (;;) {
      const { leader } = this.#race;
      if (!leader) {
        this.#kind = ''; // the next frame may be another one, or the cause may be gone
        throw new Error(`no way to read frames of format ${frame.format}`);
      }
      try {
        const started = this.#now();
        await this.#ways.get(leader)?.sample(frame, out, rect);
        this.way = leader;
        return this.#now() - started;
      } catch (error) {
        this.#drop(leader);
        if (!this.#race.leader) {
          this.#kind = '';
          throw error;
        }
      }
    }
  }

  /**
   * @param {string} name
   * @param {number} leaderMs
   * @param {VideoFrame} frame
   * @param {Float32Array} out  what the leader answered
   * @param {Rect} [rect]
   */
  async #try(name, leaderMs, frame, out, rect) {
    const race = this.#race;
    if (this.#scratch.length !== out.length) this.#scratch = new Float32Array(out.length);
    try {
      const started = this.#now();
      await this.#ways.get(name)?.sample(frame, this.#scratch, rect);
      const tookMs = this.#now() - started;
      if (isAlike(out, this.#scratch)) race.tried(tookMs, leaderMs);
      else this.#drop(name);
    } catch {
      this.#drop(name); // the frame is sampled already
    }
    if (race.isOver) this.#settle();
  }

  /** Losers need not keep what they hold, such as a graphics context. */
  #settle() {
    this.#scratch = new Float32Array(0);
    for (const [name, way] of this.#ways) {
      if (name !== this.#race.leader) way.dispose?.();
    }
  }

  /** @param {string} name */
  #drop(name) {
    this.#race.failed(name);
    this.#ways.get(name)?.dispose?.();
  }
}

/**
 * What decides who can read a frame, and how fast; areas count in powers of two.
 * @param {VideoFrame} frame
 */
function kindOf(frame) {
  const { width, height } = uprightSize(frame);
  const { matrix, primaries, transfer } = frame.colorSpace;
  const sizeClass = Math.round(Math.log2(width * height));
  const isTurned = !isUpright(orientationOf(frame));
  return `${frame.format} ${matrix} ${primaries} ${transfer} ${sizeClass} ${isTurned}`;
}

/** @param {Float32Array} values */
function isTelling(values) {
  let [low, high] = [1, 0];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low >= TELLING;
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
function isAlike(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum <= ALIKE * a.length; // false where anything is not a number
}

/**
 * @param {number} width
 * @param {number} height
 * @returns {[string, SamplingWay][]}
 */
function standardWays(width, height) {
  return [
    ['planes', new PlaneSampler(width, height)],
    ['rgba', new PlaneSampler(width, height, 'RGBA')],
    ['webgl2', new Webgl2Sampler(width, height)],
    ['canvas2d', new CanvasSampler(width, height)],
  ];
}
