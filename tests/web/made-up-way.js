/** The way through memory, with a model and a sampler that are made up. */

import assert from 'node:assert/strict';
import { openCpuWay } from '../../web_template/worker/ways/cpu-way.js';
import { FakeFrame } from './fakes.js';

/** @typedef {import('../../web_template/worker/ways/frame-way.js').FrameWay} FrameWay */

/**
 * @param {object} parts
 * @param {{width: number, height: number}} parts.size  the model's
 * @param {Float32Array} [parts.input]
 * @param {() => Promise<Float32Array>} parts.run  the model
 * @param {import('../../web_template/worker/frame-sampler.js').FrameSampler['sample']} parts.sample
 * @param {() => void} [parts.reset]  its states are forgotten
 */
export function openMadeUpWay({ size, input, run, sample, reset = () => {} }) {
  const model = { name: 'm', variant: 'fp32', ...size, threshold: 0.5, ramp: null };
  return openCpuWay(/** @type {any} */ ({ model }), {
    createSegmenter: async (options) => ({
      model: options.model,
      threads: 1,
      isRecurrent: false,
      input: input ?? new Float32Array(3 * size.width * size.height),
      run,
      reset,
      async dispose() {},
    }),
    createFrameSampler: () => ({ way: 'fake', times: {}, dispose() {}, sample }),
  });
}

/**
 * What the way makes of a frame, 640 × 640 unless told.
 * @param {FrameWay} way
 * @param {{timestamp?: number, width?: number, height?: number}} [init]
 * @param {() => Promise<void>} [prepare]
 */
export async function matteOf(way, init, prepare = async () => {}) {
  const frame = new FakeFrame({ width: 640, height: 640, ...init });
  const matted = await way.matte(frame.asVideoFrame, { prepare, isCurrent: () => true });
  frame.close();
  assert.ok(matted);
  return matted.matte;
}
