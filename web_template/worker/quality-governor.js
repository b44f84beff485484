/**
 * Keeps the work on a frame within the time from one frame to the next: it goes down a ladder of
 * qualities when that fails and up again when there is time, and never to and fro.
 *
 * Load = what a frame takes ÷ the source's interval, as a mean over the last second. A step down
 * follows a second of overload. A step up follows three seconds in which the load that is to be
 * expected of the better quality leaves room; one that had to be taken back is tried ever less
 * often. Between two changes of direction lie ten seconds at least, whatever the load does.
 *
 * @typedef {object} Rung
 * @property {string} name
 * @property {number} relief  what a frame takes here, in parts of what it takes one rung better
 * @property {number} [room]  the load that it may be expected to have when it is stepped up to
 *
 * @typedef {'start' | 'slow' | 'time-left'} GovernorReason  why it is on this rung
 */

const LOAD_WINDOW_MS = 1000;
const INTERVAL_WINDOW_MS = 10_000;
const FEWEST_FRAMES = 3;
const OVERLOAD = 0.95;
const ROOM = 0.7;
const LOWER_AFTER_MS = 1000;
const RAISE_AFTER_MS = 3000;
export const TURN_AFTER_MS = 10_000;
/** A step up that is taken back within this time was a mistake. */
const MISTAKE_MS = 60_000;
const MAX_PATIENCE = 64;

/** A source that is slower may only seem so: pages offer no more frames than are taken. */
const MAX_INTERVAL_MS = 40;
const MIN_INTERVAL_MS = 1000 / 120;

export class QualityGovernor {
  /** Best first. @type {readonly Rung[]} */
  #ladder = [];
  #level = 0;
  /** @type {GovernorReason} */
  #reason = 'start';
  /** @type {{atMs: number, busyMs: number}[]} */
  #frames = [];
  /** @type {{atMs: number, intervalMs: number}[]} */
  #intervals = [];
  #lastTimestampMs = Number.NaN;
  #overSinceMs = Number.NaN;
  #roomSinceMs = Number.NaN;
  #direction = 0;
  #turnedMs = Number.NEGATIVE_INFINITY;
  #raisedMs = Number.NEGATIVE_INFINITY;
  /** How many times as long as usual there has to be room, by rung. @type {Map<string, number>} */
  #patience = new Map();

  /** 0 is the best. */
  get level() {
    return this.#level;
  }

  get rung() {
    return this.#ladder[this.#level];
  }

  get reason() {
    return this.#reason;
  }

  /**
   * What there is to choose from: the rung of the present name stays, or else the given one begins.
   * @param {readonly Rung[]} ladder  best first, at least one
   * @param {string} start
   */
  setLadder(ladder, start) {
    const name = this.#ladder[this.#level]?.name;
    const indexOf = (/** @type {string | undefined} */ each) =>
      ladder.findIndex((rung) => rung.name === each);
    const kept = indexOf(name);
    if (kept < 0) this.#reason = 'start';
    this.#ladder = ladder;
    this.#level = kept >= 0 ? kept : Math.max(0, indexOf(start));
    this.#forgetLoad();
  }

  /**
   * From here on anew, as if nothing had been learnt of the load.
   * @param {string} start  the rung
   */
  restart(start) {
    this.#level = Math.max(
      0,
      this.#ladder.findIndex(({ name }) => name === start),
    );
    this.#reason = 'start';
    this.#direction = 0;
    this.#raisedMs = Number.NEGATIVE_INFINITY;
    this.#patience.clear();
    this.#forgetLoad();
  }

  /** Another source: its frames are others, and come at another rate. */
  reset() {
    this.#intervals = [];
    this.#lastTimestampMs = Number.NaN;
    this.#forgetLoad();
  }

  /**
   * A frame has come, whether or not there is time for it.
   * @param {number} nowMs
   * @param {number} timestampMs  its own
   */
  arrived(nowMs, timestampMs) {
    const intervalMs = timestampMs - this.#lastTimestampMs;
    this.#lastTimestampMs = timestampMs;
    if (!(intervalMs > 0)) return; // the first, or the video begins anew
    this.#intervals.push({ atMs: nowMs, intervalMs });
    while (nowMs - this.#intervals[0].atMs > INTERVAL_WINDOW_MS) this.#intervals.shift();
  }

  /**
   * A frame is done.
   * @param {number} nowMs
   * @param {number} busyMs  that it took
   * @returns {boolean} whether the rung is another one now
   */
  done(nowMs, busyMs) {
    this.#frames.push({ atMs: nowMs, busyMs });
    this.#frames = this.#frames.filter(({ atMs }) => nowMs - atMs <= LOAD_WINDOW_MS);
    const intervalMs = this.#intervalMs();
    if (intervalMs === null || this.#frames.length < FEWEST_FRAMES) return false;
    const meanMs = this.#frames.reduce((sum, each) => sum + each.busyMs, 0) / this.#frames.length;
    return this.#judge(nowMs, meanMs / intervalMs);
  }

  /**
   * @param {number} nowMs
   * @param {number} load
   */
  #judge(nowMs, load) {
    const rung = this.#ladder[this.#level];
    const better = this.#ladder[this.#level - 1];
    const hasRoom = !!better && load / rung.relief < (better.room ?? ROOM);
    this.#overSinceMs = load > OVERLOAD ? Math.min(nowMs, this.#overSinceMs || nowMs) : Number.NaN;
    this.#roomSinceMs = hasRoom ? Math.min(nowMs, this.#roomSinceMs || nowMs) : Number.NaN;
    if (nowMs - this.#overSinceMs >= LOWER_AFTER_MS) return this.#move(nowMs, 1);
    const patience = better ? (this.#patience.get(better.name) ?? 1) : 1;
    if (nowMs - this.#roomSinceMs >= RAISE_AFTER_MS * patience) return this.#move(nowMs, -1);
    return false;
  }

  /**
   * @param {number} nowMs
   * @param {1 | -1} direction  1: down the ladder
   */
  #move(nowMs, direction) {
    const level = this.#level + direction;
    if (level < 0 || level >= this.#ladder.length) return false;
    const isTurn = this.#direction !== 0 && direction !== this.#direction;
    if (isTurn && nowMs - this.#turnedMs < TURN_AFTER_MS) return false;
    if (isTurn) this.#turnedMs = nowMs;
    if (direction === -1) this.#raisedMs = nowMs;
    else if (nowMs - this.#raisedMs < MISTAKE_MS) this.#regret();
    this.#direction = direction;
    this.#level = level;
    this.#reason = direction === 1 ? 'slow' : 'time-left';
    this.#forgetLoad();
    return true;
  }

  /** The rung that is left was too good to be true. */
  #regret() {
    const { name } = this.#ladder[this.#level];
    this.#patience.set(name, Math.min(MAX_PATIENCE, 2 * (this.#patience.get(name) ?? 1)));
    this.#raisedMs = Number.NEGATIVE_INFINITY;
  }

  #forgetLoad() {
    this.#frames = [];
    this.#overSinceMs = Number.NaN;
    this.#roomSinceMs = Number.NaN;
  }

  /** The source's own: where frames are skipped, what lies between two is a multiple of it. */
  #intervalMs() {
    if (this.#intervals.length === 0) return null;
    const sorted = this.#intervals.map(({ intervalMs }) => intervalMs).sort((a, b) => a - b);
    const low = sorted[Math.floor(sorted.length / 10)];
    return Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, low));
  }
}
