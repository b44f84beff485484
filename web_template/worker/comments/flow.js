/**
 * Where each comment is: lanes from top to bottom, in which they fly from right to left. In a lane
 * none begins before the one ahead has come in whole, nor catches up with it: since all cross in
 * the same time, long ones are faster.
 *
 * @typedef {import('../../shared/comments.js').Comments} Comments
 *
 * @typedef {object} Placed  one comment, now
 * @property {string} text
 * @property {string} color   '#rrggbb'
 * @property {number} x       of its left edge, pixels
 * @property {number} y       of its top
 * @property {number} opacity  0..1
 *
 * @typedef {{width: number, height: number}} Size  pixels
 * @typedef {{text: string, color: string, lane: number, width: number, bornS: number, lifeS: number,
 *   isCalm: boolean, x: number}} Flying
 */

import { readLine } from '../../shared/comments.js';

/** Height of a lane's line, as a share of the picture's: from the smallest size to the largest. */
const LINE_SHARE = /** @type {const} */ ([0.05, 0.13]);
/** Seconds from one edge to the other, from the slowest to the fastest. */
const CROSSING_S = /** @type {const} */ ([16, 5]);
/** Comments that a lane has at once, on average: from the thinnest to the densest. */
const PER_LANE = /** @type {const} */ ([0.15, 1.1]);
/** Between two in a lane, in heights of a line. */
const GAP = 0.9;
/** Room above the first lane and below the last one, as a share of the height. */
const MARGIN = 0.03;
/** Of those that stand: coming and going, seconds. */
const FADE_S = 0.7;
const STAND_S = 6;

/** @param {readonly [number, number]} range @param {number} share */
const between = ([from, to], share) => from + (to - from) * share;

export class CommentFlow {
  #comments;
  #size;
  #measure;
  #random;
  /** @type {Flying[]} */
  #flying = [];
  #nextLine = 0;
  #nextS = Number.NEGATIVE_INFINITY;
  /** Lines that have just been written come before their turn. @type {string[]} */
  #fresh = [];

  /**
   * @param {Comments} comments
   * @param {Size} size
   * @param {(text: string, lineHeight: number) => number} measure  its width, pixels
   * @param {() => number} [random]  0..1
   */
  constructor(comments, size, measure, random = Math.random) {
    this.#comments = comments;
    this.#size = size;
    this.#measure = measure;
    this.#random = random;
  }

  /**
   * What flies goes on; what comes follows the new wishes. Not for another size.
   * @param {Comments} comments
   */
  update(comments) {
    const known = new Set(this.#comments.lines);
    const added = comments.lines.filter((line) => !known.has(line));
    if (known.size > 0 && added.length < comments.lines.length) this.#fresh.push(...added);
    this.#comments = comments;
    if (this.#fresh.length > 0) this.#nextS = Math.min(this.#nextS, 0);
  }

  /** Height of a line, pixels. */
  get lineHeight() {
    return Math.max(8, Math.round(this.#size.height * between(LINE_SHARE, this.#comments.size)));
  }

  get lanes() {
    const usable = this.#size.height * (1 - 2 * MARGIN);
    return Math.max(1, Math.floor(usable / this.lineHeight));
  }

  /**
   * @param {number} nowS  never less than the time before
   * @returns {Placed[]}
   */
  at(nowS) {
    const { lines } = this.#comments;
    if (lines.length === 0 && this.#flying.length === 0) return [];
    if (this.#nextS === Number.NEGATIVE_INFINITY) this.#fill(nowS);
    // After a long pause nobody misses what would have flown meanwhile.
    this.#nextS = Math.max(this.#nextS, this.#fresh.length > 0 ? nowS : nowS - this.#lifeS);
    while (this.#nextS <= nowS) this.#spawn(this.#nextS);
    this.#flying = this.#flying.filter((each) => nowS < each.bornS + each.lifeS);
    return this.#flying.map((each) => this.#place(each, nowS));
  }

  get #lifeS() {
    return this.#comments.calm ? STAND_S : between(CROSSING_S, this.#comments.speed);
  }

  /**
   * As if it had gone on for a while: nobody looks at an empty screen.
   * @param {number} nowS
   */
  #fill(nowS) {
    this.#nextS = nowS - this.#lifeS;
  }

  /** @param {number} bornS */
  #spawn(bornS) {
    const perLane = between(PER_LANE, this.#comments.density);
    const pauseS = this.#lifeS / (this.lanes * perLane);
    this.#nextS = bornS + pauseS * (0.6 + 0.8 * this.#random());
    const { lines, colors, calm } = this.#comments;
    const next = this.#fresh[0] ?? lines[this.#nextLine % lines.length];
    if (next === undefined) return;
    const line = readLine(next, this.#nextLine, colors);
    const width = this.#measure(line.text, this.lineHeight);
    const free = this.#freeLanes(width, bornS);
    if (free.length === 0) return; // its turn comes later
    if (this.#fresh.length > 0) this.#fresh.shift();
    else this.#nextLine++;
    const lane = free[Math.floor(this.#random() * free.length)];
    const x = Math.max(0, this.#size.width - width) * this.#random();
    this.#flying.push({ ...line, lane, width, bornS, lifeS: this.#lifeS, isCalm: calm, x });
  }

  /**
   * @param {number} width  of the one that comes
   * @param {number} bornS
   */
  #freeLanes(width, bornS) {
    return Array.from({ length: this.lanes }, (_, lane) => lane).filter((lane) =>
      this.#flying.every((other) => other.lane !== lane || this.#isApart(other, width, bornS)),
    );
  }

  /**
   * @param {Flying} ahead
   * @param {number} width
   * @param {number} bornS
   */
  #isApart(ahead, width, bornS) {
    const leavesS = ahead.bornS + ahead.lifeS;
    if (bornS >= leavesS) return true;
    if (this.#comments.calm || ahead.isCalm) return false;
    const gap = GAP * this.lineHeight;
    const full = this.#size.width;
    const aheadSpeed = (full + ahead.width) / ahead.lifeS;
    const speed = (full + width) / this.#lifeS;
    const isIn = (bornS - ahead.bornS) * aheadSpeed >= ahead.width + gap;
    // When the one ahead has left, this one's left edge must not be beyond the left border.
    return isIn && (leavesS - bornS) * speed <= full - gap;
  }

  /**
   * @param {Flying} each
   * @param {number} nowS
   * @returns {Placed}
   */
  #place({ text, color, lane, width, bornS, lifeS, isCalm, x }, nowS) {
    const top = this.#size.height * MARGIN + lane * this.lineHeight;
    const ageS = nowS - bornS;
    if (isCalm) {
      const opacity = Math.min(1, ageS / FADE_S, (lifeS - ageS) / FADE_S);
      return { text, color, x, y: top, opacity: Math.max(0, opacity) };
    }
    const way = (ageS / lifeS) * (this.#size.width + width);
    return { text, color, x: this.#size.width - way, y: top, opacity: 1 };
  }
}
