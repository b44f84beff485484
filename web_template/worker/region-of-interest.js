/**
 * The region of interest: the model's few pixels are spent on the person.
 *
 * The person's box (alpha above 0.5) in one frame says where the next frame is looked at. The
 * Python reference has the same (`builder/roi.py`): the same constants, the same order of the same
 * float64 operations, so both choose the same rectangles.
 *
 * - Looks. The first frame is looked at whole, then again where the person was found: the one
 *   second inference there ever is. From then on one look a frame: at the region, and at the whole
 *   frame once LOOK_AROUND_S has gone by since the last such look (every other frame at the most),
 *   when the person is lost, and as long as nobody is there.
 * - Target. The box grown by GROW of its size on each side, at least MIN_SIDE of the frame each
 *   way, its aspect within a factor of MAX_STRETCH of the model's.
 * - Hysteresis, for each edge of the region: one that the box comes closer to than NEAR of its size,
 *   or would reach in the next frame by going on as since the last one, jumps to the target at once,
 *   and as far beyond as the box goes, so that nobody is cut off; one that is further than SLACK from
 *   the target eases towards it until it is within SETTLED; others stay.
 * - Matte. A matte covers the region. A look at the region is that matte; a look at the whole frame
 *   is read at the region's pixels, after the region has followed what was seen.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect  whole pixels of a frame
 * @typedef {{rect: Rect, isWhole: boolean}} Look  what of a frame the model sees
 * @typedef {readonly [low: number, high: number]} Span  pixels of the frame
 *
 * @typedef {object} Bounds  of the person, pixels of the alpha; right and bottom are exclusive
 * @property {number} count  of the person's pixels; the others mean nothing where it is 0
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 */

const PERSON = 0.5; // alpha above this is person
const MIN_PERSON = 0.0005; // of the look's pixels: fewer are nobody
const GROW = 0.12; // of the box's size, on each side: see docs/engine.md
const NEAR = 0.05;
const SLACK = 0.15;
const SETTLED = 0.02;
const EASE = 0.3; // of the way to the target in each frame
const MIN_SIDE = 0.25; // of the frame: a false find must not fill the model's whole view
const MAX_STRETCH = 2;
const WHOLE_SHARE = 0.85; // a region of this much of the frame's area is the whole frame
const STEP = 16; // pixels: the grid of regions; weights of shared factors are what reduce.js sums fast
const STEPS = 80; // at least, along the longer side: the grid of a small frame is finer
const LOOK_AROUND_S = 0.4; // who walks in is seen within half a second, at 10 frames a second or more

/** One axis of the region. */
class Edges {
  #lowMoves = false;
  #highMoves = false;
  /** In the frame before. @type {Span | null} */
  #box = null;

  /** @param {Span} span */
  constructor([low, high]) {
    this.low = low;
    this.high = high;
  }

  /**
   * @param {Span} box
   * @param {Span} target
   * @param {number} frame  its size, pixels
   */
  follow(box, target, frame) {
    const size = box[1] - box[0];
    const before = this.#box ?? box;
    this.#box = box;
    const room = NEAR * size;
    const left = Math.max(0, before[0] - box[0]);
    const right = Math.max(0, box[1] - before[1]);
    if (Math.max(0, box[0] - Math.max(room, left)) < this.low) {
      this.low = Math.min(this.low, target[0], Math.max(0, box[0] - left - room));
      this.#lowMoves = false;
    } else {
      [this.low, this.#lowMoves] = eased(this.low, target[0], size, this.#lowMoves);
    }
    if (Math.min(frame, box[1] + Math.max(room, right)) > this.high) {
      this.high = Math.max(this.high, target[1], Math.min(frame, box[1] + right + room));
      this.#highMoves = false;
    } else {
      [this.high, this.#highMoves] = eased(this.high, target[1], size, this.#highMoves);
    }
  }
}

/**
 * @param {number} edge
 * @param {number} target
 * @param {number} size
 * @param {boolean} moves
 * @returns {[edge: number, moves: boolean]}
 */
function eased(edge, target, size, moves) {
  if (Math.abs(target - edge) <= (moves ? SETTLED : SLACK) * size) return [edge, false];
  return [edge + EASE * (target - edge), true];
}

/**
 * Chooses where to look, frame by frame; one for each source. For each frame: `look`, run the model
 * on it, `learn`; when that gives another look, run and `learn` again. Then `matteRect` is what the
 * matte covers.
 */
export class RegionOfInterest {
  #modelWidth;
  #modelHeight;
  #width = 0;
  #height = 0;
  /** @type {{x: Edges, y: Edges} | null} */
  #axes = null;
  #lookedAroundS = 0;
  #hasLookedAround = false;
  #mustLookAround = true;
  #isFirst = true;

  /**
   * @param {number} modelWidth   of the model's input, pixels
   * @param {number} modelHeight
   */
  constructor(modelWidth, modelHeight) {
    this.#modelWidth = modelWidth;
    this.#modelHeight = modelHeight;
  }

  /** Forgets the person: the source changed. */
  reset() {
    this.#width = this.#height = 0;
    this.#axes = null;
    this.#lookedAroundS = 0;
    this.#hasLookedAround = false;
    this.#mustLookAround = true;
    this.#isFirst = true;
  }

  /**
   * What of a frame to look at.
   * @param {number} width   of the frame, pixels
   * @param {number} height
   * @param {number} timeS   the frame's own; one that goes back means a cut
   * @returns {Look}
   */
  look(width, height, timeS) {
    if (width !== this.#width || height !== this.#height) {
      this.reset();
      this.#width = width;
      this.#height = height;
    }
    const sinceS = timeS - this.#lookedAroundS;
    const isDue = sinceS >= LOOK_AROUND_S && !this.#hasLookedAround;
    const rect = this.#rect();
    const isWhole = this.#mustLookAround || isDue || sinceS < 0 || this.#isWhole(rect);
    if (isWhole) {
      this.#lookedAroundS = timeS;
      this.#mustLookAround = false;
    }
    this.#hasLookedAround = isWhole;
    return { rect: isWhole ? { x: 0, y: 0, width, height } : rect, isWhole };
  }

  /**
   * Follows the person.
   * @param {Float32Array} alpha  what the model answered, [height, width] 0..1
   * @param {Look} look           what it saw
   * @returns {Look | null} the second look at the same frame, where one is due
   */
  learn(alpha, look) {
    return this.follow(boundsOf(alpha, this.#modelWidth, this.#modelHeight), look);
  }

  /**
   * `learn` for whoever has found the person's bounds already.
   * @param {Bounds} bounds  in the alpha of `look`
   * @param {Look} look
   * @returns {Look | null}
   */
  follow(bounds, { rect: seen, isWhole }) {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const box = boxOf(bounds, this.#modelWidth, this.#modelHeight, seen);
    if (!box) {
      this.#mustLookAround = true;
      if (isWhole) this.#axes = null;
      return null;
    }
    const aspect = this.#modelWidth / this.#modelHeight;
    const target = targetOf(box, this.#width, this.#height, aspect);
    this.#axes ??= { x: new Edges(target.x), y: new Edges(target.y) };
    this.#axes.x.follow(box.x, target.x, this.#width);
    this.#axes.y.follow(box.y, target.y, this.#height);
    const rect = this.#rect();
    return isFirst && !this.#isWhole(rect) ? { rect, isWhole: false } : null;
  }

  /**
   * What the matte covers after `look` has been learnt from.
   * @param {Look} look
   * @returns {Rect}
   */
  matteRect(look) {
    return look.isWhole ? this.#rect() : look.rect;
  }

  /** The region on the grid. @returns {Rect} */
  #rect() {
    const whole = { x: 0, y: 0, width: this.#width, height: this.#height };
    if (!this.#axes) return whole;
    const step = gridStep(this.#width, this.#height);
    const x = Math.floor(this.#axes.x.low / step) * step;
    const y = Math.floor(this.#axes.y.low / step) * step;
    const width = Math.min(this.#width, Math.ceil(this.#axes.x.high / step) * step) - x;
    const height = Math.min(this.#height, Math.ceil(this.#axes.y.high / step) * step) - y;
    if (width * height >= WHOLE_SHARE * (this.#width * this.#height)) return whole;
    return { x, y, width, height };
  }

  /** @param {Rect} rect */
  #isWhole({ width, height }) {
    return width === this.#width && height === this.#height;
  }
}

/**
 * @param {Float32Array} alpha
 * @param {number} width   of the alpha
 * @param {number} height
 * @param {Rect} seen      what of the frame it covers
 * @returns {{x: Span, y: Span} | null} the person's bounds in pixels of the frame
 */
export function personBox(alpha, width, height, seen) {
  return boxOf(boundsOf(alpha, width, height), width, height, seen);
}

/**
 * @param {Float32Array} alpha
 * @param {number} width
 * @param {number} height
 * @returns {Bounds}
 */
function boundsOf(alpha, width, height) {
  let count = 0;
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let y = 0; y < height; y++) {
    const start = y * width;
    const before = count;
    for (let x = 0; x < width; x++) {
      if (!(alpha[start + x] > PERSON)) continue;
      count++;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
    }
    if (count === before) continue;
    if (y < top) top = y;
    bottom = y + 1;
  }
  return { count, left, right, top, bottom };
}

/**
 * @param {Bounds} bounds
 * @param {number} width   of the alpha
 * @param {number} height
 * @param {Rect} seen      what of the frame it covers
 * @returns {{x: Span, y: Span} | null} pixels of the frame
 */
function boxOf({ count, left, right, top, bottom }, width, height, seen) {
  if (count < Math.max(1, MIN_PERSON * width * height)) return null;
  const across = (/** @type {number} */ at) => seen.x + (at * seen.width) / width;
  const down = (/** @type {number} */ at) => seen.y + (at * seen.height) / height;
  return { x: [across(left), across(right)], y: [down(top), down(bottom)] };
}

/**
 * @param {number} width   of the frame, pixels
 * @param {number} height
 * @returns {number} pixels between the lines of the grid of regions: the largest power of two that
 *   fits
 */
function gridStep(width, height) {
  let step = STEP;
  while (step > 1 && step * STEPS > Math.max(width, height)) step /= 2;
  return step;
}

/**
 * @param {{x: Span, y: Span}} box
 * @param {number} width   of the frame
 * @param {number} height
 * @param {number} aspect  of the model's input
 * @returns {{x: Span, y: Span}}
 */
function targetOf(box, width, height, aspect) {
  const x = grown(box.x, width);
  const y = grown(box.y, height);
  const leastWidth = Math.max(MIN_SIDE * width, (y[1] - y[0]) * (aspect / MAX_STRETCH));
  const leastHeight = Math.max(MIN_SIDE * height, (x[1] - x[0]) / (aspect * MAX_STRETCH));
  return { x: widened(x, leastWidth, width), y: widened(y, leastHeight, height) };
}

/**
 * @param {Span} span
 * @param {number} frame
 * @returns {Span}
 */
function grown([low, high], frame) {
  const margin = GROW * (high - low);
  return [Math.max(0, low - margin), Math.min(frame, high + margin)];
}

/**
 * About the centre to `least`, moved into the frame where it sticks out.
 * @param {Span} span
 * @param {number} least
 * @param {number} frame
 * @returns {Span}
 */
function widened(span, least, frame) {
  if (span[1] - span[0] >= least) return span;
  const size = Math.min(least, frame);
  const low = Math.min(Math.max(0, (span[0] + span[1]) / 2 - size / 2), frame - size);
  return [low, low + size];
}
