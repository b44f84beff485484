/**
 * The largest connected component of a matte on the GPU, made when it is first wanted; see
 * ../shape.js.
 */

import { begin, CHOICE_WORDS, choose, count, join, selectOne } from './shaders/components.wgsl.js';
import { createFloats, createStep } from './steps.js';

/**
 * @param {GPUDevice} device
 * @param {number} width   of the matte, pixels
 * @param {number} height
 */
export function createComponents(device, width, height) {
  const steps = {
    begin: createStep(device, 'begin', begin(width, height)),
    join: createStep(device, 'join', join(width, height)),
    count: createStep(device, 'count', count(width, height)),
    choose: createStep(device, 'choose', choose(width, height)),
    selectOne: createStep(device, 'selectOne', selectOne(width, height)),
  };
  const links = createFloats(device, 'links', width * height);
  const counts = createFloats(device, 'counts', width * height);
  const choice = createFloats(device, 'choice', CHOICE_WORDS);
  const kept = createFloats(device, 'kept', width * height);

  return {
    /**
     * @param {GPUCommandEncoder} encoder
     * @param {GPUBuffer} matte  stays as it is
     * @returns {GPUBuffer} the result, until the next run
     */
    run(encoder, matte) {
      encoder.clearBuffer(counts);
      encoder.clearBuffer(choice);
      steps.begin.run(encoder, [matte, links], width, height);
      steps.join.run(encoder, [links], width, height);
      steps.count.run(encoder, [links, counts, choice], width, height);
      steps.choose.run(encoder, [counts, choice], width, height);
      steps.selectOne.run(encoder, [matte, links, choice, kept], width, height);
      return kept;
    },
    dispose() {
      for (const buffer of [links, counts, choice, kept]) buffer.destroy();
    },
  };
}
