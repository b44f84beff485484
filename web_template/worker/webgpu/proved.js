/**
 * A model's best variant on the GPU, or the one that stands in for it: some GPUs say that they
 * compute in half precision, and do it wrongly.
 *
 * @typedef {import('../segmenter.js').SegmenterOptions} SegmenterOptions
 */

import { MatteError } from '../../shared/errors.js';

/** What tells of the variant; nothing else is better with another one. */
const OF_THE_VARIANT = ['golden-failed', 'inference-failed', 'model-unavailable'];

/**
 * @template T
 * @param {(options: SegmenterOptions) => Promise<T>} open
 * @param {SegmenterOptions} options
 * @returns {Promise<T>}
 * @throws {MatteError} of the last one that was tried
 */
export async function openProved(open, options) {
  try {
    return await open(options);
  } catch (error) {
    const { spare } = options.model;
    const { code } = MatteError.from(error, 'unknown', 'the model cannot be opened');
    if (!spare || !OF_THE_VARIANT.includes(code)) throw error;
    return open({ ...options, model: spare });
  }
}
