/**
 * Whether a frame has anything to do with the one before it. After a sleep, a long pause, a jump in
 * a video or a turn of the phone, what is remembered (a recurrent model's states, the blend over
 * time, where the person was) is of another scene.
 *
 * A camera's time may stand still while the machine sleeps, so the clock on the wall counts too.
 *
 * @typedef {object} Place  of a frame
 * @property {number} width   upright, pixels
 * @property {number} height
 * @property {number} timeS   its own
 */

/** Frames further apart are another scene; a hidden page gets two a second. */
const GAP_S = 2;

/** So much more has passed outside than in the frames' own time: slow machines stay far below. */
const ASLEEP_S = 10;

export class Continuity {
  #wallMs;
  /** @type {(Place & {wallS: number}) | null} */
  #last = null;

  /** @param {() => number} [wallMs]  goes on while the machine sleeps */
  constructor(wallMs = () => Date.now()) {
    this.#wallMs = wallMs;
  }

  /**
   * @param {Place} place  of the next frame, or of the last one once more
   * @returns {boolean} whether what is remembered has to go; not so for the first frame
   */
  breaksAt({ width, height, timeS }) {
    const last = this.#last;
    const wallS = this.#wallMs() / 1000;
    this.#last = { width, height, timeS, wallS };
    if (!last) return false;
    if (width !== last.width || height !== last.height) return true;
    const sinceS = timeS - last.timeS;
    if (sinceS === 0) return false; // the same frame: the looks, or the model, have changed
    return sinceS < 0 || sinceS > GAP_S || wallS - last.wallS - sinceS > ASLEEP_S;
  }

  /** Another source. */
  reset() {
    this.#last = null;
  }
}
