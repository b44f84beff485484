/**
 * Has a visitor's model tried in a worker of its own, see worker/model-check.js.
 *
 * @typedef {import('../shared/own-model.js').OwnModel} OwnModel
 * @typedef {import('../worker/model-check.js').CheckAnswer} CheckAnswer
 */

import { MatteError } from '../shared/errors.js';
import { MAX_BYTES } from '../shared/own-model.js';

/** A model that takes longer to load would be none for live pictures. */
const LIMIT_MS = 60_000;

/**
 * @param {Blob} file
 * @param {string} name
 * @param {import('../shared/manifest.js').RuntimeSpec} runtime
 * @returns {Promise<OwnModel>}
 * @throws {MatteError} 'model-refused' with the reason as `detail`; 'model-unavailable' when the
 *   runtime itself does not load
 */
export async function checkModel(file, name, runtime) {
  if (file.size > MAX_BYTES) {
    throw refused(name, 'too-large', `${Math.round(file.size / 1e6)} MB`);
  }
  const answer = await ask({ file, runtime }, name);
  if ('failure' in answer) {
    throw new MatteError('model-unavailable', 'the model cannot be tried', answer.failure);
  }
  if ('refusal' in answer) throw refused(name, answer.refusal, answer.message);
  return { name, file, ...answer };
}

/**
 * @param {import('../worker/model-check.js').CheckRequest} request
 * @param {string} name
 * @returns {Promise<CheckAnswer | {failure: string}>}
 */
async function ask(request, name) {
  const worker = new Worker(new URL('../worker/model-check.js', import.meta.url), {
    type: 'module',
    name: 'livematte-model-check',
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(refused(name, 'too-slow', 'no answer')), LIMIT_MS);
      worker.addEventListener('message', ({ data }) => resolve(data));
      // Out of memory, most likely: everything else is answered.
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        resolve({ refusal: 'no-model', message: event.message || 'its worker died' });
      });
      worker.postMessage(request);
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

/**
 * @param {string} name
 * @param {import('../shared/own-model.js').Refusal} refusal
 * @param {string} message
 */
function refused(name, refusal, message) {
  return new MatteError('model-refused', `${name}: ${message}; see livematte convert`, refusal);
}
