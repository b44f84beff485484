/**
 * Frames, one at a time and always the newest: matted on the model's way, then composited.
 *
 * The loop owns every frame that is offered to it and closes it: a frame that a newer one replaced,
 * one that failed, and the one that was composited last once another takes its place. That last
 * one is kept, with its alpha, so that an effect can change while nothing moves and so that both
 * can be captured.
 *
 * When a frame fails, the canvas gets what the effect shows without a frame, and the next frame is
 * tried; the error is told once until a frame succeeds again.
 *
 * @typedef {import('./compositor/compositor.js').Compositor} Compositor
 * @typedef {import('./mask-filter.js').Matte} Matte
 * @typedef {import('./ways/frame-way.js').FrameWay} FrameWay
 * @typedef {import('./ways/frame-way.js').Matted} Matted
 * @typedef {import('../shared/stats.js').FrameStats} FrameStats
 *
 * @typedef {object} FrameLoopOptions
 * @property {Compositor} compositor
 * @property {FrameStats} stats
 * @property {() => void} onTaken  an offered frame left the queue: it is looked at, or was dropped
 * @property {(timestampUs: number) => void} [onArrived]  a frame was offered
 * @property {() => void} onComposited
 * @property {(busyMs: number) => void} [onDone]  a frame was composited, which took so long
 * @property {(width: number, height: number) => void} onSize
 * @property {(error: MatteError) => void} onFailure  the first of a row
 * @property {() => boolean} [isLent]  the frames that come now are a camera's few
 * @property {() => number} [now]  milliseconds
 */

import { MatteError } from '../shared/errors.js';
import { nextTask } from './next-task.js';
import { ShownFrame } from './shown-frame.js';

export class FrameLoop {
  #compositor;
  #stats;
  #on;
  #now;
  /** @type {FrameWay | null} */
  #way = null;
  /** The newest frame that waits. @type {{frame: VideoFrame, arrivedMs: number} | null} */
  #waiting = null;
  #shown;
  /** The work on the frame that is being matted. @type {Promise<void> | null} */
  #running = null;
  /** Frames that were taken before it was changed are not shown any more. */
  #epoch = 0;
  #isFailing = false;
  #startedMs = 0;
  #width = 0;
  #height = 0;

  /** @param {FrameLoopOptions} options */
  constructor({ compositor, stats, now = () => performance.now(), ...listeners }) {
    this.#compositor = compositor;
    this.#stats = stats;
    this.#now = now;
    this.#on = listeners;
    this.#shown = new ShownFrame({
      now,
      onCopied: (frame, copy) => compositor.replaced?.(frame, copy),
    });
  }

  /** The last composited frame and its matte; both stay the loop's. */
  get shown() {
    return this.#shown.current;
  }

  /** How long the frame that is being matted has taken so far; 0 while there is none. */
  get busyMs() {
    return this.#running ? this.#now() - this.#startedMs : 0;
  }

  /**
   * Takes the frame over; it may wait until a model is there.
   * @param {VideoFrame} frame
   */
  offer(frame) {
    if (this.#waiting) {
      this.#stats.droppedFrames++;
      this.#dropWaiting();
    }
    this.#waiting = { frame, arrivedMs: this.#now() };
    this.#on.onArrived?.(frame.timestamp);
    this.#kick();
  }

  /**
   * Frames go this way from the next one on.
   * @param {FrameWay} way
   * @returns {Promise<void>} when the old one is not used any more
   */
  async setWay(way) {
    this.#way = way;
    await this.#running;
    this.rematte();
  }

  /** A picture, or a paused video, is looked at again: the model, or its looks, are others. */
  rematte() {
    const { shown } = this;
    if (shown && !this.#waiting) this.offer(shown.frame.clone());
    else this.#kick();
  }

  /** The source is gone: nothing of it is kept or shown. */
  clear() {
    this.#epoch++;
    this.#dropWaiting();
    this.#shown.drop();
    this.#isFailing = false;
    this.#way?.reset();
    this.redraw();
  }

  /** Draws anew what is shown: the effect, or the graphics context, is another one. */
  redraw() {
    try {
      this.#compositor.render(this.shown?.frame ?? null, this.shown?.matte ?? null);
    } catch (error) {
      this.fail(error);
    }
  }

  dispose() {
    this.#epoch++;
    this.#dropWaiting();
    this.#shown.drop();
  }

  #kick() {
    if (this.#running || !this.#way || !this.#waiting) return;
    this.#startedMs = this.#now();
    this.#running = this.#drain(this.#way).finally(() => {
      this.#running = null;
      this.#kick();
    });
  }

  /** @param {FrameWay} way */
  async #drain(way) {
    const taken = this.#waiting;
    if (!taken) return;
    this.#waiting = null;
    this.#on.onTaken();
    await this.#process(taken.frame, taken.arrivedMs, way);
    // Whatever arrived while the thread was busy gets its turn first: the newest frame wins.
    await nextTask();
  }

  /**
   * @param {VideoFrame} frame
   * @param {number} arrivedMs
   * @param {FrameWay} way
   */
  async #process(frame, arrivedMs, way) {
    const epoch = this.#epoch;
    const isCurrent = () => epoch === this.#epoch;
    try {
      const prepare = async () => this.#compositor.prepare(frame);
      const matted = await way.matte(frame, { prepare, isCurrent });
      if (!matted || !isCurrent()) return;
      const mattedMs = this.#now();
      this.#fit(frame);
      this.#compositor.render(frame, matted.matte);
      this.#shown.show(frame, matted.matte, this.#on.isLent?.() ?? false);
      this.#isFailing = false;
      this.#measure(arrivedMs, mattedMs, matted.times);
      this.#on.onComposited();
    } catch (error) {
      if (isCurrent()) this.fail(error);
    } finally {
      if (this.shown?.frame !== frame) frame.close();
    }
  }

  /** @param {VideoFrame} frame */
  #fit({ displayWidth, displayHeight }) {
    if (displayWidth === this.#width && displayHeight === this.#height) return;
    this.#width = displayWidth;
    this.#height = displayHeight;
    this.#compositor.resize(displayWidth, displayHeight);
    this.#on.onSize(displayWidth, displayHeight);
  }

  /**
   * @param {number} arrivedMs
   * @param {number} mattedMs
   * @param {Matted['times']} times
   */
  #measure(arrivedMs, mattedMs, { sampleMs, prepareMs, inferMs, maskMs, lateMs = 0 }) {
    const composited = this.#now();
    this.#stats.add('sampleMs', sampleMs);
    this.#stats.add('inferMs', inferMs);
    this.#stats.add('maskMs', maskMs);
    this.#stats.add('compositeMs', prepareMs + composited - mattedMs);
    this.#stats.add('totalMs', composited - arrivedMs + lateMs);
    this.#stats.composited(composited);
    this.#on.onDone?.(composited - this.#startedMs + lateMs);
  }

  /**
   * What is shown cannot be relied on any more, whether or not a frame is being matted.
   * @param {unknown} error
   */
  fail(error) {
    // The filter may have gone on to another frame's alpha already.
    this.#shown.drop();
    try {
      this.#compositor.render(null, null);
    } catch {
      // A lost context shows nothing either; `error` says it.
    }
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#on.onFailure(MatteError.from(error, 'inference-failed', 'a frame could not be matted'));
  }

  #dropWaiting() {
    if (!this.#waiting) return;
    this.#waiting.frame.close();
    this.#waiting = null;
    this.#on.onTaken();
  }
}
