/**
 * The mask filter on the GPU: the model's alpha becomes the matte without leaving it. What leaves
 * it is the report, a few words that say where the person is and whether the alpha is one.
 *
 * @typedef {import('../mask-filter.js').Place} Place
 * @typedef {import('../region-of-interest.js').Bounds} Bounds
 * @typedef {import('../region-of-interest.js').Rect} Rect
 *
 * @typedef {object} Report
 * @property {boolean} isBad    the alpha had values that are no numbers
 * @property {Bounds} bounds    of the person, in the model's own pixels
 *
 * @typedef {object} OnGpu  where a matte lies
 * @property {GPUTexture} alphaMap   r: [height, width], 0..1; of the matte made last
 * @property {GPUBuffer} report      whose first word is 0 where the alpha is one
 * @property {() => Promise<{alpha: Float32Array<ArrayBuffer>, modelAlpha: Float32Array<ArrayBuffer>}>} read
 *   the numbers themselves, and what the model had answered
 *
 * @typedef {import('../mask-filter.js').Matte & {onGpu: OnGpu}} GpuMatte  its `alpha` is empty
 */

import { isSameRect } from '../alpha-view.js';
import { areaOf } from '../mask-filter.js';
import { COARSE, CUT, FINE, GAP_S, steadied } from '../temporal-filter.js';
import { createComponents } from './gpu-components.js';
import { createShape } from './gpu-shape.js';
import { GATHER, REPORT, REPORT_WORDS, SETTLE } from './shaders/filter.wgsl.js';
import { createFloats, createStep, createUniforms, readBuffer, submit } from './steps.js';

const TEXTURE_USAGE = 0x1 | 0x8; // COPY_SRC, STORAGE_BINDING

/** The disagreement is a sum of 32 bits. */
const MOST = 2 ** 32 - 2 ** 16;

/** @type {Float32Array<ArrayBuffer>} */
const EMPTY = new Float32Array(0);

export class GpuFilter {
  #device;
  #model;
  #gather;
  #settle;
  #params;
  #buffers;
  #alphaMap;
  #steadiness = 1;
  /** @type {import('../../shared/looks.js').Looks['islands']} */
  #islands = false;
  /** @type {ReturnType<typeof createShape> | null} */
  #shape = null;
  /** @type {ReturnType<typeof createComponents> | null} */
  #components = null;
  /** What the matte before covers. @type {Rect | null} */
  #before = null;
  #timeS = 0;
  #frameSize = '';

  /**
   * @param {GPUDevice} device
   * @param {import('../../shared/manifest.js').ModelSpec} model
   */
  constructor(device, model) {
    this.#device = device;
    this.#model = model;
    const { width, height } = model;
    this.#gather = createStep(device, 'gather', GATHER);
    this.#settle = createStep(device, 'settle', SETTLE);
    this.#params = createUniforms(device, 'params', 20);
    this.#buffers = {
      now: createFloats(device, 'now', width * height),
      moved: createFloats(device, 'moved', width * height),
      settled: createFloats(device, 'settled', width * height),
      shownModelAlpha: createFloats(device, 'shown model alpha', width * height),
      report: createFloats(device, 'report', REPORT_WORDS),
    };
    this.#alphaMap = device.createTexture({
      label: 'alpha map',
      size: [width, height],
      format: 'rgba16float',
      usage: TEXTURE_USAGE,
    });
  }

  /** @param {Pick<import('../../shared/looks.js').Looks, 'steadiness' | 'islands'>} looks */
  setLooks({ steadiness, islands }) {
    this.#steadiness = steadiness;
    this.#islands = islands;
  }

  /** Forgets earlier frames: the source changed. */
  reset() {
    this.#before = null;
  }

  /**
   * Looks at the model's alpha; nothing comes of it but the report.
   * @param {GPUBuffer} modelAlpha  [height, width] float32
   * @returns {Promise<Report>}
   */
  look(modelAlpha) {
    const whole = { x: 0, y: 0, width: 1, height: 1 };
    this.#write(whole, whole, null, 0);
    submit(this.#device, (encoder) => this.#runGather(encoder, modelAlpha));
    return this.#readReport();
  }

  /**
   * The matte of the model's alpha, valid until the next one is made; its report comes when the GPU
   * is done with it.
   * @param {GPUBuffer} modelAlpha  [height, width] float32
   * @param {Place} place
   * @returns {{matte: GpuMatte, report: Promise<Report>}}
   */
  apply(modelAlpha, place) {
    const { rect, matteRect, timeS } = place;
    const size = `${place.width} ${place.height}`;
    if (size !== this.#frameSize) this.reset();
    this.#frameSize = size;
    const sinceS = timeS - this.#timeS;
    const isNext = sinceS >= 0 && sinceS <= GAP_S && this.#steadiness > 0;
    this.#write(rect, matteRect, isNext ? this.#before : null, sinceS);
    const { width, height } = this.#model;
    const { now, moved, settled, report, shownModelAlpha } = this.#buffers;
    submit(this.#device, (encoder) => {
      this.#runGather(encoder, modelAlpha);
      const map = this.#alphaMap.createView();
      const resources = [this.#params.buffer, now, moved, report, settled, map];
      this.#settle.run(encoder, resources, width, height);
      this.#runShape(encoder, map);
      encoder.copyBufferToBuffer(modelAlpha, 0, shownModelAlpha, 0, shownModelAlpha.size);
    });
    this.#before = matteRect;
    this.#timeS = timeS;
    return { matte: this.#matte(place), report: this.#readReport() };
  }

  dispose() {
    for (const buffer of Object.values(this.#buffers)) buffer.destroy();
    this.#params.buffer.destroy();
    this.#shape?.dispose();
    this.#components?.dispose();
    this.#alphaMap.destroy();
  }

  /**
   * @param {GPUCommandEncoder} encoder
   * @param {GPUBuffer} modelAlpha
   */
  #runGather(encoder, modelAlpha) {
    const { width, height } = this.#model;
    const { now, moved, settled, report } = this.#buffers;
    encoder.clearBuffer(report);
    const resources = [this.#params.buffer, modelAlpha, settled, now, moved, report];
    this.#gather.run(encoder, resources, width, height);
  }

  /**
   * @param {GPUCommandEncoder} encoder
   * @param {GPUTextureView} map
   */
  #runShape(encoder, map) {
    if (!this.#islands) return;
    const { width, height } = this.#model;
    const { settled } = this.#buffers;
    this.#shape ??= createShape(this.#device, width, height);
    if (this.#islands === 'largest') {
      this.#components ??= createComponents(this.#device, width, height);
      this.#shape.run(encoder, this.#components.run(encoder, settled), map);
    } else {
      this.#shape.run(encoder, settled, map);
    }
  }

  /**
   * @param {Rect} seen
   * @param {Rect} wanted
   * @param {Rect | null} before
   * @param {number} sinceS  since the matte before
   */
  #write(seen, wanted, before, sinceS) {
    const { width, height } = this.#model;
    const weights = isSameRect(seen, wanted) ? FINE : COARSE;
    const { still, noise, motion } = steadied(weights, this.#steadiness, sinceS);
    const rects = [seen, wanted, before ?? wanted];
    this.#params.write([
      ...rects.flatMap((rect) => [rect.x, rect.y, rect.width, rect.height]),
      ...[width, height, Math.floor(MOST / (width * height)), before ? 1 : 0],
      ...[still, noise, motion, CUT],
    ]);
  }

  /** @returns {Promise<Report>} */
  async #readReport() {
    const words = new Uint32Array(await readBuffer(this.#device, this.#buffers.report));
    const { width, height } = this.#model;
    return {
      isBad: words[REPORT.bad] > 0,
      bounds: {
        count: words[REPORT.count],
        left: width - words[REPORT.left],
        right: words[REPORT.right],
        top: height - words[REPORT.top],
        bottom: words[REPORT.bottom],
      },
    };
  }

  /**
   * @param {Place} place
   * @returns {GpuMatte}
   */
  #matte(place) {
    const { width, height, threshold, ramp } = this.#model;
    const { settled, report, shownModelAlpha } = this.#buffers;
    const shown = (this.#islands && this.#shape?.shaped) || settled;
    const read = async () => {
      const buffers = [shown, shownModelAlpha];
      const [alpha, modelAlpha] = await Promise.all(
        buffers.map(async (buffer) => new Float32Array(await readBuffer(this.#device, buffer))),
      );
      return { alpha, modelAlpha };
    };
    return {
      ...{ alpha: EMPTY, width, height, threshold, ramp },
      area: areaOf(place.matteRect, place),
      seen: { alpha: EMPTY, rect: place.rect, matteRect: place.matteRect },
      onGpu: { alphaMap: this.#alphaMap, report, read },
    };
  }
}
