/**
 * A frame's way: sample ─► segment ─► filter ─► composite, one frame at a time, always the newest.
 * What of a frame is sampled, the whole or the person's region, is the region of interest's to say.
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
 * @typedef {import('./frame-sampler.js').FrameSampler} FrameSampler
 * @typedef {import('./mask-filter.js').MaskFilter} MaskFilter
 * @typedef {import('./mask-filter.js').Matte} Matte
 * @typedef {import('./segmenter.js').Segmenter} Segmenter
 * @typedef {import('../shared/stats.js').FrameStats} FrameStats
 *
 * @typedef {object} Pipeline  what depends on the model
 * @property {FrameSampler} sampler
 * @property {Segmenter} segmenter
 * @property {MaskFilter} filter
 * @property {Pick<RegionOfInterest, 'look' | 'learn' | 'matteRect' | 'reset'>} [region]  the model's own
 *
 * @typedef {object} FrameLoopOptions
 * @property {Compositor} compositor
 * @property {FrameStats} stats
 * @property {() => void} onTaken  an offered frame left the queue: it is looked at, or was dropped
 * @property {() => void} onComposited
 * @property {(width: number, height: number) => void} onSize
 * @property {(error: MatteError) => void} onFailure  the first of a row
 * @property {() => number} [now]  milliseconds
 */

import { MatteError } from '../shared/errors.js';
import { RegionOfInterest } from './region-of-interest.js';
import { createWholeFrame } from './whole-frame.js';

export class FrameLoop {
  #compositor;
  #stats;
  #on;
  #now;
  /** @type {Required<Pipeline> | null} */
  #pipeline = null;
  /** The newest frame that waits. @type {{frame: VideoFrame, arrivedMs: number} | null} */
  #waiting = null;
  /** What the canvas shows. @type {{frame: VideoFrame, matte: Matte} | null} */
  #shown = null;
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
  }

  /** The last composited frame and its matte; both stay the loop's. */
  get shown() {
    return this.#shown;
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
    this.#kick();
  }

  /**
   * Frames go the new way from the next one on.
   * @param {Pipeline} pipeline
   * @returns {Promise<void>} when the old one is not used any more
   */
  async setPipeline(pipeline) {
    this.#pipeline = { region: regionOf(pipeline.segmenter), ...pipeline };
    await this.#running;
    // A picture, or a paused video, is looked at again by the new model.
    if (this.#shown && !this.#waiting) this.offer(this.#shown.frame.clone());
    else this.#kick();
  }

  /** The source is gone: nothing of it is kept or shown. */
  clear() {
    this.#epoch++;
    this.#dropWaiting();
    this.#dropShown();
    this.#isFailing = false;
    this.#pipeline?.filter.reset();
    this.#pipeline?.segmenter.reset();
    this.#pipeline?.region.reset();
    this.redraw();
  }

  /** Draws anew what is shown: the effect, or the graphics context, is another one. */
  redraw() {
    try {
      this.#compositor.render(this.#shown?.frame ?? null, this.#shown?.matte ?? null);
    } catch (error) {
      this.#fail(error);
    }
  }

  dispose() {
    this.#epoch++;
    this.#dropWaiting();
    this.#dropShown();
  }

  #kick() {
    if (this.#running || !this.#pipeline || !this.#waiting) return;
    this.#startedMs = this.#now();
    this.#running = this.#drain(this.#pipeline).finally(() => {
      this.#running = null;
      this.#kick();
    });
  }

  /** @param {Required<Pipeline>} pipeline */
  async #drain(pipeline) {
    const taken = this.#waiting;
    if (!taken) return;
    this.#waiting = null;
    this.#on.onTaken();
    await this.#process(taken.frame, taken.arrivedMs, pipeline);
    // Whatever arrived while the thread was busy gets its turn first: the newest frame wins.
    await nextTask();
  }

  /**
   * @param {VideoFrame} frame
   * @param {number} arrivedMs
   * @param {Required<Pipeline>} pipeline
   */
  async #process(frame, arrivedMs, { sampler, segmenter, filter, region }) {
    const epoch = this.#epoch;
    const times = [this.#now()];
    try {
      const place = placeOf(frame);
      let look = region.look(place.width, place.height, place.timeS);
      await sampler.sample(frame, segmenter.input, look.rect);
      times.push(this.#now());
      await this.#compositor.prepare(frame);
      times.push(this.#now());
      let alpha = await segmenter.run();
      if (epoch !== this.#epoch) return;
      const closer = region.learn(alpha, look);
      if (closer) {
        await sampler.sample(frame, segmenter.input, closer.rect);
        alpha = await segmenter.run();
        if (epoch !== this.#epoch) return;
        region.learn(alpha, closer);
        look = closer;
      }
      times.push(this.#now());
      const matteRect = region.matteRect(look);
      const matte = filter.apply(alpha, { ...place, rect: look.rect, matteRect });
      times.push(this.#now());
      this.#fit(frame);
      this.#compositor.render(frame, matte);
      times.push(this.#now());
      this.#show(frame, matte);
      this.#measure(arrivedMs, times);
      this.#on.onComposited();
    } catch (error) {
      if (epoch === this.#epoch) this.#fail(error);
    } finally {
      if (this.#shown?.frame !== frame) frame.close();
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
   * @param {VideoFrame} frame
   * @param {Matte} matte
   */
  #show(frame, matte) {
    this.#dropShown();
    this.#shown = { frame, matte };
    this.#isFailing = false;
  }

  /**
   * @param {number} arrivedMs
   * @param {number[]} times  start, sampled, prepared, inferred, filtered, composited
   */
  #measure(arrivedMs, [start, sampled, prepared, inferred, filtered, composited]) {
    this.#stats.add('sampleMs', sampled - start);
    this.#stats.add('inferMs', inferred - prepared);
    this.#stats.add('maskMs', filtered - inferred);
    this.#stats.add('compositeMs', prepared - sampled + composited - filtered);
    this.#stats.add('totalMs', composited - arrivedMs);
    this.#stats.composited(composited);
  }

  /** @param {unknown} error */
  #fail(error) {
    // The filter may have gone on to another frame's alpha already.
    this.#dropShown();
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

  #dropShown() {
    this.#shown?.frame.close();
    this.#shown = null;
  }
}

/**
 * @param {VideoFrame} frame
 * @returns {{width: number, height: number, timeS: number}}
 */
function placeOf({ visibleRect, displayWidth, displayHeight, timestamp }) {
  const { width, height } = visibleRect ?? { width: displayWidth, height: displayHeight };
  return { width, height, timeS: timestamp / 1e6 };
}

/** @param {Segmenter} segmenter */
function regionOf({ model: { width, height }, isRecurrent }) {
  return isRecurrent ? createWholeFrame() : new RegionOfInterest(width, height);
}

/** A message task: timers are clamped and throttled. */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}
