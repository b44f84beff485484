/**
 * Tells the figures: at once when something has happened, and a few times a second while they change.
 *
 * @typedef {import('../shared/stats.js').FrameStats} FrameStats
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {Omit<Stats, keyof ReturnType<FrameStats['summary']>>} Facts  that are not counted
 */

const INTERVAL_MS = 500;

export class StatsPost {
  #stats;
  #facts;
  #send;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #sentFps = 0;
  #sentFrames = 0;

  /**
   * @param {FrameStats} stats
   * @param {() => Facts} facts
   * @param {(stats: Stats) => void} send
   */
  constructor(stats, facts, send) {
    this.#stats = stats;
    this.#facts = facts;
    this.#send = send;
  }

  start() {
    this.stop();
    this.#timer = setInterval(() => this.#postIfChanged(), INTERVAL_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  post() {
    const summary = this.#stats.summary(performance.now());
    this.#sentFps = summary.fps;
    this.#sentFrames = summary.frames;
    this.#send({ ...this.#facts(), ...summary });
  }

  #postIfChanged() {
    const { fps, frames } = this.#stats.summary(performance.now());
    if (frames !== this.#sentFrames || fps !== this.#sentFps) this.post();
  }
}
