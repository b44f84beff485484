/**
 * The way that stays on the GPU: the frame is imported, sampled, segmented and filtered there, and
 * the compositor takes the matte where it lies. Only the report comes back, a few words, while the
 * GPU goes on; it is waited for when the next frame comes, so the region of interest follows the
 * person one frame later than in memory, and no more than one frame is ever with the GPU.
 *
 * An alpha that is none shows nothing of the frame at once, since the compositor's shaders look at
 * the report too; the way fails with the next frame, or says so by itself when none comes.
 *
 * The first frame of a source is the exception: its report is waited for, and where it shows a
 * person the frame is looked at again, closer, as in memory. A picture has only this one.
 *
 * @typedef {import('../ways/frame-way.js').FrameWay} FrameWay
 * @typedef {import('../orientation.js').Size} Size
 * @typedef {import('../region-of-interest.js').Look} Look
 * @typedef {import('../region-of-interest.js').Rect} Rect
 * @typedef {import('./gpu-filter.js').Report} Report
 * @typedef {import('./gpu-session.js').GpuSession} GpuSession
 *
 * @typedef {object} GpuParts
 * @property {import('../../shared/manifest.js').ModelSpec} model
 * @property {{sample: (frame: VideoFrame, rect: Rect, picture: Size) => void, dispose: () => void}} sampler
 * @property {Pick<GpuSession, 'isRecurrent' | 'run' | 'reset' | 'dispose'>} session
 * @property {Pick<import('./gpu-filter.js').GpuFilter, 'look' | 'apply' | 'setLooks' | 'reset' | 'dispose'>} filter
 * @property {Region} [region]  the model's own
 * @property {() => number} [now]  milliseconds
 * @property {() => number} [wallMs]  the same, but it goes on while the machine sleeps
 *
 * @typedef {Pick<RegionOfInterest, 'look' | 'follow' | 'matteRect' | 'reset'>} Region
 */

import { MatteError } from '../../shared/errors.js';
import { Continuity } from '../continuity.js';
import { uprightSize } from '../orientation.js';
import { RegionOfInterest } from '../region-of-interest.js';
import { createWholeFrame } from '../whole-frame.js';

/** A frame that comes by then tells of the one before; nothing of it is shown meanwhile. */
const LATE_MS = 500;

/**
 * @param {GpuParts} parts
 * @returns {FrameWay}
 */
export function createGpuWay({
  model,
  sampler,
  session,
  filter,
  region: ownRegion = regionOf(model, session.isRecurrent),
  now = () => performance.now(),
  wallMs,
}) {
  const wholeFrame = createWholeFrame();
  let wantedRegion = ownRegion;
  let region = ownRegion;
  const continuity = new Continuity(wallMs);
  let isFirst = true;
  /** The frame before, until its report has come. @type {{look: Look, startMs: number, report: Promise<Report>} | null} */
  let reported = null;
  /** How long the frame before took until its report was there; this one is taken to do the same. */
  let gpuMs = 0;
  /** @type {(error: unknown) => void} */
  let onFailure = () => {};

  const forget = () => {
    filter.reset();
    region.reset();
    reported = null;
    isFirst = true;
  };
  /** A frame is looked at by one of them from its beginning to its end. */
  const switchRegion = () => {
    if (region === wantedRegion) return;
    region = wantedRegion;
    forget();
  };
  /** @type {(report: Report, look: Look) => Look | null} */
  const learn = ({ isBad, bounds }, look) => {
    if (isBad) throw badAlpha();
    return region.follow(bounds, look);
  };
  /** @type {(last: {report: Promise<Report>}) => Promise<void>} */
  const watchLast = async (last) => {
    const error = await last.report.then(({ isBad }) => (isBad ? badAlpha() : null), String);
    if (!error) return;
    setTimeout(() => {
      if (reported !== last) return;
      reported = null;
      onFailure(error);
    }, LATE_MS);
  };
  const learnLast = async () => {
    const last = reported;
    if (!last) return;
    const report = await last.report.catch((error) => {
      if (reported === last) reported = null;
      throw error;
    });
    if (reported !== last) return; // another source meanwhile
    reported = null;
    gpuMs = now() - last.startMs;
    learn(report, last.look);
  };

  /** @type {FrameWay['matte']} */
  const matte = async (frame, { prepare, isCurrent }) => {
    await learnLast();
    if (!isCurrent()) return null;
    switchRegion();
    const start = now();
    const place = { ...uprightSize(frame), timeS: frame.timestamp / 1e6 };
    if (continuity.breaksAt(place)) {
      forget();
      session.reset();
    }
    let look = region.look(place.width, place.height, place.timeS);
    sampler.sample(frame, look.rect, place);
    const sampled = now();
    await prepare();
    const prepared = now();
    let alpha = await session.run();
    if (!isCurrent()) return null;
    if (isFirst) {
      const report = await filter.look(alpha);
      if (!isCurrent()) return null;
      const closer = learn(report, look);
      if (closer) {
        look = closer;
        sampler.sample(frame, look.rect, place);
        alpha = await session.run();
        if (!isCurrent()) return null;
      }
      isFirst = false;
      gpuMs = now() - start;
    }
    const inferred = now();
    const matteRect = region.matteRect(look);
    const made = filter.apply(alpha, { ...place, rect: look.rect, matteRect });
    reported = { look, startMs: start, report: made.report };
    watchLast(reported);
    const times = {
      sampleMs: sampled - start,
      prepareMs: prepared - sampled,
      inferMs: gpuMs,
      maskMs: now() - inferred,
      lateMs: Math.max(0, gpuMs - (now() - start)),
    };
    return { matte: made.matte, times };
  };

  return {
    model,
    backend: 'webgpu',
    threads: 0,
    sampler: 'webgpu-external',
    samplerTimes: {},
    matte,
    watch(listener) {
      onFailure = listener;
    },
    setLooks(looks) {
      filter.setLooks(looks);
      wantedRegion = looks.region ? ownRegion : wholeFrame;
    },
    reset() {
      continuity.reset();
      forget();
      session.reset();
    },
    async dispose() {
      reported = null;
      sampler.dispose();
      filter.dispose();
      await session.dispose();
    },
  };
}

function badAlpha() {
  return new MatteError('inference-failed', 'the alpha is not a number');
}

/**
 * @param {{width: number, height: number}} model
 * @param {boolean} isRecurrent
 * @returns {Region}
 */
function regionOf({ width, height }, isRecurrent) {
  return isRecurrent ? createWholeFrame() : new RegionOfInterest(width, height);
}
