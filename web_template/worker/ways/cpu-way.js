/**
 * The way through memory: the frame is sampled into the model's input, onnxruntime-web runs on the
 * processor, and the alpha is filtered where it lies.
 *
 * What of a frame is sampled, the whole or the person's region, is the region of interest's to say.
 *
 * @typedef {import('../frame-sampler.js').FrameSampler} FrameSampler
 * @typedef {import('../mask-filter.js').MaskFilter} MaskFilter
 * @typedef {import('../segmenter.js').Segmenter} Segmenter
 * @typedef {import('./frame-way.js').FrameWay} FrameWay
 * @typedef {import('./frame-way.js').Matted} Matted
 * @typedef {import('../region-of-interest.js').Rect} Rect
 *
 * @typedef {object} CpuParts
 * @property {FrameSampler} sampler
 * @property {Segmenter} segmenter
 * @property {MaskFilter} filter
 * @property {Region} [region]  the model's own
 * @property {() => number} [now]  milliseconds
 * @property {() => number} [wallMs]  the same, but it goes on while the machine sleeps
 *
 * @typedef {Pick<RegionOfInterest, 'look' | 'learn' | 'matteRect' | 'reset'>} Region
 *
 * @typedef {object} CpuMakers
 * @property {(options: import('../segmenter.js').SegmenterOptions) => Promise<Segmenter>} createSegmenter
 * @property {(width: number, height: number) => FrameSampler} createFrameSampler
 */

import { isSameRect } from '../alpha-view.js';
import { Continuity } from '../continuity.js';
import { createMaskFilter } from '../mask-filter.js';
import { uprightSize } from '../orientation.js';
import { RegionOfInterest } from '../region-of-interest.js';
import { createWholeFrame } from '../whole-frame.js';
import { InBetween } from './in-between.js';

/**
 * @param {import('../segmenter.js').SegmenterOptions} options
 * @param {CpuMakers} makers
 * @returns {Promise<FrameWay>}
 * @throws {import('../../shared/errors.js').MatteError} as `createSegmenter` does
 */
export async function openCpuWay(options, { createSegmenter, createFrameSampler }) {
  const { model } = options;
  const segmenter = await createSegmenter(options);
  const sampler = createFrameSampler(model.width, model.height);
  return createCpuWay({ segmenter, sampler, filter: createMaskFilter(model) });
}

/**
 * @param {CpuParts} parts
 * @returns {FrameWay}
 */
export function createCpuWay({
  sampler,
  segmenter,
  filter,
  region: ownRegion = regionOf(segmenter),
  now = () => performance.now(),
  wallMs,
}) {
  const wholeFrame = createWholeFrame();
  let region = ownRegion;
  const shownOf = pictureReader(sampler, segmenter);
  let wantedRegion = ownRegion;
  const between = new InBetween(sampler, segmenter.model);
  const continuity = new Continuity(wallMs);
  const forget = () => {
    between.reset();
    filter.reset();
    segmenter.reset();
    region.reset();
  };
  /** Between two frames only: a frame has one region from its beginning to its end. */
  const switchRegion = () => {
    if (region === wantedRegion) return;
    region = wantedRegion;
    region.reset();
    filter.reset();
    between.reset();
  };

  /** @type {(frame: VideoFrame, prepare: () => Promise<void>) => Promise<Matted | null>} */
  const matteBetween = async (frame, prepare) => {
    const start = now();
    const made = await between.matte(frame);
    if (!made) return null;
    const moved = now();
    await prepare();
    // Its sampling is a small part of it.
    const times = { sampleMs: 0, prepareMs: now() - moved, inferMs: 0, maskMs: moved - start };
    return { matte: made, times };
  };

  /** @type {FrameWay['matte']} */
  const matte = async (frame, { prepare, isCurrent }) => {
    switchRegion();
    const place = placeOf(frame);
    if (continuity.breaksAt(place)) forget();
    const moved = between.covers(place) ? await matteBetween(frame, prepare) : null;
    if (!isCurrent()) return null;
    if (moved) return moved;
    const start = now();
    let look = region.look(place.width, place.height, place.timeS);
    await sampler.sample(frame, segmenter.input, look.rect);
    const sampled = now();
    await prepare();
    const prepared = now();
    let alpha = await segmenter.run();
    if (!isCurrent()) return null;
    const closer = region.learn(alpha, look);
    if (closer) {
      await sampler.sample(frame, segmenter.input, closer.rect);
      alpha = await segmenter.run();
      if (!isCurrent()) return null;
      region.learn(alpha, closer);
      look = closer;
    }
    const inferred = now();
    const matteRect = region.matteRect(look);
    const picture = filter.needsPicture ? await shownOf(frame, look.rect, matteRect) : undefined;
    if (!isCurrent()) return null;
    const made = filter.apply(alpha, { ...place, rect: look.rect, matteRect, picture });
    const { input } = segmenter;
    await between.learn(frame, { matte: made, place, input, look: look.rect, rect: matteRect });
    if (!isCurrent()) return null;
    const times = {
      sampleMs: sampled - start,
      prepareMs: prepared - sampled,
      inferMs: inferred - prepared,
      maskMs: now() - inferred,
    };
    return { matte: made, times };
  };
  return {
    model: segmenter.model,
    backend: 'wasm',
    threads: segmenter.threads,
    get sampler() {
      return sampler.way;
    },
    get samplerTimes() {
      return sampler.times;
    },
    matte,
    setStride(stride) {
      between.stride = stride;
    },
    setLooks(looks) {
      filter.setLooks(looks);
      wantedRegion = looks.region ? ownRegion : wholeFrame;
    },
    reset() {
      continuity.reset();
      forget();
    },
    dispose() {
      sampler.dispose();
      return segmenter.dispose();
    },
  };
}

/**
 * The picture that a matte covers, as the model's input: what it has just seen, or sampled for it.
 * @param {Pick<FrameSampler, 'sample'>} sampler
 * @param {Pick<Segmenter, 'input'>} segmenter
 */
function pictureReader(sampler, { input }) {
  /** @type {Float32Array<ArrayBuffer> | null} */
  let own = null;
  /** @type {(frame: VideoFrame, seen: Rect, wanted: Rect) => Promise<Float32Array>} */
  return async (frame, seen, wanted) => {
    if (isSameRect(seen, wanted)) return input;
    own ??= new Float32Array(input.length);
    await sampler.sample(frame, own, wanted);
    return own;
  };
}

/**
 * @param {VideoFrame} frame
 * @returns {{width: number, height: number, timeS: number}}
 */
function placeOf(frame) {
  return { ...uprightSize(frame), timeS: frame.timestamp / 1e6 };
}

/**
 * @param {Segmenter} segmenter
 * @returns {Region}
 */
function regionOf({ model: { width, height }, isRecurrent }) {
  return isRecurrent ? createWholeFrame() : new RegionOfInterest(width, height);
}
