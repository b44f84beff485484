/**
 * Which way of sampling is the fastest on this machine, for frames of one kind.
 *
 * The first way leads: what it gives is used. Now and then another one samples the same frame
 * beside it, so that both are timed on the same work and their answers can be compared; what
 * answers differently is out. Each gets a warm-up and a few trials, one that has no hope fewer.
 * After the last trial the fastest median leads.
 *
 * Nothing tells beforehand who wins: where frames lie in memory, copying planes is a hundred times
 * faster than a GPU; where they live on a GPU it can be the other way round.
 */

/** Trials come so seldom that the picture goes on: one in this many frames. */
const EVERY = 4;
const TRIALS = 3;
/** A trial so many times slower than the leader, and by so much, is the last one. */
const HOPELESS = 3;
const HOPELESS_MS = 4;

export class SamplingRace {
  #frames = 0;
  /** Who has not had all trials yet. @type {string[]} */
  #waiting;
  /** Timed trials of each way; the leader has them all. @type {Map<string, number[]>} */
  #trials;
  #isWarm = false;

  /** @param {readonly string[]} names  the one to begin with first */
  constructor(names) {
    this.leader = names[0] ?? '';
    this.#waiting = names.slice(1);
    this.#trials = new Map(names.map((name) => [name, []]));
  }

  get isOver() {
    return this.#waiting.length === 0;
  }

  /** Milliseconds for one frame of each way that was timed, the median. @returns {Record<string, number>} */
  get times() {
    const timed = [...this.#trials].filter(([, trials]) => trials.length > 0);
    return Object.fromEntries(timed.map(([name, trials]) => [name, median(trials)]));
  }

  /** To be asked once for each frame. @returns {string | null} who is to sample it beside the leader */
  next() {
    this.#frames++;
    return this.#frames % EVERY === 0 ? (this.#waiting[0] ?? null) : null;
  }

  /**
   * @param {number} ms        that the one from `next` took
   * @param {number} leaderMs  that the leader took for the same frame
   */
  tried(ms, leaderMs) {
    if (!this.#isWarm) {
      this.#isWarm = true; // shaders were compiled, memory was taken
      return;
    }
    const [name] = this.#waiting;
    const trials = this.#trialsOf(name);
    trials.push(ms);
    this.#trialsOf(this.leader).push(leaderMs);
    const isHopeless = ms > HOPELESS * leaderMs && ms > leaderMs + HOPELESS_MS;
    if (isHopeless || trials.length >= TRIALS) this.#advance();
  }

  /**
   * It threw, or it answered something else.
   * @param {string} name
   */
  failed(name) {
    this.#trials.delete(name);
    if (name === this.#waiting[0]) {
      this.#advance();
      return;
    }
    this.#waiting = this.#waiting.filter((each) => each !== name);
    if (name === this.leader) this.leader = this.#best();
    // A way that leads has no one to be timed against.
    if (this.#waiting[0] === this.leader) this.#advance();
  }

  #advance() {
    this.#waiting.shift();
    this.#isWarm = false;
    if (this.isOver) this.leader = this.#best();
  }

  /** The fastest that was timed, else the first that is left. */
  #best() {
    const [fastest] = Object.entries(this.times).sort(([, a], [, b]) => a - b);
    return fastest?.[0] ?? this.#trials.keys().next().value ?? '';
  }

  /** @param {string} name */
  #trialsOf(name) {
    return /** @type {number[]} */ (this.#trials.get(name));
  }
}

/** @param {readonly number[]} values  not empty */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
