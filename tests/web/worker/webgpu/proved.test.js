import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MatteError } from '../../../../web_template/shared/errors.js';
import { openProved } from '../../../../web_template/worker/webgpu/proved.js';

const spare = { name: 'small', variant: 'fp16' };

/**
 * @param {{[variant: string]: import('../../../../web_template/shared/errors.js').MatteErrorCode}} faults
 * @param {object} model
 */
async function tried(faults, model) {
  /** @type {string[]} */
  const variants = [];
  /** @param {any} options */
  const open = async ({ threads, model: { variant } }) => {
    assert.equal(threads, 3);
    variants.push(variant);
    if (faults[variant]) throw new MatteError(faults[variant], 'made to fail');
    return variant;
  };
  const opening = openProved(open, /** @type {any} */ ({ threads: 3, model }));
  return { answer: await opening.catch(({ code }) => code), variants };
}

test('half precision that is computed wrongly: the variant that needs none takes over', async () => {
  const model = { name: 'small', variant: 'fp16-compute', spare };
  for (const code of /** @type {const} */ (['golden-failed', 'inference-failed'])) {
    assert.deepEqual(await tried({ 'fp16-compute': code }, model), {
      answer: 'fp16',
      variants: ['fp16-compute', 'fp16'],
    });
  }
  assert.deepEqual((await tried({}, model)).variants, ['fp16-compute']);
});

test('the last one’s error is told; one that is not the variant’s at once', async () => {
  const model = { name: 'small', variant: 'fp16-compute', spare };
  const both = { 'fp16-compute': 'golden-failed', fp16: 'inference-failed' };
  assert.equal((await tried(/** @type {any} */ (both), model)).answer, 'inference-failed');
  for (const code of /** @type {const} */ (['gpu-lost', 'start-timeout'])) {
    const { answer, variants } = await tried({ 'fp16-compute': code }, model);
    assert.deepEqual([answer, variants], [code, ['fp16-compute']]);
  }
  const bare = await tried({ fp16: 'golden-failed' }, spare);
  assert.deepEqual(bare, { answer: 'golden-failed', variants: ['fp16'] });
});
